package mailwing.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;

/// RFC 4978: what was flushed comes out whole at the other side, whatever came before and after.
class CompressionTest {
  private static Compression compression(InputStream in, OutputStream out) {
    return new Compression(in, out, new byte[0]);
  }

  @Test
  void whatIsFlushedComesOutWholeWithRestsBetween() throws IOException, DataFormatException {
    Random random = new Random(4978);
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    Compression compression = compression(InputStream.nullInputStream(), wire);
    Inflater client = new Inflater(true);
    OutputStream out = compression.output();
    for (int round = 0; round < 200; round++) {
      byte[] told = new byte[random.nextInt(round % 20 == 0 ? 200_000 : 3000)];
      if (round % 3 == 0) {
        random.nextBytes(told);
      } else {
        Arrays.fill(told, (byte) ('a' + round % 26));
      }
      out.write(told);
      out.flush();
      if (random.nextInt(4) == 0) {
        compression.rest();
        assertThat(compression.awake()).isFalse();
      }
      client.setInput(wire.toByteArray());
      wire.reset();
      byte[] heard = new byte[told.length + 1];
      int length = 0;
      int count = client.inflate(heard, 0, heard.length);
      while (count > 0) {
        length += count;
        count = client.inflate(heard, length, heard.length - length);
      }
      assertThat(Arrays.copyOf(heard, length)).isEqualTo(told);
    }
    compression.end();
    client.end();
  }

  @Test
  void aFlushWithoutWritingSendsNothing() throws IOException {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    Compression compression = compression(InputStream.nullInputStream(), wire);
    compression.output().flush();
    assertThat(wire.size()).isZero();
    compression.end();
  }

  @Test
  void whatIsUnflushedIsNotGivenUp() throws IOException {
    Compression compression =
        compression(InputStream.nullInputStream(), new ByteArrayOutputStream());
    compression.output().write('x');
    compression.rest();
    assertThat(compression.awake()).isTrue();
    compression.end();
  }

  @Test
  void readsWhatCameEarlyAndOctetByOctet() throws IOException {
    byte[] sent = new byte[50_000];
    new Random(1).nextBytes(sent);
    Deflater deflater = new Deflater(9, true);
    deflater.setInput(sent);
    byte[] wire = new byte[60_000];
    int length = deflater.deflate(wire, 0, wire.length, Deflater.SYNC_FLUSH);
    deflater.end();
    InputStream slow =
        new ByteArrayInputStream(wire, 100, length - 100) {
          @Override
          public int read(byte[] to, int offset, int most) {
            return super.read(to, offset, Math.min(1, most));
          }
        };
    Compression compression =
        new Compression(slow, OutputStream.nullOutputStream(), Arrays.copyOf(wire, 100));
    assertThat(compression.input().readNBytes(sent.length)).isEqualTo(sent);
    assertThat(compression.input().read()).isEqualTo(-1);
    compression.end();
  }

  @Test
  void whatIsNotCompressedIsAnError() {
    byte[] plain = "a NOOP\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    byte[] wrong = new byte[64];
    Arrays.fill(wrong, (byte) 0xff);
    Compression compression =
        new Compression(new ByteArrayInputStream(wrong), OutputStream.nullOutputStream(), plain);
    assertThatThrownBy(() -> compression.input().readAllBytes()).isInstanceOf(IOException.class);
    compression.end();
  }
}
