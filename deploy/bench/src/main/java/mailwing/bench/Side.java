package mailwing.bench;

import java.io.IOException;
import java.util.List;

/// One of the servers that are compared.
///
/// @param options with the clock of its processes
record Side(String name, Target target, Options options, ServerProcesses processes) {
  static Side of(String name, Target target, Options options, List<Long> pids) {
    ServerProcesses processes = new ServerProcesses(pids);
    return new Side(name, target, options.with(new CpuClock(processes)), processes);
  }

  /// Makes the mail that workloads read.
  void fill() throws IOException, InterruptedException {
    Mailboxes.fill(
        target,
        target.readers(),
        target::reader,
        "INBOX",
        options.seeded(),
        options.messageOctets());
  }
}
