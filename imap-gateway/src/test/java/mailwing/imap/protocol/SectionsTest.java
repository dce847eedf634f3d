package mailwing.imap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.List;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.SelectedCommand;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.HeaderSubset;
import mailwing.service.imap.Sections;
import mailwing.store.v1.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The part numbers of RFC 9051 §6.4.5.1, on a message whose octets are named by where they stand.
class SectionsTest {
  private static final String HEADER = "Subject: top\r\nX-Long: a\r\n b\r\n\r\n";
  private static final String INNER_HEADER = "Subject: inner\r\nFrom: x\r\n\r\n";

  private final StringBuilder octets = new StringBuilder();
  private final Part message = message();

  /// 1 text, 2 message/rfc822 (of 2.1 text, 2.2 image), 3 message/rfc822 of a text alone.
  private Part message() {
    octets.append(HEADER);
    int body = octets.length();
    octets.append("--b\r\n");
    Part first = leaf("TEXT", "mime1\r\n\r\n", "text1");
    octets.append("\r\n--b\r\n");
    int start = octets.length();
    octets.append("mime2\r\n\r\n");
    int inner = octets.length();
    octets.append(INNER_HEADER);
    int innerBody = octets.length();
    octets.append("--c\r\n");
    Part text = leaf("TEXT", "mime2.1\r\n\r\n", "text2.1");
    octets.append("\r\n--c\r\n");
    Part image = leaf("IMAGE", "mime2.2\r\n\r\n", "image2.2");
    octets.append("\r\n--c--");
    Part innerMessage =
        multipart(inner, innerBody, octets.length()).addParts(text).addParts(image).build();
    Part second = rfc822(start, inner, innerMessage);
    octets.append("\r\n--b\r\n");
    start = octets.length();
    octets.append("mime3\r\n\r\n");
    inner = octets.length();
    Part alone = leaf("TEXT", "Subject: alone\r\n\r\n", "text3.1");
    Part third = rfc822(start, inner, alone);
    octets.append("\r\n--b--\r\n");
    return multipart(0, body, octets.length())
        .addParts(first)
        .addParts(second)
        .addParts(third)
        .build();
  }

  private Part leaf(String type, String header, String body) {
    int start = octets.length();
    octets.append(header).append(body);
    return part(type, "X", start, start + header.length(), octets.length()).build();
  }

  private static Part.Builder multipart(int start, int body, int end) {
    return part("multipart", "mixed", start, body, end);
  }

  private static Part rfc822(int start, int body, Part inner) {
    return part("message", "RFC822", start, body, (int) inner.getEndOffset())
        .addParts(inner)
        .build();
  }

  private static Part.Builder part(String type, String subtype, int start, int body, int end) {
    return Part.newBuilder()
        .setType(ByteString.copyFromUtf8(type))
        .setSubtype(ByteString.copyFromUtf8(subtype))
        .setHeaderOffset(start)
        .setBodyOffset(body)
        .setEndOffset(end);
  }

  private static FetchItem.Body body(String section) {
    SelectedCommand.Fetch fetch = (SelectedCommand.Fetch) Wire.command("FETCH 1 BODY[" + section);
    return (FetchItem.Body) fetch.items().getFirst();
  }

  private String text(Part of, String item) {
    FetchItem.Body body = body(item);
    return switch (Sections.resolve(of, body.section())) {
      case Sections.Octets found -> {
        Sections.Octets range = found.partial(body.partial());
        yield octets.substring((int) range.start(), (int) range.end());
      }
      case Sections.Fields fields ->
          HeaderSubset.of(
                  ByteString.copyFromUtf8(
                      octets.substring((int) fields.start(), (int) fields.end())),
                  body.section(),
                  body.partial())
              .toStringUtf8();
      case Sections.Missing _ -> "missing";
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1]|text1",
        "1.MIME]|mime1\\r\\n\\r\\n",
        "1.HEADER]|missing",
        "1.TEXT]|missing",
        "1.1]|missing",
        "2.MIME]|mime2\\r\\n\\r\\n",
        "2.1]|text2.1",
        "2.2]|image2.2",
        "2.2.MIME]|mime2.2\\r\\n\\r\\n",
        "2.3]|missing",
        "2.1.1]|missing",
        "3.1]|text3.1",
        "3.TEXT]|text3.1",
        "3.HEADER]|Subject: alone\\r\\n\\r\\n",
        "3.1.MIME]|Subject: alone\\r\\n\\r\\n",
        "3.2]|missing",
        "3.1.1]|missing",
        "4]|missing",
        "2.HEADER.FIELDS (from)]|From: x\\r\\n\\r\\n",
        "HEADER.FIELDS (x-long NO)]|X-Long: a\\r\\n b\\r\\n\\r\\n",
        "HEADER.FIELDS.NOT (x-long)]|Subject: top\\r\\n\\r\\n",
        "HEADER.FIELDS (none)]|\\r\\n",
        "HEADER.FIELDS (subject)]<9.3>|top",
        "1]<0.2>|te",
        "1]<3.9223372036854775807>|t1",
        "1]<5.1>|''",
        "1]<9223372036854775807.9223372036854775807>|''",
      })
  void sectionsResolveToTheirOctets(String item, String expected) {
    assertThat(text(message, item)).isEqualTo(expected.replace("\\r\\n", "\r\n"));
  }

  @Test
  void wholeSectionsAreTheMessages() {
    assertThat(text(message, "]")).isEqualTo(octets.toString());
    assertThat(text(message, "HEADER]")).isEqualTo(HEADER);
    assertThat(text(message, "TEXT]")).isEqualTo(octets.substring(HEADER.length()));
    assertThat(text(message, "2.HEADER]")).isEqualTo(INNER_HEADER);
    assertThat(text(message, "2.TEXT]")).startsWith("--c").endsWith("--c--");
    assertThat(text(message, "2]")).startsWith(INNER_HEADER).endsWith("--c--");
    assertThat(FetchItem.section(FetchItem.Attribute.RFC822)).isEqualTo(BodySection.WHOLE);
  }

  @Test
  void messageWithoutPartsIsItsOwnPartOne() {
    Part alone = message.getParts(2).getParts(0);
    assertThat(text(alone, "1]")).isEqualTo("text3.1");
    assertThat(text(alone, "TEXT]")).isEqualTo("text3.1");
    assertThat(text(alone, "1.MIME]")).isEqualTo("Subject: alone\r\n\r\n");
    assertThat(text(alone, "1.1]")).isEqualTo("missing");
    assertThat(text(alone, "2]")).isEqualTo("missing");
    Part second = message.getParts(1);
    assertThat(text(second, "1.1]")).isEqualTo("text2.1");
    assertThat(text(second, "1.HEADER]")).isEqualTo(INNER_HEADER);
  }

  @Test
  void headerSubsetKeepsWhatItIsGiven() {
    BodySection section =
        new BodySection(List.of(), BodySection.Text.HEADER_FIELDS, List.of("A", "c"));
    assertThat(subset("A : 1\r\n\t2\r\nB: 3\r\nnoise\r\n more\r\nC:4\r\n\r\n", section))
        .isEqualTo("A : 1\r\n\t2\r\nC:4\r\n\r\n");
    assertThat(subset("b: 1\nA: 2\n\n", section)).isEqualTo("A: 2\n\n");
    assertThat(subset("A: 2", section)).isEqualTo("A: 2");
    assertThat(subset("", section)).isEmpty();
    BodySection not =
        new BodySection(List.of(), BodySection.Text.HEADER_FIELDS_NOT, List.of("A", "c"));
    assertThat(subset(" odd\r\nA: 1\r\n x\r\nnoise\r\nC:4\r\n\r\n", not))
        .isEqualTo(" odd\r\nnoise\r\n\r\n");
  }

  private static String subset(String header, BodySection section) {
    return HeaderSubset.of(ByteString.copyFrom(header, StandardCharsets.ISO_8859_1), section, null)
        .toString(StandardCharsets.ISO_8859_1);
  }
}
