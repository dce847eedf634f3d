package mailwing.store.mime;

import static mailwing.store.mime.Messages.assertWellFormed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Real messages, where a folder of them is at hand: system property `mailwing.corpus`, else
/// `shared/corpus` beside the repository.
class CorpusTest {
  private static List<byte[]> corpus() throws IOException {
    Path folder = folder();
    assumeTrue(folder != null, "no corpus: set -Dmailwing.corpus=DIR to a folder of .eml files");
    if (folder == null) {
      return List.of();
    }
    List<byte[]> all = new ArrayList<>();
    for (Path file : messages(folder)) {
      all.add(Files.readAllBytes(file));
    }
    return all;
  }

  static List<Path> messages(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".eml")).sorted().toList();
    }
  }

  static @Nullable Path folder() {
    String property = System.getProperty("mailwing.corpus");
    if (property != null) {
      return Path.of(property);
    }
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path folder = at.resolve("shared/corpus");
      if (Files.isDirectory(folder)) {
        return folder;
      }
    }
    return null;
  }

  static byte[] withCrlf(byte[] octets) {
    var out = new ByteArrayOutputStream(octets.length + 1000);
    byte before = 0;
    for (byte b : octets) {
      if (b == '\n' && before != '\r') {
        out.write('\r');
      }
      out.write(b);
      before = b;
    }
    return out.toByteArray();
  }

  @Test
  void everyMessageIsWellFormedHoweverItIsSplit() throws IOException {
    var random = new Random(5);
    for (byte[] octets : corpus()) {
      ParsedMessage message = MessageParser.parse(octets);
      assertWellFormed(octets, message);
      if (octets.length < 30_000) {
        assertThat(Messages.parse(octets, random)).isEqualTo(message);
      }
      assertThat(message.structure().getSerializedSize()).isLessThan(octets.length * 2 + 1000);
    }
  }

  @Test
  void lineEndsDoNotMatter() throws IOException {
    for (byte[] octets : corpus()) {
      if (new String(octets, StandardCharsets.ISO_8859_1).indexOf('\0') >= 0) {
        // UTF-16: its line ends are of two octets.
        continue;
      }
      ParsedMessage bare = MessageParser.parse(octets);
      ParsedMessage crlf = MessageParser.parse(withCrlf(octets));
      assertThat(crlf.envelope()).isEqualTo(bare.envelope());
      assertThat(crlf.preview()).isEqualTo(bare.preview());
      assertThat(crlf.sortKeys()).isEqualTo(bare.sortKeys());
      assertThat(Messages.shape(crlf.structure())).isEqualTo(Messages.shape(bare.structure()));
    }
  }

  @Test
  void whatIsFoundWithoutDecodingIsInTheText() throws IOException {
    var random = new Random(6);
    int found = 0;
    for (byte[] octets : corpus()) {
      ParsedMessage message = MessageParser.parse(octets);
      for (int i = 0; i < 40 && octets.length > 20; i++) {
        int from = random.nextInt(octets.length - 1);
        int to = Math.min(octets.length, from + 1 + random.nextInt(12));
        SearchText needle =
            SearchText.matcher(new String(octets, from, to - from, StandardCharsets.ISO_8859_1));
        if (needle.isPlainlyInBody(octets, message.structure())) {
          found++;
          assertThat(needle.isInBody(OctetSource.of(octets), message.structure()))
              .as(needle.normalised())
              .isTrue();
        }
      }
    }
    assertThat(found).isGreaterThan(100);
  }

  @Test
  void textOfEveryMessageIsFound() throws IOException {
    for (byte[] octets : corpus()) {
      ParsedMessage message = MessageParser.parse(octets);
      OctetSource source = OctetSource.of(octets);
      var text = new ArrayList<CharSequence>();
      assertThat(MessageText.all(source, message.structure(), text::add)).isTrue();
      // Characters that the preview leaves out.
      String all = String.join("", text).replaceAll("[\ufeff\u200b\ufffd]", "");
      String first = MessageText.normalise(message.preview().split(" ", -1)[0]);
      assertThat(all.contains(first)).as(first).isTrue();
    }
  }
}
