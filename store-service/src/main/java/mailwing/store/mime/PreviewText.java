package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The start of the first text of a message, for the preview.
final class PreviewText {
  /// Octets kept of text that is plain, and of HTML, where style sheets come before words.
  static final int PLAIN_OCTETS = 4 * 1024;

  static final int HTML_OCTETS = 64 * 1024;

  private final int limit;
  private byte[] kept = new byte[0];
  private int length;
  private @Nullable Node node;

  PreviewText(int limit) {
    this.limit = limit;
  }

  /// Shall this part be kept? The first that is no attachment is.
  boolean begin(Node part) {
    if (node != null || ContentFields.is(part.part.getDisposition(), "attachment")) {
      return false;
    }
    node = part;
    return true;
  }

  void keep(byte[] octets, int offset, int size) {
    int more = Math.min(size, limit - length);
    if (more > 0) {
      if (length + more > kept.length) {
        kept =
            Arrays.copyOf(
                kept, Math.min(limit, Math.max(Math.max(1024, kept.length * 4), length + more)));
      }
      System.arraycopy(octets, offset, kept, length, more);
      length += more;
    }
  }

  /// The part had this many octets only: what was kept beyond is the boundary's.
  void end(long size) {
    length = (int) Math.min(length, size);
  }

  String text() {
    if (node == null || length == 0) {
      return "";
    }
    Node part = node;
    ByteString charset = ContentFields.parameter(part.part, "charset");
    return TextDecoding.preview(
        kept, length, part.part, charset == null ? "" : charset.toStringUtf8());
  }
}
