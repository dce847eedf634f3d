package mailwing.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NulScanTest {
  @Test
  void aNulIsFoundWhereverItIsAndNoOtherOctet() {
    Random random = new Random(3);
    byte[] octets = new byte[200];
    for (int i = 0; i < octets.length; i++) {
      octets[i] = (byte) (random.nextBoolean() ? 1 + random.nextInt(255) : 0x80);
    }
    for (int start = 0; start < 40; start++) {
      assertThat(NulScan.finds(octets, start, octets.length)).isFalse();
      assertThat(NulScan.finds(octets, start, start)).isFalse();
      for (int at = 0; at < octets.length; at++) {
        byte before = octets[at];
        octets[at] = 0;
        assertThat(NulScan.finds(octets, start, octets.length)).isEqualTo(at >= start);
        assertThat(NulScan.finds(octets, 0, start)).isEqualTo(at < start);
        octets[at] = before;
      }
    }
  }

  @Test
  void aNulIsFoundInOctetsOfSeveralArrays() {
    byte[] first = new byte[20_000];
    byte[] second = new byte[20_000];
    Arrays.fill(first, (byte) 'a');
    Arrays.fill(second, (byte) 'b');
    ByteString both = ByteString.copyFrom(first).concat(ByteString.copyFrom(second));
    assertThat(NulScan.finds(both)).isFalse();
    assertThat(NulScan.finds(ByteString.EMPTY)).isFalse();
    for (int at : new int[] {0, 8191, 8192, 19_999}) {
      byte[] with = second.clone();
      with[at] = 0;
      assertThat(NulScan.finds(ByteString.copyFrom(first).concat(ByteString.copyFrom(with))))
          .isTrue();
    }
  }
}
