package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import mailwing.gateway.NulScan;

/// The octet 0, which no string may hold but a literal8 (RFC 9051 §4.3.1).
public final class Nuls {
  /// What stands for a NUL in BODY[...], so that all sizes and offsets stay right; BINARY[...]
  /// gives the octets as they are.
  private static final byte SUBSTITUTE = (byte) 0x80;

  private Nuls() {}

  /// The octets as a literal may hold them; the same where there is no NUL.
  public static ByteString substituted(ByteString octets) {
    if (!NulScan.finds(octets)) {
      return octets;
    }
    byte[] copy = octets.toByteArray();
    for (int i = 0; i < copy.length; i++) {
      if (copy[i] == 0) {
        copy[i] = SUBSTITUTE;
      }
    }
    return UnsafeByteOperations.unsafeWrap(copy);
  }
}
