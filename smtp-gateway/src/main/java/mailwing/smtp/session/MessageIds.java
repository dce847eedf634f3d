package mailwing.smtp.session;

import com.google.protobuf.ByteString;
import java.security.SecureRandom;
import mailwing.gateway.DeliveryIds;

/// A message's id: 16 octets for the store, and what of them the reply and the Received field tell:
/// those that are random.
record MessageIds(ByteString deliveryId, String queueId) {
  private static final char[] ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".toCharArray();

  private static int at(byte[] octets, int index) {
    return index < octets.length ? octets[index] & 0xff : 0;
  }

  static MessageIds next(SecureRandom random) {
    byte[] octets = DeliveryIds.next(random);
    char[] text = new char[16];
    // Five bits a character.
    for (int i = 0; i < text.length; i++) {
      int bit = (octets.length - DeliveryIds.RANDOM_OCTETS) * Byte.SIZE + i * 5;
      int pair = (octets[bit / 8] & 0xff) << 8 | at(octets, bit / 8 + 1);
      text[i] = ALPHABET[pair >> (11 - bit % 8) & 31];
    }
    return new MessageIds(ByteString.copyFrom(octets), new String(text));
  }
}
