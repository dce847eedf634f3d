package mailwing.store.mime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class KeyedHashTest {
  /// The example of the paper on SipHash (Aumasson and Bernstein), appendix A: key 00 to 0f, input
  /// 00 to 0e.
  @Test
  void isSipHash() {
    byte[] octets = new byte[17];
    for (int i = 0; i < 15; i++) {
      octets[i + 1] = (byte) i;
    }
    KeyedHash hash = new KeyedHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
    assertThat(hash.of(octets, 1, 16)).isEqualTo(0xa129ca6149be45e5L);
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
