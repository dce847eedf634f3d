package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import mailwing.service.mime.TransferDecoder;
import mailwing.store.v1.Parameter;
import mailwing.store.v1.Part;

/// The text of a message as SEARCH compares it and an n-gram index takes it: decoded, in
/// i;unicode-casemap form, every run of white space (line ends and folding too) one space, so that
/// a phrase is found though its lines were wrapped.
///
/// Text is what text parts and message parts hold, messages within and their headers included. Of
/// HTML it is the words that are seen. Attachments of other types have none. Fields and parts are
/// kept apart by `\n`, which no phrase contains. Memory does not depend on the size of the message.
public final class MessageText {
  /// Takes text in pieces.
  @FunctionalInterface
  public interface Sink {
    /// Takes the next piece; says whether to go on.
    boolean take(CharSequence text) throws IOException;

    /// Says where the pieces that follow are from.
    default void from(Origin origin) {}
  }

  /// Where text is from.
  public enum Origin {
    /// A field of the message's own header: a piece each.
    HEADER,
    /// A field of the header of a part of a multipart, which is of no body.
    PART_HEADER,
    BODY
  }

  /// Characters of a piece, at most about.
  private static final int PIECE = 8192;

  private final OctetSource source;
  private final Sink sink;
  private final boolean partHeaders;

  private MessageText(OctetSource source, Sink sink, boolean partHeaders) {
    this.source = source;
    this.sink = sink;
    this.partHeaders = partHeaders;
  }

  /// The text of the body, as `SEARCH BODY` wants it.
  ///
  /// @return whether the sink wanted all
  public static boolean body(OctetSource source, Part message, Sink sink) throws IOException {
    return new MessageText(source, sink, false).walk(message);
  }

  /// Header and body, as `SEARCH TEXT` wants it: headers of parts as well.
  public static boolean all(OctetSource source, Part message, Sink sink) throws IOException {
    var text = new MessageText(source, sink, true);
    sink.from(Origin.HEADER);
    return text.header(message) && text.walk(message);
  }

  /// A text normalised as all text here is.
  public static String normalise(String text) {
    return UnicodeCasemap.map(oneSpaced(text));
  }

  /// A field's value, from the octets as they stand in the header, decoded and normalised.
  static String field(byte[] header, int from, int to) {
    return normalise(EncodedWords.decode(FieldOctets.unfold(header, from, to)));
  }

  private boolean walk(Part part) throws IOException {
    if (part.getPartsCount() > 0) {
      boolean message = !ContentFields.is(part.getType(), "multipart");
      for (Part child : part.getPartsList()) {
        if (message || partHeaders) {
          sink.from(message ? Origin.BODY : Origin.PART_HEADER);
          if (!header(child)) {
            return false;
          }
        }
        if (!walk(child)) {
          return false;
        }
      }
      return true;
    }
    return !isText(part) || text(part);
  }

  static String charset(Part part) {
    for (Parameter parameter : part.getParametersList()) {
      if (ContentFields.is(parameter.getName(), "charset")) {
        return parameter.getValue().toStringUtf8();
      }
    }
    return "";
  }

  static boolean isHtml(Part part) {
    return ContentFields.is(part.getSubtype(), "html") && ContentFields.is(part.getType(), "text");
  }

  static boolean isText(Part part) {
    return ContentFields.is(part.getType(), "text") || ContentFields.is(part.getType(), "message");
  }

  private boolean header(Part part) throws IOException {
    long end = Math.min(part.getBodyOffset(), part.getHeaderOffset() + MimeLimits.HEADER_OCTETS);
    if (end == part.getHeaderOffset()) {
      return true;
    }
    byte[] header;
    try (InputStream in = source.range(part.getHeaderOffset(), end)) {
      header = in.readAllBytes();
    }
    var fields = new HeaderFields(header);
    while (fields.next()) {
      String name =
          new String(
              header,
              fields.start(),
              fields.nameEnd() - fields.start(),
              StandardCharsets.ISO_8859_1);
      String value = field(header, fields.valueStart(), fields.end());
      if (!sink.take(UnicodeCasemap.map(name) + ": " + value + '\n')) {
        return false;
      }
    }
    return true;
  }

  private boolean text(Part part) throws IOException {
    String charset = charset(part);
    boolean html = isHtml(part);
    ByteString encoding = part.getEncoding();
    sink.from(Origin.BODY);
    try (InputStream octets = source.range(part.getBodyOffset(), part.getEndOffset());
        Reader reader =
            Charsets.reader(TransferDecoder.lenient(octets, encoding.toStringUtf8()), charset)) {
      return new Pieces(sink, html).run(reader);
    }
  }

  private static boolean isSpace(char c) {
    if (c < 0xa0) {
      return c <= ' ';
    }
    return c == 0xa0
        || c == 0x3000
        || (c >= 0x2000 && c <= 0x200a)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202f
        || c == 0x205f;
  }

  private static CharSequence oneSpaced(String text) {
    int i = 0;
    char before = 0;
    for (; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == ' ' ? before == ' ' : isSpace(c)) {
        break;
      }
      before = c;
    }
    if (i == text.length()) {
      return text;
    }
    var out = new StringBuilder(text.length());
    boolean space = false;
    for (i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean isSpace = isSpace(c);
      if (!isSpace) {
        out.append(c);
      } else if (!space) {
        out.append(' ');
      }
      space = isSpace;
    }
    return out;
  }

  /// Normalises a stream piece by piece.
  private static final class Pieces {
    private final Sink sink;
    private final boolean html;
    private final char[] buffer = new char[PIECE];
    private final StringBuilder words = new StringBuilder(PIECE);
    private char[] piece = new char[2 * PIECE];
    private int length;
    private boolean space;

    Pieces(Sink sink, boolean html) {
      this.sink = sink;
      this.html = html;
    }

    boolean run(Reader reader) throws IOException {
      var stripper = new HtmlText(words);
      int read;
      while ((read = reader.read(buffer, 0, PIECE)) >= 0) {
        if (html) {
          for (int i = 0; i < read; i++) {
            stripper.take(buffer[i]);
          }
          words();
        } else {
          take(buffer, read);
        }
        if (length >= PIECE / 2 && !give(boundary())) {
          return false;
        }
      }
      if (html) {
        stripper.finish();
        words();
      }
      room(1);
      piece[length++] = '\n';
      return give(length);
    }

    private void words() {
      char[] text = new char[words.length()];
      words.getChars(0, text.length, text, 0);
      words.setLength(0);
      take(text, text.length);
    }

    private void room(int more) {
      if (piece.length - length < more) {
        piece = Arrays.copyOf(piece, Math.max(length + more, piece.length * 2));
      }
    }

    private void take(char[] text, int count) {
      room(count);
      char[] out = piece;
      int to = length;
      boolean before = space;
      for (int i = 0; i < count; i++) {
        char c = text[i];
        boolean isSpace = isSpace(c);
        if (!isSpace) {
          out[to++] = c;
        } else if (!before) {
          out[to++] = ' ';
        }
        before = isSpace;
      }
      length = to;
      space = before;
    }

    private boolean give(int count) throws IOException {
      String mapped = UnicodeCasemap.mapped(Arrays.copyOf(piece, count));
      System.arraycopy(piece, count, piece, 0, length - count);
      length -= count;
      return sink.take(mapped);
    }

    /// Where the piece may end: before what does not combine with what is before it.
    private int boundary() {
      int i = length - 1;
      int least = Math.max(1, length - 64);
      while (i > least && combines(piece[i])) {
        i--;
      }
      return i;
    }

    private static boolean combines(char c) {
      if (c < 0x300) {
        return false;
      }
      return Character.isLowSurrogate(c)
          || switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK,
                Character.COMBINING_SPACING_MARK,
                Character.ENCLOSING_MARK ->
                true;
            default -> false;
          };
    }
  }
}
