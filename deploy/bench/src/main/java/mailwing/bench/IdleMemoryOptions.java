package mailwing.bench;

import picocli.CommandLine.Option;

/// What `idle-memory` alone needs to be told.
final class IdleMemoryOptions {
  private static final int SESSIONS = 5_000;
  private static final int THEIR_SESSIONS = 1_000;

  @Option(
      names = "--imaps-port",
      description = "IMAP within TLS, for idle-memory (default ${DEFAULT-VALUE}).")
  int imapsPort = 2993;

  @Option(
      names = "--against-sessions",
      description =
          "Likewise of the server of --against, without TLS: fewer where each is a process (default"
              + " ${DEFAULT-VALUE}).")
  int theirSessions = THEIR_SESSIONS;

  @Option(names = "--sessions", description = "Of idle-memory (default ${DEFAULT-VALUE}).")
  int sessions = SESSIONS;

  @Option(
      names = "--settle",
      description =
          "With idle-memory: seconds from the last session's beginning to a look at memory (default"
              + " ${DEFAULT-VALUE}).")
  int settle = 45;

  /// As many as the published row tells of?
  boolean asPublished() {
    return sessions == SESSIONS && theirSessions == THEIR_SESSIONS;
  }
}
