package mailwing.smtp.session;

import com.google.protobuf.ByteString;
import java.security.SecureRandom;

/// A message's id: 16 random octets for the store, and what of them the reply and the Received
/// field tell.
record MessageIds(ByteString deliveryId, String queueId) {
  private static final char[] ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".toCharArray();

  static MessageIds next(SecureRandom random) {
    byte[] octets = new byte[16];
    random.nextBytes(octets);
    char[] text = new char[16];
    // Five bits a character, of the first ten octets.
    for (int i = 0; i < text.length; i++) {
      int bit = i * 5;
      int pair = (octets[bit / 8] & 0xff) << 8 | (octets[bit / 8 + 1] & 0xff);
      text[i] = ALPHABET[pair >> (11 - bit % 8) & 31];
    }
    return new MessageIds(ByteString.copyFrom(octets), new String(text));
  }
}
