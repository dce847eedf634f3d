package mailwing.store.mime;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import mailwing.service.mime.TransferDecoder;
import mailwing.store.v1.Part;

/// From octets of a part to the words of its preview.
final class TextDecoding {
  private static final int PIECE = 512;

  private TextDecoding() {}

  /// The first words of a text, in one line.
  static String preview(byte[] octets, int length, Part.Builder part, String charset) {
    var in =
        TransferDecoder.lenient(
            new ByteArrayInputStream(octets, 0, length), part.getEncoding().toStringUtf8());
    var line = new OneLine();
    try (Reader reader = Charsets.reader(in, charset)) {
      var words = new StringBuilder(PIECE);
      HtmlText html = ContentFields.is(part.getSubtype(), "html") ? new HtmlText(words) : null;
      char[] piece = new char[PIECE];
      int size;
      while (!line.isFull() && (size = reader.read(piece, 0, PIECE)) >= 0) {
        if (html == null) {
          words.append(piece, 0, size);
        } else {
          for (int i = 0; i < size; i++) {
            html.take(piece[i]);
          }
        }
        line.add(words);
        words.setLength(0);
      }
      if (html != null) {
        html.finish();
        line.add(words);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return line.text();
  }

  /// Words with one space between them.
  private static final class OneLine {
    private final StringBuilder out = new StringBuilder(MimeLimits.PREVIEW_LENGTH + 2);
    private boolean space;

    boolean isFull() {
      return out.length() >= MimeLimits.PREVIEW_LENGTH;
    }

    void add(CharSequence text) {
      for (int i = 0; i < text.length() && !isFull(); i++) {
        char c = text.charAt(i);
        if (Character.isWhitespace(c) || Character.isSpaceChar(c) || Character.isISOControl(c)) {
          space = !out.isEmpty();
        } else if (c != 0xfeff && c != 0x200b && c != 0xfffd) {
          if (space) {
            out.append(' ');
            space = false;
          }
          out.append(c);
        }
      }
    }

    String text() {
      int end = Math.min(out.length(), MimeLimits.PREVIEW_LENGTH);
      return Charsets.storable(
          out.substring(
              0, end > 0 && Character.isHighSurrogate(out.charAt(end - 1)) ? end - 1 : end));
    }
  }
}
