package mailwing.store.mime;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import mailwing.store.v1.Part;

/// From octets of a part to text.
final class TextDecoding {
  private TextDecoding() {}

  /// The first words of a text, in one line.
  static String preview(byte[] octets, int length, Part.Builder part, String charset) {
    byte[] decoded;
    try (var in =
        TransferDecoder.lenient(new ByteArrayInputStream(octets, 0, length), part.getEncoding())) {
      decoded = in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String text = Charsets.decode(decoded, 0, decoded.length, charset);
    if (ContentFields.is(part.getSubtype(), "html")) {
      text = HtmlText.strip(text);
    }
    return oneLine(text);
  }

  private static String oneLine(String text) {
    var out = new StringBuilder(MimeLimits.PREVIEW_LENGTH);
    boolean space = false;
    for (int i = 0; i < text.length() && out.length() < MimeLimits.PREVIEW_LENGTH; ) {
      int point = text.codePointAt(i);
      i += Character.charCount(point);
      if (Character.isWhitespace(point)
          || Character.isSpaceChar(point)
          || Character.isISOControl(point)) {
        space = !out.isEmpty();
      } else if (point != 0xfeff && point != 0x200b && point != 0xfffd) {
        if (space) {
          out.append(' ');
          space = false;
        }
        out.appendCodePoint(point);
      }
    }
    return SortKeyMaker.cut(out.toString(), MimeLimits.PREVIEW_LENGTH);
  }
}
