package mailwing.store.mime;

import mailwing.store.v1.Part;

/// Finds a phrase in a message's octets as they are stored, where they say of themselves what the
/// text is: most text is US-ASCII without an encoding, and what is found in it need not be decoded.
///
/// What is not found may be there all the same, encoded, wrapped or in another script.
final class RawText {
  private RawText() {}

  /// @param needle normalised
  static boolean holds(byte[] message, Part part, String needle) {
    return isPlain(needle) && find(message, part, needle);
  }

  private static boolean find(byte[] message, Part part, String needle) {
    if (part.getPartsCount() > 0) {
      for (Part child : part.getPartsList()) {
        if (find(message, child, needle)) {
          return true;
        }
      }
      return false;
    }
    if (!MessageText.isText(part)
        || MessageText.isHtml(part)
        || !Charsets.keepsAscii(MessageText.charset(part))) {
      return false;
    }
    int from = (int) Math.min(part.getBodyOffset(), message.length);
    int to = (int) Math.min(part.getEndOffset(), message.length);
    String encoding = part.getEncoding().toStringUtf8().strip();
    if (encoding.equalsIgnoreCase("quoted-printable")) {
      return needle.indexOf('=') < 0
          && needle.indexOf(' ') < 0
          && find(message, from, to, needle, true);
    }
    boolean asItIs =
        encoding.isEmpty()
            || encoding.equalsIgnoreCase("7bit")
            || encoding.equalsIgnoreCase("8bit")
            || encoding.equalsIgnoreCase("binary");
    return asItIs && find(message, from, to, needle, false);
  }

  /// Printable US-ASCII, as normalised text has it.
  private static boolean isPlain(String needle) {
    for (int i = 0; i < needle.length(); i++) {
      char c = needle.charAt(i);
      if (c < ' ' || c > '~' || (c >= 'a' && c <= 'z')) {
        return false;
      }
    }
    return !needle.isEmpty();
  }

  private static boolean find(byte[] octets, int from, int to, String needle, boolean quoted) {
    int length = needle.length();
    char first = needle.charAt(0);
    for (int at = from; at <= to - length; at++) {
      if (upper(octets[at]) == first
          && matches(octets, at, needle)
          && !(quoted && isInEscape(octets, at, from))) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(byte[] octets, int at, String needle) {
    for (int i = 1; i < needle.length(); i++) {
      if (upper(octets[at + i]) != needle.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /// May the octet at `at` be a digit of an escape?
  private static boolean isInEscape(byte[] octets, int at, int from) {
    return (at > from && octets[at - 1] == '=') || (at > from + 1 && octets[at - 2] == '=');
  }

  private static int upper(byte octet) {
    return octet >= 'a' && octet <= 'z' ? octet - 32 : octet;
  }
}
