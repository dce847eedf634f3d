package mailwing.smtp.protocol;

/// Where a message came from and where its failures are reported to (RFC 5321 §4.1.1.2).
public sealed interface ReversePath {

  /// `<>`: a notification; nothing is ever reported back for it (RFC 5321 §4.5.5).
  record Null() implements ReversePath {}

  /// A mailbox. A source route before it was read and ignored (RFC 5321 appendix C).
  record Sender(Mailbox mailbox) implements ReversePath {}

  /// Without angle brackets, in SMTP's grammar; empty for the null reverse-path.
  default String encoded() {
    return switch (this) {
      case Null() -> "";
      case Sender(Mailbox mailbox) -> mailbox.encoded();
    };
  }
}
