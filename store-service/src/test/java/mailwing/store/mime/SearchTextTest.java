package mailwing.store.mime;

import static mailwing.store.mime.Messages.octets;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// RFC 9051 section 6.4.4.
class SearchTextTest {
  private static final String MESSAGE =
      """
      From: =?iso-8859-1?q?J=F6rg?= <joerg@example.test>
      Subject: A folded
       subject
      Content-Type: multipart/mixed; boundary=b

      preamble
      --b
      Content-Type: text/plain; charset=koi8-r
      Content-Transfer-Encoding: base64
      X-Part: parthead

      8NLJ18XUIM3J0g==
      --b
      Content-Type: text/html; charset=utf-8
      Content-Transfer-Encoding: quoted-printable

      <style>hidden</style>Stra=C3=9Fe <b>Caf</b>=C3=89 &amp; more
      wrapped=20
      line
      --b
      Content-Type: application/octet-stream

      attached
      --b
      Content-Type: message/rfc822

      Subject: =?utf-8?q?innerhead?=

      inner text
      --b--
      epilogue
      """;

  private static boolean body(String needle) throws IOException {
    byte[] octets = octets(MESSAGE);
    return SearchText.matcher(needle)
        .isInBody(OctetSource.of(octets), MessageParser.parse(octets).structure());
  }

  private static boolean text(String needle) throws IOException {
    byte[] octets = octets(MESSAGE);
    return SearchText.matcher(needle)
        .isInText(OctetSource.of(octets), MessageParser.parse(octets).structure());
  }

  @Test
  void bodyIsDecodedAndCaseless() throws IOException {
    assertThat(body("привет МИР")).isTrue();
    assertThat(body("straße café & MORE")).isTrue();
    assertThat(body("CAFÉ")).isTrue();
    assertThat(body("wrapped line")).isTrue();
    assertThat(body("inner text")).isTrue();
    assertThat(body("innerhead")).isTrue();
    assertThat(body("")).isTrue();
  }

  @Test
  void bodyHasNoHeadersOfItsOwnNorAttachments() throws IOException {
    for (String needle :
        new String[] {
          "hidden",
          "attached",
          "Jörg",
          "folded",
          "parthead",
          "preamble",
          "epilogue",
          "<b>",
          "МИР straße"
        }) {
      assertThat(body(needle)).as(needle).isFalse();
    }
  }

  @Test
  void textHasHeadersAndBody() throws IOException {
    for (String needle :
        new String[] {
          "JÖRG <joerg",
          "a folded SUBJECT",
          "subject: a",
          "x-part: PARTHEAD",
          "innerhead",
          "inner text",
          "привет"
        }) {
      assertThat(text(needle)).as(needle).isTrue();
    }
    assertThat(text("nowhere")).isFalse();
  }

  @Test
  void fieldsByName() {
    byte[] header = octets("Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\nX-Empty:\nTo: a@b\nTo: c@d\n\n");
    assertThat(SearchText.matcher("GRÜ").isInField(header, "Subject")).isTrue();
    assertThat(SearchText.matcher("GRU\u0308").isInField(header, "SUBJECT")).isTrue();
    assertThat(SearchText.matcher("c@D").isInField(header, "to")).isTrue();
    assertThat(SearchText.matcher("x").isInField(header, "to")).isFalse();
    assertThat(SearchText.matcher("").isInField(header, "x-empty")).isTrue();
    assertThat(SearchText.matcher("").isInField(header, "x-none")).isFalse();
  }

  @Test
  void phraseAcrossPiecesIsFound() throws IOException {
    var text = new StringBuilder("Content-Type: text/plain; charset=utf-8\n\n");
    for (int i = 0; i < 20_000; i++) {
      text.append("ключ").append(i).append(i % 7 == 0 ? "\n" : " ");
    }
    byte[] octets = text.toString().replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8);
    var structure = MessageParser.parse(octets).structure();
    for (int i = 0; i < 19_999; i += 97) {
      assertThat(
              SearchText.matcher("Ключ" + i + " КЛЮЧ" + (i + 1))
                  .isInBody(OctetSource.of(octets), structure))
          .isTrue();
    }
    assertThat(SearchText.matcher("ключ20000").isInBody(OctetSource.of(octets), structure))
        .isFalse();
  }

  @Test
  void giantTextNeedsLittleMemory() throws IOException {
    var parser = new MessageParser();
    byte[] header = octets("Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n");
    parser.feed(header, 0, header.length);
    long size = 1L << 26;
    byte[] piece = new byte[1 << 16];
    java.util.Arrays.fill(piece, (byte) 'Q');
    for (long done = 0; done < size; done += piece.length) {
      parser.feed(piece, 0, piece.length);
    }
    var message = parser.finish();
    OctetSource source =
        (from, to) ->
            new InputStream() {
              private long left = Math.min(to - from, 1L << 24);

              @Override
              public int read() {
                return left-- > 0 ? 'Q' : -1;
              }

              @Override
              public int read(byte[] b, int off, int len) {
                int length = (int) Math.min(len, left);
                java.util.Arrays.fill(b, off, off + Math.max(0, length), (byte) 'Q');
                left -= length;
                return length <= 0 ? -1 : length;
              }
            };
    assertThat(message.size()).isEqualTo(size + header.length);
    assertThat(SearchText.matcher("nothing").isInBody(source, message.structure())).isFalse();
  }

  private static boolean plainly(String headers, String body, String needle) {
    byte[] octets = octets(headers + "\n\n" + body + "\n");
    return SearchText.matcher(needle)
        .isPlainlyInBody(octets, MessageParser.parse(octets).structure());
  }

  @Test
  void plainTextIsFoundAsItStands() {
    String plain = "Content-Type: text/plain; charset=utf-8";
    assertThat(plainly(plain, "some Meeting text", "mEETing")).isTrue();
    assertThat(plainly(plain, "some Meeting text", "meeting t")).isTrue();
    assertThat(plainly(plain, "some Meeting\ntext", "meeting text")).isFalse();
    assertThat(plainly(plain, "Stra\u00dfe", "stra\u00dfe")).isFalse();
    assertThat(plainly("Subject: word", "text", "word")).isFalse();
    String quoted = plain + "\nContent-Transfer-Encoding: quoted-printable";
    assertThat(plainly(quoted, "a =3Dabc plain", "plain")).isTrue();
    for (String escaped : new String[] {"3Dabc", "Dabc", "=3D"}) {
      assertThat(plainly(quoted, "a =3Dabc", escaped)).as(escaped).isFalse();
    }
    assertThat(plainly("Content-Type: text/html", "<p title='word'>", "word")).isFalse();
    assertThat(plainly("Content-Type: image/png", "word", "word")).isFalse();
    for (String charset : new String[] {"utf-7", "iso-2022-jp", "shift_jis", "utf-16", "gbk"}) {
      String other = "Content-Type: text/plain; charset=" + charset;
      assertThat(plainly(other, "some word", "word")).as(charset).isFalse();
    }
    assertThat(plainly(plain + "\nContent-Transfer-Encoding: base64", "d29yZA==", "d29y"))
        .isFalse();
    assertThat(plainly(plain + "\nContent-Transfer-Encoding: x-odd", "some word", "word"))
        .isFalse();
  }
}
