package mailwing.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The processes of a server and all that they started. One that was started by a process that was
/// asked for is a group of its own, with all that it started.
final class ServerProcesses {
  private final List<Long> roots;
  private final Map<Long, String> names = new HashMap<>();

  /// A process of the server: the program's name or, of a JVM, the main class's, and its id.
  record Group(String name, List<Long> pids) {}

  ServerProcesses(List<Long> roots) {
    this.roots = List.copyOf(roots);
  }

  boolean isEmpty() {
    return roots.isEmpty();
  }

  /// Those that live now.
  synchronized List<Group> groups() {
    List<Group> groups = new ArrayList<>();
    for (long root : roots) {
      ProcessHandle handle = ProcessHandle.of(root).orElse(null);
      if (handle == null) {
        continue;
      }
      groups.add(group(root, List.of(root)));
      for (ProcessHandle child : handle.children().toList()) {
        List<Long> pids = new ArrayList<>();
        pids.add(child.pid());
        try (Stream<ProcessHandle> below = child.descendants()) {
          below.forEach(process -> pids.add(process.pid()));
        }
        groups.add(group(child.pid(), pids));
      }
    }
    return groups;
  }

  private Group group(long pid, List<Long> pids) {
    return new Group(names.computeIfAbsent(pid, ServerProcesses::name), pids);
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
