package mailwing.bench;

import picocli.CommandLine.Option;

/// What `idle-memory` alone needs to be told.
final class IdleMemoryOptions {
  @Option(
      names = "--imaps-port",
      description = "IMAP within TLS, for idle-memory (default ${DEFAULT-VALUE}).")
  int imapsPort = 2993;

  @Option(names = "--sessions", description = "Of idle-memory (default ${DEFAULT-VALUE}).")
  int sessions = 5_000;

  @Option(
      names = "--settle",
      description =
          "With idle-memory: seconds from the last session's beginning to a look at memory (default"
              + " ${DEFAULT-VALUE}).")
  int settle = 20;
}
