package mailwing.store.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import mailwing.store.v1.Address;
import mailwing.store.v1.Part;

/// What the tests of this package share.
final class Messages {
  private Messages() {}

  /// Octets of a text whose line ends become CRLF; characters are octets.
  static byte[] octets(String text) {
    return text.replace("\n", "\r\n").getBytes(ISO_8859_1);
  }

  static ParsedMessage parse(String text) {
    return MessageParser.parse(octets(text));
  }

  static ParsedMessage parse(byte[] octets, Random random) {
    var parser = new MessageParser();
    int at = 0;
    while (at < octets.length) {
      int most = random.nextInt(8) == 0 ? 4096 : 12;
      int size = Math.min(octets.length - at, random.nextInt(most + 1));
      parser.feed(octets, at, size);
      at += size;
    }
    return parser.finish();
  }

  static String body(byte[] octets, Part part) {
    return new String(
        octets,
        (int) part.getBodyOffset(),
        (int) (part.getEndOffset() - part.getBodyOffset()),
        ISO_8859_1);
  }

  static String header(byte[] octets, Part part) {
    return new String(
        octets,
        (int) part.getHeaderOffset(),
        (int) (part.getBodyOffset() - part.getHeaderOffset()),
        ISO_8859_1);
  }

  /// `type/subtype`, and in parentheses its parts.
  static String shape(Part part) {
    var out = new StringBuilder();
    out.append(part.getType().toString(ISO_8859_1))
        .append('/')
        .append(part.getSubtype().toString(ISO_8859_1));
    if (part.getPartsCount() > 0) {
      out.append('(');
      for (int i = 0; i < part.getPartsCount(); i++) {
        out.append(i == 0 ? "" : " ").append(shape(part.getParts(i)));
      }
      out.append(')');
    }
    return out.toString().toLowerCase(java.util.Locale.ROOT);
  }

  /// `name|route|mailbox|host` of each, `-` for what is NIL.
  static List<String> addresses(List<Address> addresses) {
    return addresses.stream()
        .map(
            address ->
                (address.hasName() ? address.getName().toString(ISO_8859_1) : "-")
                    + '|'
                    + (address.hasRoute() ? address.getRoute().toString(ISO_8859_1) : "-")
                    + '|'
                    + (address.hasMailbox() ? address.getMailbox().toString(ISO_8859_1) : "-")
                    + '|'
                    + (address.hasHost() ? address.getHost().toString(ISO_8859_1) : "-"))
        .toList();
  }

  static List<String> addresses(String value) {
    return addresses(AddressList.parse(FieldOctets.unfold(octets(value), 0, octets(value).length)));
  }

  /// Offsets ascend, parts lie within their parents, lines are those that are there, and
  /// BODYSTRUCTURE can be told.
  static void assertWellFormed(byte[] octets, ParsedMessage message) {
    assertThat(message.size()).isEqualTo(octets.length);
    Part root = message.structure();
    assertThat(root.getHeaderOffset()).isZero();
    assertThat(root.getEndOffset()).isEqualTo(octets.length);
    assertThat(message.headerOctets()).isEqualTo(root.getBodyOffset());
    assertWellFormed(octets, root, 1);
    assertThat(message.preview().length()).isLessThanOrEqualTo(MimeLimits.PREVIEW_LENGTH);
  }

  private static void assertWellFormed(byte[] octets, Part part, int depth) {
    assertThat(depth).isLessThanOrEqualTo(MimeLimits.DEPTH + 1);
    assertThat(part.getBodyOffset()).isBetween(part.getHeaderOffset(), part.getEndOffset());
    assertThat(part.getType().isEmpty()).isFalse();
    assertThat(part.getSubtype().isEmpty()).isFalse();
    assertThat(part.getEncoding().isEmpty()).isFalse();
    long lines = 0;
    for (long i = part.getBodyOffset(); i < part.getEndOffset(); i++) {
      lines += octets[(int) i] == '\n' ? 1 : 0;
    }
    assertThat(part.getLines()).isEqualTo(lines);
    boolean multipart = ContentFields.is(part.getType(), "multipart");
    boolean message =
        ContentFields.is(part.getType(), "message")
            && (ContentFields.is(part.getSubtype(), "rfc822")
                || ContentFields.is(part.getSubtype(), "global"));
    if (multipart) {
      assertThat(part.getPartsCount()).isPositive();
    } else {
      assertThat(part.getPartsCount()).isEqualTo(message ? 1 : 0);
      assertThat(part.hasEnvelope()).isEqualTo(message);
    }
    long at = part.getBodyOffset();
    for (Part child : part.getPartsList()) {
      assertThat(child.getHeaderOffset()).isGreaterThanOrEqualTo(at);
      assertThat(child.getEndOffset()).isLessThanOrEqualTo(part.getEndOffset());
      at = child.getEndOffset();
      assertWellFormed(octets, child, depth + 1);
    }
  }
}
