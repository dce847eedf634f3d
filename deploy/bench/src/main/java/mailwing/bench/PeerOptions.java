package mailwing.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The other server of a comparison.
final class PeerOptions {
  @Option(
      names = "--against",
      paramLabel = "HOST",
      description =
          "Compare with the server there, whose accounts exist already: each workload ours, theirs,"
              + " ours, ..., and a table of ratios.")
  @Nullable String host;

  @Option(names = "--against-smtp-port", description = "Default ${DEFAULT-VALUE}.")
  private int smtpPort = 25;

  @Option(names = "--against-imap-port", description = "Default ${DEFAULT-VALUE}.")
  private int imapPort = 143;

  @Option(names = "--against-pop3-port", description = "Default ${DEFAULT-VALUE}.")
  private int pop3Port = 110;

  @Option(names = "--against-login", description = "As --login (default ${DEFAULT-VALUE}).")
  private String login = "user%d";

  @Option(names = "--against-recipient", description = "As --recipient.")
  private @Nullable String recipient;

  @Option(names = "--against-password", description = "As --password (default ${DEFAULT-VALUE}).")
  private String password = "pass";

  @Option(names = "--against-first", description = "As --first (default ${DEFAULT-VALUE}).")
  private int first = 1;

  @Option(names = "--against-pid", split = ",", description = "As --pid.")
  private List<Long> pids = List.of();

  @Option(
      names = "--against-name",
      description = "What the tables call it (default ${DEFAULT-VALUE}).")
  String name = "Dovecot + Postfix";

  Side side(String at, int users, Options options) {
    return Side.of(
        name,
        new Target(
            at,
            smtpPort,
            imapPort,
            pop3Port,
            login,
            recipient == null ? login : recipient,
            password,
            first,
            users,
            options.mixedConnections()),
        options,
        pids);
  }
}
