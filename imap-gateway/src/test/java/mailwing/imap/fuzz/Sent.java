package mailwing.imap.fuzz;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/// A command as a client sends it: between two chunks it waits for `+`.
///
/// @param name the command's name in upper case, `UID FETCH` among them
record Sent(String tag, String name, List<ByteString> chunks) {
  static Sent of(String tag, List<ByteString> chunks) {
    String[] words =
        chunks
            .getFirst()
            .substring(tag.length() + 1)
            .toString(StandardCharsets.ISO_8859_1)
            .toUpperCase(Locale.ROOT)
            .strip()
            .split("[ \r]", 3);
    return new Sent(
        tag,
        words[0].equals("UID") && words.length > 1 ? "UID " + words[1] : words[0],
        List.copyOf(chunks));
  }

  /// Without the waiting.
  ByteString octets() {
    return ByteString.copyFrom(chunks);
  }

  boolean mentions(String word) {
    return text().toUpperCase(Locale.ROOT).contains(word);
  }

  String text() {
    return octets().toString(StandardCharsets.ISO_8859_1);
  }
}
