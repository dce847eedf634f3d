package mailwing.pop3;

import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import mailwing.gateway.OctetWriter;

/// The languages of replies (RFC 6856 §3): English is the one there is.
final class Languages {
  private static final String ENGLISH = "en";

  private Languages() {}

  /// Answers LANG; true for +OK.
  static boolean answer(OctetWriter out, Optional<String> range) throws IOException {
    if (range.isEmpty()) {
      out.ascii("+OK Languages follow\r\nen English\r\n.\r\n");
      return true;
    }
    String asked = range.get().toLowerCase(Locale.ROOT);
    // A basic range matches tags that it is, or is a prefix of (RFC 4647 §3.3.1).
    if (asked.equals("*") || asked.equals(ENGLISH)) {
      out.ascii("+OK en Replies are in English\r\n");
      return true;
    }
    out.ascii("-ERR No such language\r\n");
    return false;
  }
}
