package mailwing.imap.session;

import mailwing.service.Metrics;

/// What sessions count. Labels are bounded: commands by family.
public final class SessionMetrics {
  /// Commands as the metric tells them apart.
  enum CommandLabel {
    LOGIN,
    SELECT,
    FETCH,
    STORE,
    SEARCH,
    COPY,
    MOVE,
    EXPUNGE,
    APPEND,
    IDLE,
    NOOP,
    LIST,
    STATUS,
    OTHER
  }

  /// How a command ended.
  enum Result {
    OK,
    NO,
    BAD
  }

  private final Metrics.ByTwo<CommandLabel, Result, Metrics.Timer> commands;
  private final Metrics.Counter pushes;

  public SessionMetrics(Metrics metrics) {
    commands =
        metrics.timer(
            "mail_imap_command_seconds",
            "Time from a command's last octet to its tagged response.",
            "command",
            CommandLabel.class,
            "result",
            Result.class);
    pushes = metrics.counter("mail_imap_pushes_total", "Updates written to sessions in IDLE.");
  }

  void command(String name, Reply.Status status, long startNanos) {
    Result result =
        switch (status) {
          case OK, LOGOUT, ANSWERED, SILENT_END -> Result.OK;
          case NO -> Result.NO;
          case BAD -> Result.BAD;
        };
    commands.get(label(name), result).recordSince(startNanos);
  }

  void push() {
    pushes.increment();
  }

  private static CommandLabel label(String name) {
    return switch (name) {
      case "LOGIN", "AUTHENTICATE" -> CommandLabel.LOGIN;
      case "SELECT", "EXAMINE" -> CommandLabel.SELECT;
      case "FETCH", "UID FETCH" -> CommandLabel.FETCH;
      case "STORE", "UID STORE" -> CommandLabel.STORE;
      case "SEARCH", "UID SEARCH" -> CommandLabel.SEARCH;
      case "COPY", "UID COPY" -> CommandLabel.COPY;
      case "MOVE", "UID MOVE" -> CommandLabel.MOVE;
      case "EXPUNGE", "UID EXPUNGE" -> CommandLabel.EXPUNGE;
      case "APPEND" -> CommandLabel.APPEND;
      case "IDLE" -> CommandLabel.IDLE;
      case "NOOP", "CHECK" -> CommandLabel.NOOP;
      case "LIST", "LSUB" -> CommandLabel.LIST;
      case "STATUS" -> CommandLabel.STATUS;
      default -> CommandLabel.OTHER;
    };
  }
}
