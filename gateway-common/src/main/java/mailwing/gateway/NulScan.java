package mailwing.gateway;

import com.google.protobuf.ByteString;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Looks for the octet 0, which few protocols may tell as it is.
public final class NulScan {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long LOW = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;
  private static final int STEP = 4 * Long.BYTES;
  private static final int COPIED = 8 * 1024;

  private NulScan() {}

  /// Whether there is one.
  public static boolean finds(ByteString octets) {
    byte[] copy = new byte[Math.min(COPIED, octets.size())];
    for (ByteBuffer buffer : octets.asReadOnlyByteBufferList()) {
      while (buffer.hasRemaining()) {
        int count = Math.min(copy.length, buffer.remaining());
        buffer.get(copy, 0, count);
        if (finds(copy, 0, count)) {
          return true;
        }
      }
    }
    return false;
  }

  /// Whether there is one in `[start, end)`.
  public static boolean finds(byte[] octets, int start, int end) {
    int i = start;
    for (; i <= end - STEP; i += STEP) {
      if ((nuls(octets, i)
              | nuls(octets, i + Long.BYTES)
              | nuls(octets, i + 2 * Long.BYTES)
              | nuls(octets, i + 3 * Long.BYTES))
          != 0) {
        return true;
      }
    }
    for (; i < end; i++) {
      if (octets[i] == 0) {
        return true;
      }
    }
    return false;
  }

  /// Not 0 where one of eight octets is.
  private static long nuls(byte[] octets, int at) {
    long eight = (long) LONGS.get(octets, at);
    return (eight - LOW) & ~eight & HIGH;
  }
}
