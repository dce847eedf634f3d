package mailwing.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OctetReaderTest {
  /// Hands out octets in pieces of random sizes, as a network does.
  private static final class Pieces extends InputStream {
    private final byte[] octets;
    private final Random random;
    private final int largest;
    private int position;

    Pieces(byte[] octets, Random random, int largest) {
      this.octets = octets;
      this.random = random;
      this.largest = largest;
    }

    @Override
    public int read() {
      throw new AssertionError("octet by octet");
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      if (position == octets.length) {
        return -1;
      }
      int count = Math.min(Math.min(length, 1 + random.nextInt(largest)), octets.length - position);
      System.arraycopy(octets, position, target, offset, count);
      position += count;
      return count;
    }
  }

  private static OctetReader reader(String text) {
    return new OctetReader(new ByteArrayInputStream(octets(text)));
  }

  private static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static @Nullable String line(OctetReader reader, int max) throws IOException {
    byte[] line = reader.readLine(max);
    return line == null ? null : new String(line, StandardCharsets.ISO_8859_1);
  }

  @Test
  void lineEndsAtCrlfOnly() throws IOException {
    OctetReader reader = reader("a\rb\nc\r\n\r\nlast");
    assertThat(line(reader, 100)).isEqualTo("a\rb\nc");
    assertThat(line(reader, 100)).isEmpty();
    assertThatThrownBy(() -> reader.readLine(100)).isInstanceOf(EOFException.class);
  }

  @Test
  void bareLfEndsLineWhereAllowed() throws IOException {
    OctetReader reader = reader("a\nb\r\n\nc\rd\n");
    reader.bareLfEndsLine(true);
    assertThat(line(reader, 100)).isEqualTo("a");
    assertThat(line(reader, 100)).isEqualTo("b");
    assertThat(line(reader, 100)).isEmpty();
    assertThat(line(reader, 100)).isEqualTo("c\rd");
    assertThat(line(reader, 100)).isNull();
  }

  @Test
  void lineOfExactlyTheLimitIsTakenAndOneMoreIsRefused() throws IOException {
    for (int max : new int[] {1, 126, 127, 128, 129, 2047, 2048, 16383, 16384, 16385, 70000}) {
      OctetReader reader = reader("x".repeat(max) + "\r\n" + "y".repeat(max + 1) + "\r\nnext\r\n");
      assertThat(line(reader, max)).hasSize(max);
      assertThatThrownBy(() -> reader.readLine(max))
          .isInstanceOfSatisfying(
              LineTooLongException.class, e -> assertThat(e.endless()).isFalse());
      assertThat(line(reader, Math.max(max, 4))).isEqualTo("next");
    }
  }

  @Test
  void endlessLineIsGivenUp() {
    OctetReader reader = reader("x".repeat(200_000));
    assertThatThrownBy(() -> reader.readLine(1000))
        .isInstanceOfSatisfying(LineTooLongException.class, e -> assertThat(e.endless()).isTrue());
  }

  @Test
  void bufferGrowsUnderTrafficAndShrinksAfter() throws IOException {
    OctetReader reader =
        new OctetReader(
            new Pieces(
                octets("z".repeat(40_000) + "\r\nNOOP\r\nNOOP\r\nNOOP\r\n"), new Random(1), 16384));
    assertThat(reader.capacity()).isEqualTo(OctetReader.IDLE_SIZE);
    reader.readLine(50_000);
    assertThat(reader.capacity()).isEqualTo(OctetReader.FULL_SIZE);
    OctetReader idle =
        new OctetReader(
            new Pieces(octets("z".repeat(5000) + "\r\n" + "NOOP\r\n".repeat(9)), new Random(1), 6));
    idle.readLine(50_000);
    for (int i = 0; i < 8; i++) {
      assertThat(line(idle, 100)).isEqualTo("NOOP");
    }
    assertThat(idle.capacity()).isEqualTo(OctetReader.IDLE_SIZE);
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void splitsMakeNoDifference(long seed) throws IOException {
    Random random = new Random(seed);
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    List<byte[]> wanted = new ArrayList<>();
    List<Integer> kinds = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      int kind = random.nextInt(5);
      int length = random.nextInt(10) == 0 ? random.nextInt(40_000) : random.nextInt(200);
      byte[] content = new byte[length];
      random.nextBytes(content);
      if (kind == 0) {
        // A line: any octets, but CR and LF never side by side nor CR at the end.
        for (int j = 0; j < length; j++) {
          if (content[j] == '\n') {
            content[j] = 'n';
          }
        }
        if (length > 0 && content[length - 1] == '\r') {
          content[length - 1] = 'r';
        }
      }
      stream.write(content);
      if (kind == 0) {
        stream.write('\r');
        stream.write('\n');
      }
      wanted.add(content);
      kinds.add(kind);
    }
    int largest = 1 + random.nextInt(5000);
    OctetReader reader = new OctetReader(new Pieces(stream.toByteArray(), random, largest));
    for (int i = 0; i < wanted.size(); i++) {
      byte[] content = wanted.get(i);
      byte[] got =
          switch (kinds.get(i)) {
            case 0 -> reader.readLine(50_000);
            case 1 -> reader.readFully(content.length);
            case 2 -> {
              ByteArrayOutputStream sink = new ByteArrayOutputStream();
              reader.transferTo(sink, content.length);
              yield sink.toByteArray();
            }
            case 3 -> {
              byte[] octets = new byte[content.length];
              for (int j = 0; j < octets.length; j++) {
                assertThat(reader.peek()).isEqualTo(content[j] & 0xFF);
                octets[j] = (byte) reader.read();
              }
              yield octets;
            }
            default -> {
              ByteArrayOutputStream sink = new ByteArrayOutputStream();
              while (sink.size() < content.length) {
                if (reader.buffered() == 0) {
                  assertThat(reader.fill()).isTrue();
                }
                int take = Math.min(reader.buffered(), content.length - sink.size());
                sink.write(reader.array(), reader.position(), take);
                reader.consume(take);
              }
              yield sink.toByteArray();
            }
          };
      assertThat(got).as("item %s of kind %s", i, kinds.get(i)).isEqualTo(content);
    }
    assertThat(reader.read()).isEqualTo(-1);
  }
}
