package mailwing.smtp.session;

import com.google.protobuf.ByteString;
import java.security.SecureRandom;
import java.util.Arrays;
import mailwing.gateway.DeliveryIds;

/// A message's id: 16 octets for the store, and what of them the reply and the Received field tell:
/// those that are random.
record MessageIds(ByteString deliveryId, String queueId) {
  private static final char[] ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".toCharArray();

  static MessageIds next(SecureRandom random) {
    byte[] id = DeliveryIds.next(random);
    // And one octet more, for the last character looks at two.
    byte[] octets = Arrays.copyOfRange(id, id.length - DeliveryIds.RANDOM_OCTETS, id.length + 1);
    char[] text = new char[16];
    // Five bits a character.
    for (int i = 0; i < text.length; i++) {
      int bit = i * 5;
      int pair = (octets[bit / 8] & 0xff) << 8 | (octets[bit / 8 + 1] & 0xff);
      text[i] = ALPHABET[pair >> (11 - bit % 8) & 31];
    }
    return new MessageIds(ByteString.copyFrom(id), new String(text));
  }
}
