package mailwing.smtp.session;

import mailwing.smtp.protocol.Reply;

/// The replies of the session itself; those that refuse mail are in
/// [mailwing.smtp.delivery.Refusal].
final class Replies {
  static final Reply OK = Reply.of(250, "2.0.0", "OK");
  static final Reply RESET = Reply.of(250, "2.0.0", "Reset");
  static final Reply BYE = Reply.of(221, "2.0.0", "Goodbye");
  static final Reply SENDER_OK = Reply.of(250, "2.1.0", "Sender OK");
  static final Reply RECIPIENT_OK = Reply.of(250, "2.1.5", "Recipient OK");
  static final Reply CHUNK_OK = Reply.of(250, "2.0.0", "Chunk received");
  static final Reply GO_AHEAD = Reply.plain(354, "End data with <CRLF>.<CRLF>");
  private static final Reply HELP_MX = help("EHLO HELO", "");
  private static final Reply HELP_SUBMISSION = help("EHLO HELO", " AUTH");
  private static final Reply HELP_LMTP = help("LHLO", "");
  static final Reply NOT_VERIFIED =
      Reply.of(252, "2.5.0", "Not verified here, but mail for local users is taken");

  static final Reply GREETING_FIRST = Reply.of(503, "5.5.1", "Send EHLO first");
  static final Reply BAD_SEQUENCE = Reply.of(503, "5.5.1", "Bad sequence of commands");
  static final Reply IN_TRANSACTION = Reply.of(503, "5.5.1", "Not during a mail transaction");
  static final Reply SENDER_GIVEN = Reply.of(503, "5.5.1", "Sender is already given");
  static final Reply MAIL_FIRST = Reply.of(503, "5.5.1", "Send MAIL first");
  static final Reply RCPT_FIRST = Reply.of(503, "5.5.1", "Send RCPT first");
  static final Reply NO_VALID_RECIPIENT = Reply.of(554, "5.5.1", "No valid recipients");
  static final Reply RESET_FIRST = Reply.of(503, "5.5.1", "A chunk has failed, send RSET");
  static final Reply BDAT_NEEDED = Reply.of(503, "5.5.1", "BODY=BINARYMIME needs BDAT, send RSET");
  static final Reply CHUNKS_BEGUN = Reply.of(503, "5.5.1", "The message is being sent by BDAT");
  static final Reply WRONG_GREETING = Reply.of(500, "5.5.1", "Not this protocol's greeting");

  static final Reply LINE_TOO_LONG = Reply.of(500, "5.5.2", "Line too long");
  static final Reply AUTH_LINE_TOO_LONG = Reply.of(500, "5.5.6", "Line too long");
  static final Reply LINE_ENDLESS = Reply.of(421, "4.7.0", "Line without end, closing connection");
  static final Reply TOO_MUCH_DATA =
      Reply.of(421, "4.7.0", "Message without end, closing connection");
  static final Reply TOO_MANY_ERRORS =
      Reply.of(421, "4.7.0", "Too many errors, closing connection");
  static final Reply NO_PROGRESS =
      Reply.of(421, "4.7.0", "Too many commands without mail, closing connection");
  static final Reply TIMEOUT = Reply.of(421, "4.4.2", "Timeout, closing connection");
  static final Reply DRAINING = Reply.of(421, "4.3.2", "Service is restarting, try again");
  static final Reply REVOKED = Reply.of(421, "4.7.0", "Login is not valid any more");

  static final Reply TOO_EARLY =
      Reply.plain(554, "You speak before the greeting, closing connection");
  static final Reply XCLIENT_DENIED = Reply.of(550, "5.7.1", "XCLIENT is not for you");

  static final Reply TLS_READY = Reply.of(220, "2.0.0", "Ready to start TLS");
  static final Reply TLS_UNAVAILABLE = Reply.of(502, "5.5.1", "STARTTLS is not offered");
  static final Reply TLS_ACTIVE = Reply.of(503, "5.5.1", "TLS is active");

  static final Reply AUTH_OK = Reply.of(235, "2.7.0", "Authentication succeeded");
  static final Reply AUTH_DONE = Reply.of(503, "5.5.1", "Already authenticated");
  static final Reply AUTH_UNAVAILABLE = Reply.of(502, "5.5.1", "AUTH is not offered");
  static final Reply AUTH_MECHANISM = Reply.of(504, "5.5.4", "Mechanism is not offered");
  static final Reply AUTH_NEEDS_TLS =
      Reply.of(538, "5.7.11", "Encryption is required for authentication");
  static final Reply AUTH_CANCELLED = Reply.of(501, "5.7.0", "Authentication cancelled");
  static final Reply AUTH_MALFORMED =
      Reply.of(501, "5.5.2", "Not valid base64, or not the mechanism's syntax");
  static final Reply AUTH_GIVE_UP =
      Reply.of(421, "4.7.0", "Too many failed logins, closing connection");
  static final Reply AUTH_FAILED = Reply.of(535, "5.7.8", "Authentication credentials invalid");
  static final Reply AUTH_DISABLED = Reply.of(535, "5.7.13", "Account is disabled");
  static final Reply AUTH_ELSEWHERE = Reply.of(535, "5.7.0", "Account is on another server");
  static final Reply AUTH_LATER = Reply.of(454, "4.7.0", "Temporary authentication failure");
  static final Reply AUTH_TOO_MANY = Reply.of(454, "4.7.0", "Too many failed logins, try later");
  static final Reply TLS_REQUIRED = Reply.of(530, "5.7.0", "Must issue a STARTTLS command first");

  private Replies() {}

  static Reply help(Service service) {
    return switch (service) {
      case MX -> HELP_MX;
      case SUBMISSION -> HELP_SUBMISSION;
      case LMTP -> HELP_LMTP;
    };
  }

  private static Reply help(String greetings, String more) {
    return Reply.of(
        214,
        "2.0.0",
        "Mailwing",
        "Commands: "
            + greetings
            + " MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP STARTTLS"
            + more,
        "See RFC 5321");
  }
}
