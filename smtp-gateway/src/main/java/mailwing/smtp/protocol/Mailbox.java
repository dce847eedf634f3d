package mailwing.smtp.protocol;

/// A mailbox: the local part without its quotes and backslashes, and the domain (RFC 5321 §4.1.2).
public record Mailbox(String localPart, Domain domain) {

  /// `local-part@domain` with nothing quoted, as the store knows addresses.
  public String address() {
    return localPart + "@" + domain;
  }

  /// The mailbox in SMTP's grammar, quoted only where it has to be.
  public String encoded() {
    return (isDotString(localPart) ? localPart : quoted(localPart)) + "@" + domain;
  }

  /// Does it hold characters that only SMTPUTF8 can carry (RFC 6531 §3.3)?
  public boolean isInternational() {
    return !Ascii.isAscii(localPart) || !Ascii.isAscii(domain.toString());
  }

  private static boolean isDotString(String text) {
    boolean atomOpen = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '.') {
        if (!atomOpen) {
          return false;
        }
        atomOpen = false;
      } else if (Ascii.isAtext(c)) {
        atomOpen = true;
      } else {
        return false;
      }
    }
    return atomOpen;
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder(text.length() + 4).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\');
      }
      out.append(c);
    }
    return out.append('"').toString();
  }

  @Override
  public String toString() {
    return encoded();
  }
}
