package mailwing.store.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.mime.Messages.octets;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.util.Base64;
import java.util.Random;
import mailwing.service.mime.TransferDecoder;
import org.junit.jupiter.api.Test;

/// Decoding: encoded words, charsets, transfer encodings, HTML.
class TextTest {
  private static String decode(String value) {
    return EncodedWords.decode(value.getBytes(ISO_8859_1));
  }

  /// RFC 2047 section 8, RFC 2231 section 5.
  @Test
  void encodedWords() {
    assertThat(decode("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>"))
        .isEqualTo("Keith Moore <moore@cs.utk.edu>");
    assertThat(decode("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=")).isEqualTo("Keld Jørn Simonsen");
    assertThat(
            decode(
                "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?="
                    + " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="))
        .isEqualTo("If you can read this you understand the example.");
    assertThat(decode("(=?ISO-8859-1?Q?a?=)")).isEqualTo("(a)");
    assertThat(decode("(=?ISO-8859-1?Q?a?= b)")).isEqualTo("(a b)");
    assertThat(decode("(=?ISO-8859-1?Q?a?= \r\n   =?ISO-8859-1?Q?b?=)")).isEqualTo("(ab)");
    assertThat(decode("=?ISO-8859-1?Q?a_b?=")).isEqualTo("a b");
    assertThat(decode("=?US-ASCII*EN?Q?Keith_Moore?=")).isEqualTo("Keith Moore");
    assertThat(decode("=?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=")).isEqualTo("日本語");
    assertThat(decode("=?UTF-7?Q?Hi_Mom_-+Jjo--!?=")).isEqualTo("Hi Mom -☺-!");
  }

  @Test
  void brokenWordsStay() {
    for (String broken :
        new String[] {
          "=?",
          "=?x",
          "=?x?",
          "=?x?q",
          "=?x?q?",
          "=?x?q?a",
          "=?x?q?a?",
          "=?x?z?a?=",
          "=??q?a?=",
          "a =?= b"
        }) {
      assertThat(decode(broken)).isEqualTo(broken);
    }
    assertThat(decode("=?utf-8?q?=zz=4?=")).isEqualTo("=zz=4");
    assertThat(decode("=?utf-8?b?w6Q?=")).isEqualTo("ä");
    assertThat(decode("=?nonsense?q?=C3=A4?=")).isEqualTo("ä");
    assertThat(decode("=?utf-8?q?=E4?=")).isEqualTo("ä");
    // A character split over two words, as some senders do.
    assertThat(decode("=?utf-8?q?=C3?= =?utf-8?q?=A4?=")).isEqualTo("ä");
    assertThat(decode("\u00c3\u00a4 =?utf-8?q?x?= \u00e4")).isEqualTo("ä x ä");
  }

  @Test
  void charsetsByAnyName() {
    assertThat(Charsets.decode("\u00e4\u0080".getBytes(ISO_8859_1), 0, 2, "latin1"))
        .isEqualTo("ä€");
    assertThat(Charsets.decode("\u00c4\u00e3".getBytes(ISO_8859_1), 0, 2, "gb2312")).isEqualTo("你");
    assertThat(Charsets.decode("\u00f0\u00d2".getBytes(ISO_8859_1), 0, 2, "KOI8-R"))
        .isEqualTo("Пр");
    for (String odd :
        new String[] {
          "", " ", "x?y", "default", "utf-8\0", "a".repeat(1000), "cp-850", "\u00e4", "iso-2022-cn"
        }) {
      assertThat(Charsets.decode(new byte[] {'a', (byte) 0xe4}, 0, 2, odd)).startsWith("a");
    }
  }

  @Test
  void utf8ReaderTakesWhatIsNotUtf8AsWindows1252() throws IOException {
    var random = new Random(7);
    byte[] octets = new byte[50_000];
    random.nextBytes(octets);
    String once = read(octets, octets.length);
    assertThat(read(octets, 1)).isEqualTo(once);
    assertThat(read("aä€𐐀\n".repeat(5000).getBytes(UTF_8), 3)).isEqualTo("aä€𐐀\n".repeat(5000));
    assertThat(read(new byte[] {(byte) 0xe4, 'x', (byte) 0xe2, (byte) 0x82}, 9)).isEqualTo("äxâ‚");
  }

  private static String read(byte[] octets, int size) throws IOException {
    var out = new StringWriter();
    try (var reader = new Utf8Reader(slow(octets, size))) {
      char[] buffer = new char[7];
      int length;
      while ((length = reader.read(buffer, 0, 1 + out.getBuffer().length() % 7)) >= 0) {
        out.write(buffer, 0, length);
      }
    }
    return out.toString();
  }

  private static InputStream slow(byte[] octets, int size) {
    return new ByteArrayInputStream(octets) {
      @Override
      public int read(byte[] b, int off, int len) {
        return super.read(b, off, Math.min(len, size));
      }
    };
  }

  private static String transfer(String text, String encoding) throws IOException {
    String whole = null;
    for (int size : new int[] {100_000, 1, 3}) {
      try (InputStream in =
          TransferDecoder.decoder(slow(text.getBytes(ISO_8859_1), size), encoding)) {
        assertThat(in).isNotNull();
        String decoded = in == null ? "" : new String(in.readAllBytes(), ISO_8859_1);
        assertThat(whole == null ? decoded : whole).isEqualTo(decoded);
        whole = decoded;
      }
    }
    return whole == null ? "" : whole;
  }

  @Test
  void base64() throws IOException {
    assertThat(transfer("SGVsbG8=", "BASE64")).isEqualTo("Hello");
    assertThat(transfer("SGVs\r\nbG8", "base64")).isEqualTo("Hello");
    assertThat(transfer("SGVs!bG8=SGVsbG8=\r\n--trailer", "base64")).startsWith("HelloHello");
    byte[] random = new byte[100_000];
    new Random(3).nextBytes(random);
    assertThat(transfer(Base64.getMimeEncoder().encodeToString(random), "Base64"))
        .isEqualTo(new String(random, ISO_8859_1));
  }

  /// RFC 2045 section 6.7.
  @Test
  void quotedPrintable() throws IOException {
    assertThat(
            transfer(
                "Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
                "quoted-printable"))
        .isEqualTo("Now's the time for all folk to come to the aid of their country.");
    assertThat(transfer("a=3D=e4 \t\r\nb =  \r\nc=\nd", "Quoted-Printable"))
        .isEqualTo("a=\u00e4\r\nb cd");
    assertThat(transfer("a=x=3 b=", "quoted-printable")).isEqualTo("a=x=3 b");
    assertThat(transfer("a\rb\r\n\r", "quoted-printable")).isEqualTo("a\rb\r\n\r");
    assertThat(transfer("a" + " ".repeat(20_000) + "b", "quoted-printable"))
        .isEqualTo("a" + " ".repeat(20_000) + "b");
  }

  @Test
  void otherEncodings() throws IOException {
    assertThat(transfer("a=3D\r\n", "8BIT")).isEqualTo("a=3D\r\n");
    assertThat(transfer("\0\u00ff", "binary")).isEqualTo("\0\u00ff");
    assertThat(TransferDecoder.decoder(InputStream.nullInputStream(), "x-own")).isNull();
    assertThat(TransferDecoder.decoder(InputStream.nullInputStream(), "x-uuencode")).isNull();
  }

  @Test
  void htmlWords() {
    assertThat(HtmlText.strip("<b>f</b>oo&nbsp;bar<p>x<!-- a > b --><br/>y"))
        .isEqualTo("foo\u00a0bar\nx\ny");
    assertThat(
            HtmlText.strip(
                    "<head><title>t</title><style>a<b</style></head><script>if (a<b)"
                        + " \"</p>\"</script>z")
                .strip())
        .isEqualTo("z");
    assertThat(HtmlText.strip("a &lt; b &#228;&#xe4;&#128; &bogus; &amp &copy2 & <3 <"))
        .isEqualTo("a < b ää€ &bogus; & &copy2 & <3 <");
    assertThat(HtmlText.strip("<a href=\"x>y\" title='z>'>w</a>")).isEqualTo("w");
  }

  @Test
  void selectsFields() {
    byte[] header = octets("A: 1\nb : 2\n folded\nno colon\nB: 3\n\nB: body\n");
    assertThat(new String(HeaderFields.select(header, field -> field.is("b")), ISO_8859_1))
        .isEqualTo("b : 2\r\n folded\r\nB: 3\r\n");
    var fields = new HeaderFields(header);
    assertThat(fields.next()).isTrue();
    assertThat(fields.name()).isEqualTo("A");
    assertThat(fields.start()).isZero();
    assertThat(fields.end()).isEqualTo(6);
    assertThat(HeaderFields.select(new byte[0], field -> true)).isEmpty();
    assertThat(new String(HeaderFields.select(octets("x"), field -> true), ISO_8859_1))
        .isEqualTo("x");
  }
}
