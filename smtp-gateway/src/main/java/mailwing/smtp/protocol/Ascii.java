package mailwing.smtp.protocol;

/// Character classes of RFC 5321 §4.1.2 and RFC 5322 §3.2.3, extended by RFC 6531 §3.3.
final class Ascii {
  private static final String ATEXT_SPECIALS = "!#$%&'*+-/=?^_`{|}~";

  private Ascii() {}

  static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 127) {
        return false;
      }
    }
    return true;
  }

  static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  static boolean isHexDigit(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  static boolean isLetterOrDigit(char c) {
    return isLetter(c) || isDigit(c);
  }

  static boolean isAtext(char c) {
    return isLetterOrDigit(c) || isNonAscii(c) || ATEXT_SPECIALS.indexOf(c) >= 0;
  }

  /// A character beyond ASCII that is no C1 control and no noncharacter of the first plane.
  static boolean isNonAscii(char c) {
    return c > 0x9f && c < 0xfffe;
  }

  /// esmtp-value: anything but "=", space and controls.
  static boolean isParameterValue(char c) {
    return (c > ' ' && c < 127 && c != '=') || isNonAscii(c);
  }
}
