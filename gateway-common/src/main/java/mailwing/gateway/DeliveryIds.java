package mailwing.gateway;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/// Ids under which the store knows what it has been given before: 16 octets, of which the first six
/// are the time, so that those of a day lie together in its index, and ten are random.
public final class DeliveryIds {
  /// Octets of an id that are random, at its end.
  public static final int RANDOM_OCTETS = 10;

  private static final int OCTETS = 16;

  private DeliveryIds() {}

  public static byte[] next(RandomGenerator random) {
    byte[] id = new byte[OCTETS];
    random.nextBytes(id);
    long now = System.currentTimeMillis();
    ByteBuffer.wrap(id).putShort((short) (now >>> 32)).putInt((int) now);
    return id;
  }
}
