package mailwing.store.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.mime.Messages.addresses;
import static mailwing.store.mime.Messages.assertWellFormed;
import static mailwing.store.mime.Messages.body;
import static mailwing.store.mime.Messages.header;
import static mailwing.store.mime.Messages.octets;
import static mailwing.store.mime.Messages.parse;
import static mailwing.store.mime.Messages.shape;
import static org.assertj.core.api.Assertions.assertThat;

import mailwing.store.v1.Part;
import org.junit.jupiter.api.Test;

/// Structure, RFC 2045 and 2046.
class MessageParserTest {
  /// RFC 2046 section 5.1.1.
  private static final String SIMPLE =
      """
      From: Nathaniel Borenstein <nsb@bellcore.com>
      To: Ned Freed <ned@innosoft.com>
      Date: Sun, 21 Mar 1993 23:56:48 -0800 (PST)
      Subject: Sample message
      MIME-Version: 1.0
      Content-type: multipart/mixed; boundary="simple boundary"

      This is the preamble.  It is to be ignored, though it
      is a handy place for composition agents to include an
      explanatory note to non-MIME conformant readers.

      --simple boundary

      This is implicitly typed plain US-ASCII text.
      It does NOT end with a linebreak.
      --simple boundary
      Content-type: text/plain; charset=us-ascii

      This is explicitly typed plain US-ASCII text.
      It DOES end with a linebreak.

      --simple boundary--

      This is the epilogue.  It is also to be ignored.
      """;

  @Test
  void simpleMultipartOfRfc2046() {
    byte[] octets = octets(SIMPLE);
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure())).isEqualTo("multipart/mixed(text/plain text/plain)");
    Part first = message.structure().getParts(0);
    assertThat(header(octets, first)).isEqualTo("\r\n");
    assertThat(body(octets, first))
        .isEqualTo(
            "This is implicitly typed plain US-ASCII text.\r\nIt does NOT end with a linebreak.");
    assertThat(first.getLines()).isEqualTo(1);
    assertThat(first.getEncoding().toStringUtf8()).isEqualTo("7BIT");
    assertThat(first.getParameters(0).getValue().toStringUtf8()).isEqualTo("US-ASCII");
    Part second = message.structure().getParts(1);
    assertThat(header(octets, second))
        .isEqualTo("Content-type: text/plain; charset=us-ascii\r\n\r\n");
    assertThat(body(octets, second)).endsWith("It DOES end with a linebreak.\r\n");
    assertThat(message.preview())
        .isEqualTo(
            "This is implicitly typed plain US-ASCII text. It does NOT end with a linebreak.");
    assertThat(message.sortKeys().sentMillis()).isEqualTo(732_787_008_000L);
  }

  @Test
  void bareLfEndsLinesEverywhere() {
    byte[] octets = SIMPLE.getBytes(ISO_8859_1);
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure())).isEqualTo("multipart/mixed(text/plain text/plain)");
    assertThat(body(octets, message.structure().getParts(0)))
        .endsWith("It does NOT end with a linebreak.");
    assertThat(body(octets, message.structure().getParts(1)))
        .endsWith("It DOES end with a linebreak.\n");
  }

  @Test
  void bareCrEndsNothing() {
    byte[] octets = "Subject: a\rTo: b\r\n\r\nc\rd".getBytes(ISO_8859_1);
    var message = MessageParser.parse(octets);
    assertThat(message.envelope().getSubject().toStringUtf8()).isEqualTo("a To: b");
    assertThat(message.envelope().getToCount()).isZero();
    assertThat(body(octets, message.structure())).isEqualTo("c\rd");
  }

  /// RFC 2046 section 5.1.5.
  @Test
  void partsOfDigestAreMessagesByDefault() {
    byte[] octets =
        octets(
            """
            Content-Type: multipart/digest; boundary="---- next message ----"

            ------ next message ----

            From: someone-else
            Subject: my opinion

            ...body goes here ...

            ------ next message ----
            Content-Type: text/plain

            not a message
            ------ next message ------
            """);
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure()))
        .isEqualTo("multipart/digest(message/rfc822(text/plain) text/plain)");
    Part inner = message.structure().getParts(0);
    assertThat(inner.getEnvelope().getSubject().toStringUtf8()).isEqualTo("my opinion");
    assertThat(inner.getParts(0).getHeaderOffset()).isEqualTo(inner.getBodyOffset());
    assertThat(body(octets, inner.getParts(0))).isEqualTo("...body goes here ...\r\n");
  }

  @Test
  void missingFinalBoundaryEndsAtTheEnd() {
    byte[] octets = octets("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(body(octets, message.structure().getParts(1))).isEqualTo("two\r\n");
  }

  @Test
  void closingBoundaryWithoutLineEndCloses() {
    byte[] octets = octets("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--");
    var message = MessageParser.parse(octets);
    assertThat(body(octets, message.structure().getParts(0))).isEqualTo("one");
    octets = octets("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b");
    assertThat(shape(MessageParser.parse(octets).structure()))
        .isEqualTo("multipart/mixed(text/plain)");
  }

  @Test
  void boundaryThatIsTheStartOfAnother() {
    byte[] octets =
        octets(
            """
            Content-Type: multipart/mixed; boundary=ab

            --ab
            Content-Type: multipart/mixed; boundary=abc

            --abc

            inner
            --abc--
            --ab

            outer
            --ab--
            """);
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure()))
        .isEqualTo("multipart/mixed(multipart/mixed(text/plain) text/plain)");
    assertThat(body(octets, message.structure().getParts(0).getParts(0))).isEqualTo("inner");
    octets =
        octets(
            new String(octets, ISO_8859_1)
                .replace("\r", "")
                .replace("ab", "X")
                .replace("Xc", "ab")
                .replace("X", "abc"));
    message = MessageParser.parse(octets);
    assertThat(shape(message.structure()))
        .isEqualTo("multipart/mixed(multipart/mixed(text/plain) text/plain)");
  }

  @Test
  void outerBoundaryClosesWhatIsOpenWithin() {
    byte[] octets =
        octets(
            """
            Content-Type: multipart/mixed; boundary=outer

            --outer
            Content-Type: message/rfc822

            Content-Type: multipart/mixed; boundary=inner

            --inner
            Content-Type: text/html
            --outer

            last
            --outer--
            """);
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure()))
        .isEqualTo("multipart/mixed(message/rfc822(multipart/mixed(text/html)) text/plain)");
    Part html = message.structure().getParts(0).getParts(0).getParts(0);
    assertThat(header(octets, html)).isEqualTo("Content-Type: text/html");
    assertThat(body(octets, html)).isEmpty();
  }

  @Test
  void nestedMultipartsWithOneBoundary() {
    byte[] octets =
        octets(
            """
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: multipart/mixed; boundary=b

            --b

            inner
            --b--
            --b

            outer
            --b--
            """);
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure()))
        .isEqualTo("multipart/mixed(multipart/mixed(text/plain) text/plain)");
  }

  @Test
  void multipartWithoutBoundaryIsText() {
    var message = parse("Content-Type: multipart/mixed\n\n--b\n\nx\n--b--\n");
    assertThat(shape(message.structure())).isEqualTo("text/plain");
  }

  @Test
  void multipartWithoutPartsHasItsBodyAsText() {
    byte[] octets = octets("Content-Type: multipart/mixed; boundary=b\n\nwords\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure())).isEqualTo("multipart/mixed(text/plain)");
    assertThat(body(octets, message.structure().getParts(0))).isEqualTo("words\r\n");
  }

  @Test
  void boundaryMayBeContinuedAndEncoded() {
    var message =
        parse(
            "Content-Type: multipart/mixed; boundary*0*=us-ascii''a%20; boundary*1=b\n\n--a b\n\nx\n--a b--\n");
    assertThat(shape(message.structure())).isEqualTo("multipart/mixed(text/plain)");
    assertThat(message.structure().getParts(0).getLines()).isZero();
    message =
        parse(
            "Content-Type: multipart/mixed; boundary*=us-ascii''ab\n\n--ab\n\nx\n--ab\n\ny\n--ab--\n");
    assertThat(message.structure().getPartsCount()).isEqualTo(2);
  }

  @Test
  void emptyPartsAreParts() {
    byte[] octets =
        octets("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\n\n\n--b--\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(message.structure().getPartsCount()).isEqualTo(3);
    for (Part part : message.structure().getPartsList()) {
      assertThat(part.getEndOffset()).isEqualTo(part.getBodyOffset());
    }
  }

  @Test
  void boundaryLineMayGoOn() {
    byte[] octets =
        octets(
            "Content-Type: multipart/mixed; boundary=b\n\n--b \t \n\none\n--bx\n\ntwo\n--b-- \nend");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(message.structure().getPartsCount()).isEqualTo(2);
  }

  @Test
  void encodedMessageIsNotLookedInto() {
    byte[] octets =
        octets(
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKaGVsbG8gd29ybGQK\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure())).isEqualTo("message/rfc822(text/plain)");
    assertThat(message.structure().getEnvelope().hasSubject()).isFalse();
    assertThat(message.structure().getParts(0).getEncoding().toStringUtf8()).isEqualTo("base64");
  }

  @Test
  void messageGlobalIsAMessage() {
    byte[] octets = octets("Content-Type: message/global\n\nSubject: \u00c3\u00a4\n\nx");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(message.structure().getEnvelope().getSubject().toString(UTF_8)).isEqualTo("\u00e4");
  }

  @Test
  void headerWithoutBodyAndBodyWithoutHeader() {
    byte[] octets = octets("Subject: x\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(message.headerOctets()).isEqualTo(octets.length);
    octets = octets("\nonly text\n");
    message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(message.headerOctets()).isEqualTo(2);
    assertThat(message.envelope().hasSubject()).isFalse();
    assertWellFormed(new byte[0], MessageParser.parse(new byte[0]));
  }

  @Test
  void nulsPass() {
    byte[] octets = octets("Subject: a\0b\n\nc\0d\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(message.envelope().getSubject().toStringUtf8()).isEqualTo("ab");
    assertThat(message.sortKeys().baseSubject()).isEqualTo("AB");
    assertThat(message.preview()).isEqualTo("c d");
  }

  @Test
  void headerLineOfAMebioctet() {
    byte[] octets = octets("Subject: " + "x".repeat(1 << 20) + "\nTo: a@b\n\nbody\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(body(octets, message.structure())).isEqualTo("body\r\n");
    assertThat(message.envelope().getSubject().size())
        .isLessThanOrEqualTo(MimeLimits.HEADER_OCTETS);
    assertThat(message.sortKeys().baseSubject()).hasSize(MimeLimits.SORT_KEY_LENGTH);
  }

  @Test
  void moreThanTenThousandPartsStayInTheMultipart() {
    byte[] octets =
        octets(
            "Content-Type: multipart/mixed; boundary=b\n\n"
                + "--b\n\nx\n".repeat(20_000)
                + "--b--\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(message.structure().getPartsCount()).isEqualTo(MimeLimits.PARTS - 1);
    assertThat(body(octets, message.structure().getParts(MimeLimits.PARTS - 2))).isEqualTo("x");
  }

  @Test
  void thousandLevelsEndAsOctets() {
    var text = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      text.append("Content-Type: multipart/mixed; boundary=b")
          .append(i)
          .append("x\n\n--b")
          .append(i)
          .append("x\n");
    }
    byte[] octets = octets(text + "\nhello\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure())).contains("application/octet-stream").endsWith(")");
    octets = octets("Content-Type: message/rfc822\n\n".repeat(1000) + "\nhello\n");
    message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(shape(message.structure())).contains("application/octet-stream");
  }

  @Test
  void structureOfManyLargeHeadersStaysSmall() {
    String part = "--b\nContent-Type: text/plain; name=" + "n".repeat(100_000) + "\n\nx\n";
    byte[] octets =
        octets("Content-Type: multipart/mixed; boundary=b\n\n" + part.repeat(100) + "--b--\n");
    var message = MessageParser.parse(octets);
    assertWellFormed(octets, message);
    assertThat(message.structure().getPartsCount()).isEqualTo(100);
    assertThat(message.structure().getSerializedSize()).isLessThan(3 * MimeLimits.STRUCTURE_OCTETS);
  }

  @Test
  void foldedEverything() {
    var message =
        parse(
            """
            Subject:
             folded
            \tsubject
            To:
             Some
             One
             <some
             @
             one.example>
            Content-Type
             : ignored/type
            Content-Type: text
             /
             html;
            \tcharset
             =
             "utf-8"

            <p>x</p>
            """);
    assertThat(message.envelope().getSubject().toStringUtf8()).isEqualTo("folded subject");
    assertThat(addresses(message.envelope().getToList()))
        .containsExactly("Some One|-|some|one.example");
    assertThat(shape(message.structure())).isEqualTo("text/html");
    assertThat(message.structure().getParameters(0).getValue().toStringUtf8()).isEqualTo("utf-8");
    assertThat(message.preview()).isEqualTo("x");
  }

  @Test
  void firstContentTypeAndLastSubjectCount() {
    var message =
        parse("Subject: 1\nContent-Type: text/html\nSubject: 2\nContent-Type: text/plain\n\nx");
    assertThat(shape(message.structure())).isEqualTo("text/html");
    assertThat(message.envelope().getSubject().toStringUtf8()).isEqualTo("2");
  }

  @Test
  void brokenContentTypeIsTextPlain() {
    assertThat(shape(parse("Content-Type: text\n\nx").structure())).isEqualTo("text/plain");
    assertThat(shape(parse("Content-Type: ;;\n\nx").structure())).isEqualTo("text/plain");
    assertThat(shape(parse("Content-Type:\n\nx").structure())).isEqualTo("text/plain");
  }

  /// RFC 2231 sections 3 and 4: kept as they are, since BODYSTRUCTURE tells what the field says.
  @Test
  void parametersAreKeptRaw() {
    Part part =
        parse(
                """
                Content-Type: message/external-body; access-type=URL;
                 URL*0="ftp://";
                 URL*1="cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"
                Content-Disposition: attachment; filename*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A;
                 size=12 ; broken ; name = my file.txt (comment); q="a\\"b;c"
                Content-Language: i-mingo, de (German)
                Content-Location: http://example.test/a b
                Content-ID: <id@x>
                Content-Description: some =?utf-8?q?words?=
                Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==

                """)
            .structure();
    assertThat(
            part.getParametersList().stream()
                .map(p -> p.getName().toStringUtf8() + "=" + p.getValue().toStringUtf8()))
        .containsExactly(
            "access-type=URL",
            "URL*0=ftp://",
            "URL*1=cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar");
    assertThat(part.getDisposition().toStringUtf8()).isEqualTo("attachment");
    assertThat(
            part.getDispositionParametersList().stream()
                .map(p -> p.getName().toStringUtf8() + "=" + p.getValue().toStringUtf8()))
        .containsExactly(
            "filename*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
            "size=12", "name=my file.txt", "q=a\"b;c");
    assertThat(part.getLanguageList().stream().map(tag -> tag.toStringUtf8()))
        .containsExactly("i-mingo", "de");
    assertThat(part.getLocation().toStringUtf8()).isEqualTo("http://example.test/a b");
    assertThat(part.getContentId().toStringUtf8()).isEqualTo("<id@x>");
    assertThat(part.getDescription().toStringUtf8()).isEqualTo("some =?utf-8?q?words?=");
    assertThat(part.getMd5().toStringUtf8()).isEqualTo("Q2hlY2sgSW50ZWdyaXR5IQ==");
  }

  @Test
  void previewPrefersPlainTextAndStripsHtml() {
    String html =
        "Content-Type: text/html\n\n<style>p {}</style><p>Caf&eacute; &amp; <b>mo</b>re<br>ok\n";
    assertThat(parse(html).preview()).isEqualTo("Café & more ok");
    assertThat(
            parse(
                    "Content-Type: multipart/alternative; boundary=b\n\n--b\n"
                        + html
                        + "--b\n\nplain\n--b--\n")
                .preview())
        .isEqualTo("plain");
    assertThat(
            parse(
                    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A4=\n x\n")
                .preview())
        .isEqualTo("ä x");
    assertThat(parse("Content-Type: image/gif\n\nGIF89a").preview()).isEmpty();
    assertThat(parse("\n" + "word ".repeat(200)).preview()).hasSizeBetween(190, 200);
  }
}
