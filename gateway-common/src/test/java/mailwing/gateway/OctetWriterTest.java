package mailwing.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OctetWriterTest {
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyWayToWriteYieldsTheSameOctets(long seed) throws IOException {
    Random random = new Random(seed);
    ByteArrayOutputStream sink = new ByteArrayOutputStream();
    ByteArrayOutputStream wanted = new ByteArrayOutputStream();
    OctetWriter writer = new OctetWriter(sink);
    for (int i = 0; i < 2000; i++) {
      int length = random.nextInt(20) == 0 ? random.nextInt(50_000) : random.nextInt(300);
      byte[] octets = new byte[length];
      random.nextBytes(octets);
      switch (random.nextInt(7)) {
        case 0 -> {
          writer.write(octets);
          wanted.write(octets);
        }
        case 1 -> {
          writer.write(ByteString.copyFrom(octets));
          wanted.write(octets);
        }
        case 2 -> {
          writer.ascii(new String(octets, StandardCharsets.ISO_8859_1));
          wanted.write(octets);
        }
        case 3 -> {
          long value = random.nextLong() >> random.nextInt(64);
          writer.decimal(value);
          wanted.write(Long.toString(value).getBytes(StandardCharsets.US_ASCII));
        }
        case 4 -> {
          writer.write(length).crlf();
          wanted.write(length);
          wanted.write('\r');
          wanted.write('\n');
        }
        case 5 -> {
          writer.asStream().write(octets, length / 2, length - length / 2);
          wanted.write(octets, length / 2, length - length / 2);
        }
        default -> writer.flush();
      }
      assertThat(writer.written()).isEqualTo(wanted.size());
    }
    writer.flush();
    assertThat(sink.toByteArray()).isEqualTo(wanted.toByteArray());
  }

  @Test
  void extremeNumbersAreDecimal() throws IOException {
    ByteArrayOutputStream sink = new ByteArrayOutputStream();
    OctetWriter writer = new OctetWriter(sink);
    writer.decimal(0).write(' ').decimal(Long.MAX_VALUE).write(' ').decimal(Long.MIN_VALUE);
    writer.flush();
    assertThat(sink.toString(StandardCharsets.US_ASCII))
        .isEqualTo("0 9223372036854775807 -9223372036854775808");
  }

  @Test
  void manySmallWritesReachTheStreamInFewLargeOnes() throws IOException {
    ByteArrayOutputStream sink = new ByteArrayOutputStream();
    OctetWriter writer = new OctetWriter(sink);
    for (int i = 0; i < 60; i++) {
      writer.write(new byte[1000]);
    }
    assertThat(sink.size()).isZero();
    for (int i = 0; i < 60; i++) {
      writer.write(new byte[1000]);
    }
    assertThat(sink.size()).isGreaterThan(60_000);
    assertThat(writer.capacity()).isEqualTo(OctetWriter.MOST_ROOM);
  }

  @Test
  void bufferShrinksAfterASmallFlush() throws IOException {
    OctetWriter writer = new OctetWriter(new ByteArrayOutputStream());
    writer.write(new byte[10_000]).flush();
    assertThat(writer.capacity()).isGreaterThan(10_000);
    writer.ascii("+ idling\r\n").flush();
    assertThat(writer.capacity()).isEqualTo(128);
  }
}
