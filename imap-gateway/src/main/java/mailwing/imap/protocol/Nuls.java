package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;

/// The octet 0, which no string may hold but a literal8 (RFC 9051 §4.3.1).
public final class Nuls {
  /// What stands for a NUL in BODY[...], so that all sizes and offsets stay right; BINARY[...]
  /// gives the octets as they are.
  private static final byte SUBSTITUTE = (byte) 0x80;

  private static final long LOW = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;

  private Nuls() {}

  /// Whether there is one; eight octets at a time.
  public static boolean in(ByteString octets) {
    ByteBuffer buffer = octets.asReadOnlyByteBuffer();
    while (buffer.remaining() >= Long.BYTES) {
      long eight = buffer.getLong();
      if (((eight - LOW) & ~eight & HIGH) != 0) {
        return true;
      }
    }
    while (buffer.hasRemaining()) {
      if (buffer.get() == 0) {
        return true;
      }
    }
    return false;
  }

  /// Whether there is one in `[start, end)`.
  public static boolean in(byte[] octets, int start, int end) {
    for (int i = start; i < end; i++) {
      if (octets[i] == 0) {
        return true;
      }
    }
    return false;
  }

  /// The octets as a literal may hold them; the same where there is no NUL.
  public static ByteString substituted(ByteString octets) {
    if (!in(octets)) {
      return octets;
    }
    byte[] copy = octets.toByteArray();
    for (int i = 0; i < copy.length; i++) {
      if (copy[i] == 0) {
        copy[i] = SUBSTITUTE;
      }
    }
    return ByteString.copyFrom(copy);
  }
}
