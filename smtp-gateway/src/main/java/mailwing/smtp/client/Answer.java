package mailwing.smtp.client;

/// What became of one recipient in a dialog.
///
/// @param kind whether it is delivered, to be tried again or never
/// @param status the enhanced status code (RFC 3463)
/// @param text the host's reply, lines joined by LF, or why there was none
/// @param replied the text is the host's
public record Answer(Kind kind, String status, String text, boolean replied) {
  /// How final it is.
  public enum Kind {
    DELIVERED,
    TRANSIENT,
    PERMANENT
  }

  static Answer of(HostReply reply) {
    return new Answer(
        reply.isPositive() ? Kind.DELIVERED : reply.isPermanent() ? Kind.PERMANENT : Kind.TRANSIENT,
        reply.status(),
        reply.text(),
        true);
  }

  /// Does the host want this recipient in a transaction with fewer (RFC 5321 §4.5.3.1.10)?
  public boolean isTooMany() {
    return kind == Kind.TRANSIENT && replied && status.equals("4.5.3");
  }

  public static Answer permanent(String status, String why) {
    return new Answer(Kind.PERMANENT, status, why, false);
  }

  public static Answer later(String status, String why) {
    return new Answer(Kind.TRANSIENT, status, why, false);
  }
}
