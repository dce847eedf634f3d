package mailwing.smtp.protocol;

/// The part of a mailbox after `@` (RFC 5321 §4.1.2, RFC 6531 §3.3).
public sealed interface Domain {

  /// A domain name, as the client wrote it; may hold U-labels.
  record Name(String text) implements Domain {
    @Override
    public String toString() {
      return text;
    }
  }

  /// An address literal with its brackets: `[192.0.2.1]`, `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3).
  record Literal(String text) implements Domain {
    @Override
    public String toString() {
      return text;
    }
  }
}
