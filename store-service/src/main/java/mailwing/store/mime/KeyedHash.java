package mailwing.store.mime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/// SipHash-1-3 under a random key: 64 bits that stand for a text. Who writes texts knows neither
/// the key nor a hash, so two that meet are chance: one in 10^7 for a million texts.
final class KeyedHash {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long k0;
  private final long k1;

  KeyedHash(long k0, long k1) {
    this.k0 = k0;
    this.k1 = k1;
  }

  static KeyedHash random() {
    SecureRandom random = new SecureRandom();
    return new KeyedHash(random.nextLong(), random.nextLong());
  }

  /// Of the octets `[start, end)`; never 0.
  long of(byte[] octets, int start, int end) {
    long v0 = k0 ^ 0x736f6d6570736575L;
    long v1 = k1 ^ 0x646f72616e646f6dL;
    long v2 = k0 ^ 0x6c7967656e657261L;
    long v3 = k1 ^ 0x7465646279746573L;
    int length = end - start;
    int tail = end - length % Long.BYTES;
    // The words, one of what is left with the length above it, and three rounds to end.
    for (int at = start; at <= tail + 3 * Long.BYTES; at += Long.BYTES) {
      long word = 0;
      if (at < tail) {
        word = (long) LONGS.get(octets, at);
      } else if (at == tail) {
        word = (long) length << 56 | rest(octets, start, tail, end);
      } else if (at == tail + Long.BYTES) {
        v2 ^= 0xff;
      }
      v3 ^= word;
      v0 += v1;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v3;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 += v3;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 += v1;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v2 = Long.rotateLeft(v2, 32);
      v0 ^= word;
    }
    long hash = v0 ^ v1 ^ v2 ^ v3;
    return hash == 0 ? 1 : hash;
  }

  /// The octets `[tail, end)`, fewer than eight.
  private static long rest(byte[] octets, int start, int tail, int end) {
    int left = end - tail;
    if (left == 0) {
      return 0;
    }
    if (tail > start) {
      return (long) LONGS.get(octets, end - Long.BYTES) >>> (Long.SIZE - left * Byte.SIZE);
    }
    long word = 0;
    for (int at = tail, shift = 0; at < end; at++, shift += Byte.SIZE) {
      word |= (octets[at] & 0xffL) << shift;
    }
    return word;
  }
}
