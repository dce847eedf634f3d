package mailwing.store.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static mailwing.store.mime.Messages.assertWellFormed;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import mailwing.store.v1.Part;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random trees of parts, written as octets and read back.
class MessageTreesTest {
  /// Where a part was written.
  private record Written(int header, int body, int end, List<Written> parts) {}

  private static final class Writer {
    private final Random random;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final String eol;
    private int boundaries;

    Writer(Random random) {
      this.random = random;
      this.eol = random.nextInt(4) == 0 ? "\n" : "\r\n";
    }

    private void line(String text) {
      out.writeBytes((text + eol).getBytes(ISO_8859_1));
    }

    Written part(int depth, boolean message) {
      final int header = out.size();
      if (message) {
        line("Subject: subject " + random.nextInt());
      }
      int kind = depth > 5 ? 0 : random.nextInt(4);
      if (kind == 1 || kind == 2) {
        return multipart(header, depth);
      }
      if (kind == 3) {
        line("Content-Type: message/rfc822");
        line("");
        int body = out.size();
        var inner = part(depth + 1, true);
        return new Written(header, body, inner.end, List.of(inner));
      }
      line("Content-Type: " + (random.nextBoolean() ? "text/plain" : "application/x-y"));
      if (random.nextBoolean()) {
        line("X-Folded: a" + eol + "\tb" + eol + "  --c");
      }
      line("");
      int body = out.size();
      int lines = random.nextInt(6);
      for (int i = 0; i < lines; i++) {
        int length = random.nextInt(80);
        var text = new StringBuilder();
        for (int k = 0; k < length; k++) {
          int c = random.nextInt(256);
          text.append(c == '\n' || c == '\r' ? '-' : (char) c);
        }
        line(random.nextInt(3) == 0 ? "--" + text : text.toString());
      }
      return new Written(header, body, out.size(), List.of());
    }

    private Written multipart(int header, int depth) {
      String boundary =
          "=_"
              + "x".repeat(random.nextInt(3))
              + (char) ('A' + random.nextInt(3))
              + boundaries++
              + "_";
      line("Content-Type: multipart/mixed;" + eol + " boundary=\"" + boundary + "\"");
      line("");
      final int body = out.size();
      if (random.nextBoolean()) {
        line("preamble");
      }
      var parts = new ArrayList<Written>();
      int count = 1 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        line("--" + boundary);
        Written part = part(depth + 1, false);
        out.writeBytes(eol.getBytes(ISO_8859_1));
        parts.add(part);
      }
      line("--" + boundary + "--");
      if (random.nextBoolean()) {
        line("epilogue");
      }
      return new Written(header, body, out.size(), parts);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void offsetsAreThoseThatWereWritten(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 150; i++) {
      var writer = new Writer(random);
      Written written = writer.part(0, true);
      byte[] octets = writer.out.toByteArray();
      ParsedMessage message = MessageParser.parse(octets);
      assertWellFormed(octets, message);
      assertSame(written, message.structure());
      for (int k = 0; k < 3; k++) {
        assertThat(Messages.parse(octets, random)).isEqualTo(message);
      }
    }
  }

  private static void assertSame(Written written, Part part) {
    assertThat(part.getHeaderOffset()).isEqualTo(written.header);
    assertThat(part.getBodyOffset()).isEqualTo(written.body);
    assertThat(part.getEndOffset()).isEqualTo(written.end);
    assertThat(part.getPartsCount()).isEqualTo(written.parts.size());
    for (int i = 0; i < written.parts.size(); i++) {
      assertSame(written.parts.get(i), part.getParts(i));
    }
  }

  /// Octets that tend to mean something, in any order.
  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void noiseIsReadAlikeHoweverItIsSplit(long seed) {
    String[] words = {
      "\r\n",
      "\n",
      "\r",
      "--",
      "b",
      "--b",
      "--b--",
      "--bc",
      "\r\n--b\r\n",
      "\r\n\r\n",
      "Content-Type:",
      " multipart/mixed;",
      " boundary=b",
      " boundary=\"bc\"",
      "message/rfc822",
      "Content-Type: message/rfc822\r\n\r\n",
      "Content-Type: multipart/digest; boundary=b\r\n\r\n",
      "Content-Type: multipart/mixed; boundary=bc\r\n\r\n",
      "text/html",
      "Subject: ",
      "=?utf-8?q?",
      "?=",
      "\0",
      "\u00e4",
      "From: ",
      "a@b",
      "<",
      ">",
      "\"",
      "(",
      ")",
      ",",
      ";",
      ":",
      "Date: 1 Jan 2020 ",
      " ",
      "\t",
      "Content-Transfer-Encoding: base64\r\n",
      "References: <a@b>",
      "&amp",
      "<style>"
    };
    var random = new Random(seed);
    for (int i = 0; i < 2500; i++) {
      var text = new StringBuilder();
      int length = random.nextInt(60);
      for (int k = 0; k < length; k++) {
        text.append(words[random.nextInt(words.length)]);
      }
      byte[] octets = text.toString().getBytes(ISO_8859_1);
      ParsedMessage message = MessageParser.parse(octets);
      assertWellFormed(octets, message);
      assertThat(Messages.parse(octets, random)).isEqualTo(message);
    }
  }
}
