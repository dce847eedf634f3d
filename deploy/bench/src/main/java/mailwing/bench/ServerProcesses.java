package mailwing.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The processes of a server and all that they started. One that was started by a process that was
/// asked for is a group of its own, with all that it started.
final class ServerProcesses {
  private final List<Long> roots;
  private final Map<Long, String> names = new HashMap<>();

  /// A process of the server, with all below it: the program's name or, of a JVM, the main class's,
  /// and its id.
  ///
  /// @param cpuMillis processor time of all of them and of their children that are over
  record Group(String name, List<Long> pids, double cpuMillis) {}

  private record Living(long pid, long parent, double cpuMillis) {}

  ServerProcesses(List<Long> roots) {
    this.roots = List.copyOf(roots);
  }

  boolean isEmpty() {
    return roots.isEmpty();
  }

  /// Those that live now, from one look at all processes of the machine: it must not take long,
  /// since what they do meanwhile is not told.
  synchronized List<Group> groups() {
    Map<Long, Living> all = new HashMap<>();
    Map<Long, List<Living>> children = new HashMap<>();
    for (Living process : living()) {
      all.put(process.pid(), process);
      children.computeIfAbsent(process.parent(), pid -> new ArrayList<>()).add(process);
    }
    List<Group> groups = new ArrayList<>();
    for (long pid : roots) {
      Living root = all.get(pid);
      if (root != null) {
        groups.add(group(root, List.of(root)));
        for (Living child : children.getOrDefault(pid, List.of())) {
          List<Living> family = new ArrayList<>(List.of(child));
          for (int i = 0; i < family.size(); i++) {
            family.addAll(children.getOrDefault(family.get(i).pid(), List.of()));
          }
          groups.add(group(child, family));
        }
      }
    }
    return groups;
  }

  private Group group(Living head, List<Living> family) {
    return new Group(
        names.computeIfAbsent(head.pid(), ServerProcesses::name),
        family.stream().map(Living::pid).toList(),
        family.stream().mapToDouble(Living::cpuMillis).sum());
  }

  /// None where there is no /proc.
  private static List<Living> living() {
    List<Living> processes = new ArrayList<>();
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(Path.of("/proc"), "[1-9]*")) {
      for (Path directory : directories) {
        Living process = process(directory);
        if (process != null) {
          processes.add(process);
        }
      }
    } catch (IOException e) {
      return List.of();
    }
    return processes;
  }

  private static @Nullable Living process(Path directory) {
    try {
      String stat = Files.readString(directory.resolve("stat"), StandardCharsets.ISO_8859_1);
      // The second field is the name, in parentheses that it may hold too.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 16);
      double ticks = 0;
      for (int field = 11; field < 15; field++) {
        ticks += Double.parseDouble(fields[field]);
      }
      return new Living(
          Long.parseLong(directory.getFileName().toString()),
          Long.parseLong(fields[1]),
          ticks * Machine.MILLIS_PER_TICK);
    } catch (IOException e) {
      return null; // it has ended
    }
  }

  private static String name(long pid) {
    String name = "process";
    try {
      List<String> words =
          List.of(
              Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1)
                  .split("\0"));
      name = lastName(words.getFirst(), '/');
      if (name.equals("java")) {
        List<String> arguments = new ArrayList<>(words.subList(1, words.size()));
        while (!arguments.isEmpty() && arguments.getFirst().startsWith("-")) {
          boolean takesNext = List.of("-cp", "-classpath", "-p").contains(arguments.removeFirst());
          if (takesNext && !arguments.isEmpty()) {
            arguments.removeFirst();
          }
        }
        name = arguments.isEmpty() ? name : lastName(arguments.getFirst(), '.');
      }
    } catch (IOException e) {
      // It goes by its number.
    }
    return name + " " + pid;
  }

  private static String lastName(String text, char separator) {
    return text.substring(text.lastIndexOf(separator) + 1);
  }
}
