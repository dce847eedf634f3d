package mailwing.smtp.fuzz;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What a client knows of the server: which service it speaks to, and for whom.
///
/// @param trusted its address is: no TLS is needed to log in, XCLIENT is allowed
/// @param implicitTls the connection begins by a handshake
record House(Kind kind, boolean trusted, boolean implicitTls) {
  /// The accounts' local parts; the first one can log in by `wing`.
  static final List<String> USERS = List.of("ann", "bob");

  static final String DOMAIN = "example.test";
  static final int MESSAGE = 300_000;
  static final int COMMAND_LINE = 2048;
  static final int AUTH_LINE = 12_288;
  static final int BAD_COMMANDS = 60;
  static final int LOGIN_FAILURES = 3;
  static final int RECIPIENTS = 100;

  /// Beyond this an end is not waited for.
  static final long SWALLOWED = 4L * MESSAGE + (64L << 20);

  enum Kind {
    MX,
    SUBMISSION,
    LMTP
  }

  String login() {
    return USERS.getFirst() + "@" + DOMAIN;
  }

  /// The account that a path's mailbox belongs to: any case, with or without quotes and a detail.
  Optional<String> account(String mailbox) {
    int at = mailbox.lastIndexOf('@');
    if (at < 0) {
      return mailbox.equalsIgnoreCase("postmaster") ? Optional.of("postmaster") : Optional.empty();
    }
    String local = mailbox.substring(0, at);
    if (local.startsWith("\"") && local.endsWith("\"") && local.length() > 1) {
      local = local.substring(1, local.length() - 1).replaceAll("\\\\(.)", "$1");
    }
    String domain = mailbox.substring(at + 1);
    String name = local.toLowerCase(Locale.ROOT).replaceAll("(?s)\\+.*", "");
    return domain.equalsIgnoreCase(DOMAIN) && (USERS.contains(name) || name.equals("postmaster"))
        ? Optional.of(name)
        : Optional.empty();
  }
}
