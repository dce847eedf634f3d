package mailwing.store.mime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KeyedHashTest {
  /// SipHash-1-3 under the key 00 to 0f of the octets from 00 on, computed by a program that
  /// follows the paper (Aumasson and Bernstein) word by word and gives its example with 2-4.
  @Test
  void isSipHash() {
    Map<Integer, Long> expected =
        Map.of(
            0, 0xabac0158050fc4dcL,
            1, 0xc9f49bf37d57ca93L,
            7, 0xd3927d989bb11140L,
            8, 0x369095118d299a8eL,
            15, 0xd320d86d2a519956L,
            16, 0xcc4fdd1a7d908b66L,
            63, 0x9d199062b7bbb3a8L);
    KeyedHash hash = new KeyedHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
    expected.forEach(
        (length, its) -> {
          byte[] octets = new byte[length + 2];
          for (int i = 0; i < length; i++) {
            octets[i + 1] = (byte) i;
          }
          assertThat(hash.of(octets, 1, length + 1)).isEqualTo(its);
        });
  }

  @Test
  void dependsOnTheKeyAndOnEachOctet() {
    byte[] octets = "<1@example.org>".getBytes(StandardCharsets.US_ASCII);
    KeyedHash hash = KeyedHash.random();
    long one = hash.of(octets, 0, octets.length);
    assertThat(KeyedHash.random().of(octets, 0, octets.length)).isNotEqualTo(one);
    for (int i = 0; i < octets.length; i++) {
      octets[i] ^= 1;
      assertThat(hash.of(octets, 0, octets.length)).isNotEqualTo(one);
      octets[i] ^= 1;
    }
    assertThat(hash.of(octets, 0, octets.length)).isEqualTo(one);
  }
}
