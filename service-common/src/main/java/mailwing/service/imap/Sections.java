package mailwing.service.imap;

import com.google.protobuf.ByteString;
import java.util.List;
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// Which octets of a message a section names (RFC 9051 §6.4.5.1), found from its structure alone,
/// so that only those octets are read.
public final class Sections {
  private Sections() {}

  /// What a section is of a message.
  public sealed interface Resolved {}

  /// Octets `[start, end)` of the message; may be none.
  public record Octets(long start, long end) implements Resolved {
    public long length() {
      return end - start;
    }

    /// The part of them that a partial fetch asks for; none where it starts beyond the end.
    public Octets partial(@Nullable Partial partial) {
      if (partial == null) {
        return this;
      }
      long from = partial.offset() >= length() ? end : start + partial.offset();
      return new Octets(from, partial.length() >= end - from ? end : from + partial.length());
    }
  }

  /// Fields of the header at `[start, end)`, to be taken by [HeaderSubset]; a partial counts in the
  /// subset.
  public record Fields(long start, long end) implements Resolved {}

  /// There is no such part: NIL.
  public record Missing() implements Resolved {}

  private static final Resolved MISSING = new Missing();

  /// What `BODY[...]` is; partials are the caller's to apply.
  public static Resolved resolve(Part message, BodySection section) {
    if (section.part().isEmpty()) {
      return ofMessage(message, section.text());
    }
    Part part = part(message, section.part());
    if (part == null) {
      return MISSING;
    }
    return switch (section.text()) {
      case CONTENT -> new Octets(part.getBodyOffset(), part.getEndOffset());
      case MIME -> header(part);
      case HEADER, TEXT, HEADER_FIELDS, HEADER_FIELDS_NOT ->
          isMessage(part) && part.getPartsCount() == 1
              ? ofMessage(part.getParts(0), section.text())
              : MISSING;
    };
  }

  private static Resolved ofMessage(Part message, BodySection.Text text) {
    return switch (text) {
      case CONTENT -> new Octets(message.getHeaderOffset(), message.getEndOffset());
      case HEADER -> header(message);
      case TEXT -> new Octets(message.getBodyOffset(), message.getEndOffset());
      case HEADER_FIELDS, HEADER_FIELDS_NOT ->
          new Fields(message.getHeaderOffset(), message.getBodyOffset());
      case MIME -> MISSING;
    };
  }

  private static Octets header(Part part) {
    return new Octets(part.getHeaderOffset(), part.getBodyOffset());
  }

  /// The part of those numbers, or null. A message that is no multipart is its own part 1.
  public static @Nullable Part part(Part message, List<Integer> numbers) {
    Part at = message;
    boolean atMessage = true;
    for (int number : numbers) {
      if (!atMessage && isMessage(at) && at.getPartsCount() == 1) {
        at = at.getParts(0);
        atMessage = true;
      }
      if (isMultipart(at)) {
        if (number > at.getPartsCount()) {
          return null;
        }
        at = at.getParts(number - 1);
      } else if (!atMessage || number != 1) {
        return null;
      }
      atMessage = false;
    }
    return at;
  }

  /// Octets and the transfer encoding that BINARY takes off them; empty for none.
  public record Encoded(Octets octets, String encoding) {}

  /// What BINARY[part] decodes, or null where there is no such part. Without a part number it is
  /// the message as it stands; multipart and message bodies have no encoding (RFC 2045 §6.4).
  public static @Nullable Encoded encoded(Part message, List<Integer> numbers) {
    Part part = part(message, numbers);
    if (part == null) {
      return null;
    }
    if (numbers.isEmpty()) {
      return new Encoded(new Octets(part.getHeaderOffset(), part.getEndOffset()), "");
    }
    return new Encoded(new Octets(part.getBodyOffset(), part.getEndOffset()), encoding(part));
  }

  /// The transfer encoding of a part's body; empty for none.
  public static String encoding(Part part) {
    boolean composite = isMultipart(part) || (isMessage(part) && part.getPartsCount() == 1);
    return composite ? "" : part.getEncoding().toStringUtf8();
  }

  /// Octets without its header.
  public static long bodyLength(Part part) {
    return part.getEndOffset() - part.getBodyOffset();
  }

  /// multipart/* in which parts were found; one without is a single part of no structure.
  public static boolean isMultipart(Part part) {
    return is(part.getType(), "MULTIPART") && part.getPartsCount() > 0;
  }

  /// message/rfc822 or message/global.
  public static boolean isMessage(Part part) {
    return is(part.getType(), "MESSAGE")
        && (is(part.getSubtype(), "RFC822") || is(part.getSubtype(), "GLOBAL"));
  }

  /// text/*.
  public static boolean isText(Part part) {
    return is(part.getType(), "TEXT");
  }

  /// Whether a type or subtype is that name, which is in upper case.
  public static boolean is(ByteString octets, String upperCase) {
    if (octets.size() != upperCase.length()) {
      return false;
    }
    for (int i = 0; i < octets.size(); i++) {
      int c = octets.byteAt(i);
      if ((c >= 'a' && c <= 'z' ? c - 32 : c) != upperCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
