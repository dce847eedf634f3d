package mailwing.imap.command;

import java.text.Normalizer;

/// A mailbox's name in UTF-8, its hierarchy by `/`. Names are the same where their normal forms
/// are.
///
/// @param given as the client or the store has it
public record MailboxName(String given) {
  public static final MailboxName INBOX = new MailboxName("INBOX");

  /// In normal form: NFC, a leading INBOX in capitals (RFC 9051 §5.1).
  public String value() {
    String name =
        Normalizer.isNormalized(given, Normalizer.Form.NFC)
            ? given
            : Normalizer.normalize(given, Normalizer.Form.NFC);
    return name.regionMatches(true, 0, "INBOX", 0, 5)
            && (name.length() == 5 || name.charAt(5) == '/')
        ? "INBOX" + name.substring(5)
        : name;
  }

  /// Whether it was given in another form than the normal one.
  public boolean denormalized() {
    return !given.equals(value());
  }

  public boolean isInbox() {
    return value().equals("INBOX");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MailboxName name && value().equals(name.value());
  }

  @Override
  public int hashCode() {
    return value().hashCode();
  }

  @Override
  public String toString() {
    return value();
  }
}
