package mailwing.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A command line of a child: which directory it may reach, as whom, and what ends it when we die.
///
/// The child leads a session of its own, so that Ctrl-C in a terminal reaches us alone and we end
/// it when what depends on it has ended.
final class Launch {
  private static final List<String> USUAL_PLACES =
      List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin");

  /// What a directory given to [#command] is called inside the child.
  static final String DIRECTORY = "/proc/self/fd/3";

  private Launch() {}

  /// Wraps a command.
  ///
  /// @param as whom it runs as, null for ourselves
  /// @param directory opened as descriptor 3 before the child becomes another user, who may have no
  ///   right to walk the way to it (a clone below /root); null for none
  /// @param signal what the child is sent when the thread that starts it ends
  static List<String> command(
      @Nullable Account as, @Nullable Path directory, String signal, List<String> command) {
    var line = new ArrayList<String>();
    if (directory != null) {
      line.addAll(
          List.of(
              "/bin/sh",
              "-c",
              "exec 3<\"$1\" && shift && exec \"$@\"",
              "mailwing",
              directory.toString()));
    }
    tool("setsid").ifPresent(setsid -> line.add(setsid.toString()));
    var setpriv = tool("setpriv").filter(Launch::isUtilLinux);
    if (setpriv.isPresent()) {
      line.add(setpriv.get().toString());
      if (as != null) {
        line.addAll(
            List.of(
                "--reuid=" + as.uid(), "--regid=" + as.gid(), "--clear-groups", "--no-new-privs"));
      }
      line.add("--pdeathsig=" + signal);
      line.addAll(command);
    } else if (as != null) {
      var su =
          tool("su")
              .orElseThrow(
                  () ->
                      new EmbeddedServerException(
                          "PostgreSQL refuses to run as root: install setpriv (util-linux) or su, or"
                              + " start as an ordinary user"));
      var quoted = new StringBuilder("exec");
      for (var word : command) {
        quoted.append(" '").append(word.replace("'", "'\\''")).append('\'');
      }
      line.addAll(List.of(su.toString(), "-s", "/bin/sh", "-c", quoted.toString(), as.name()));
    } else {
      line.addAll(command);
    }
    return line;
  }

  /// Sends a signal by name: Java itself can send TERM and KILL alone.
  static void signal(long pid, String name) {
    try {
      new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " " + pid)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new EmbeddedServerException("cannot send a signal: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Waits for a process that may not be our child; true if it has ended.
  static boolean awaitEnd(ProcessHandle process, Duration patience) {
    var deadline = System.nanoTime() + patience.toNanos();
    while (process.isAlive()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  /// The running process of that number if one of its arguments is the given one; numbers are
  /// reused.
  static Optional<ProcessHandle> running(long pid, String argument) {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(process -> arguments(process.pid()).contains(argument));
  }

  /// Every running process that has the argument.
  static List<ProcessHandle> running(String argument) {
    return ProcessHandle.allProcesses()
        .filter(process -> arguments(process.pid()).contains(argument))
        .toList();
  }

  private static List<String> arguments(long pid) {
    try {
      var line =
          Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
      return List.of(line.split("\0", -1));
    } catch (IOException e) {
      return List.of();
    }
  }

  private static Optional<Path> tool(String name) {
    return USUAL_PLACES.stream()
        .map(place -> Path.of(place, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /// Busybox has a setpriv too, which can do none of this.
  private static boolean isUtilLinux(Path tool) {
    try {
      return !tool.toRealPath().endsWith("busybox");
    } catch (IOException e) {
      return false;
    }
  }
}
