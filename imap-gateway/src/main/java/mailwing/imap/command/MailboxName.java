package mailwing.imap.command;

/// A mailbox's name in UTF-8, its hierarchy by `/`; a leading INBOX is in capitals (RFC 9051 §5.1).
public record MailboxName(String value) {
  public static final MailboxName INBOX = new MailboxName("INBOX");

  public MailboxName {
    value = canonical(value);
  }

  public boolean isInbox() {
    return value.equals("INBOX");
  }

  private static String canonical(String name) {
    return name.regionMatches(true, 0, "INBOX", 0, 5)
            && (name.length() == 5 || name.charAt(5) == '/')
        ? "INBOX" + name.substring(5)
        : name;
  }

  @Override
  public String toString() {
    return value;
  }
}
