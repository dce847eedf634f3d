package mailwing.pop3;

import mailwing.service.Metrics;

/// What the gateway counts.
final class Pop3Metrics {
  enum Result {
    OK,
    ERR
  }

  enum Kind {
    LOGIN,
    STAT,
    LIST,
    UIDL,
    RETR,
    TOP,
    DELE,
    QUIT,
    OTHER
  }

  private final Metrics.ByTwo<Kind, Result, Metrics.Timer> commands;
  private final Metrics.Counter deleted;

  Pop3Metrics(Metrics metrics) {
    this.commands =
        metrics.timer(
            "mail_pop3_command_seconds",
            "Time of commands.",
            "command",
            Kind.class,
            "result",
            Result.class);
    this.deleted = metrics.counter("mail_pop3_deleted_total", "Messages that QUIT removed.");
  }

  void command(Pop3Command command, boolean ok, long startNanos) {
    Kind kind =
        switch (command) {
          case Pop3Command.Pass pass -> Kind.LOGIN;
          case Pop3Command.Auth auth -> Kind.LOGIN;
          case Pop3Command.Stat stat -> Kind.STAT;
          case Pop3Command.ScanListing listing -> Kind.LIST;
          case Pop3Command.Uidl uidl -> Kind.UIDL;
          case Pop3Command.Retr retr -> Kind.RETR;
          case Pop3Command.Top top -> Kind.TOP;
          case Pop3Command.Dele dele -> Kind.DELE;
          case Pop3Command.Quit quit -> Kind.QUIT;
          default -> Kind.OTHER;
        };
    commands.get(kind, ok ? Result.OK : Result.ERR).recordSince(startNanos);
  }

  void deleted(int messages) {
    deleted.add(messages);
  }
}
