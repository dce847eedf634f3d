package mailwing.smtp.protocol;

/// Whom a message is for (RFC 5321 §4.1.1.3).
public sealed interface ForwardPath {

  /// `<postmaster>` without a domain, in any case (RFC 5321 §4.5.1).
  record Postmaster() implements ForwardPath {}

  /// A mailbox. A source route before it was read and ignored (RFC 5321 appendix C).
  record Recipient(Mailbox mailbox) implements ForwardPath {}

  /// As the store resolves it: `local-part@domain` unquoted, or the bare word `postmaster`.
  default String address() {
    return switch (this) {
      case Postmaster() -> "postmaster";
      case Recipient(Mailbox mailbox) -> mailbox.address();
    };
  }

  /// Without angle brackets, in SMTP's grammar.
  default String encoded() {
    return switch (this) {
      case Postmaster() -> "postmaster";
      case Recipient(Mailbox mailbox) -> mailbox.encoded();
    };
  }
}
