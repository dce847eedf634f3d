package mailwing.store.persistence;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import mailwing.store.Address;
import mailwing.store.v1.DeliveryTrace;

/// The 64-bit hashes under which a traced message is found. The first of a message is always that
/// of its id.
///
/// They are kept in the database: how they are made never changes.
public final class TraceKeys {
  private TraceKeys() {}

  /// Of the id of the 250 reply.
  public static long id(String id) {
    return hash('i', id);
  }

  /// Of a Message-ID, with or without its angle brackets.
  public static long messageId(String id) {
    return hash(
        'm', id.startsWith("<") && id.endsWith(">") ? id.substring(1, id.length() - 1) : id);
  }

  /// Of an address in the envelope's MAIL, unquoted.
  public static long sender(String address) {
    return hash('s', canonical(address));
  }

  /// Of an address in the envelope's RCPT, unquoted.
  public static long recipient(String address) {
    return hash('r', canonical(address));
  }

  /// Of an account that has got the message.
  public static long account(long id) {
    return hash('a', Long.toString(id));
  }

  /// Of the account that has submitted it.
  public static long submitter(long id) {
    return hash('u', Long.toString(id));
  }

  /// The first keys of a message: its id, Message-ID, sender and submitter, as far as it has them.
  public static List<Long> ofMessage(
      String id, String messageId, String sender, long submitterAccount) {
    List<Long> keys = new ArrayList<>(6);
    keys.add(id(id));
    if (!messageId.isEmpty()) {
      keys.add(messageId(messageId));
    }
    if (!sender.isEmpty()) {
      keys.add(sender(sender));
    }
    if (submitterAccount != 0) {
      keys.add(submitter(submitterAccount));
    }
    return keys;
  }

  /// All keys of a copy that is delivered to an account.
  public static long[] ofDelivery(DeliveryTrace trace, long submitterAccount, long account) {
    List<Long> keys =
        ofMessage(
            trace.getClient().getQueueId(),
            trace.getMessageId(),
            Address.unquoted(trace.getReversePath()),
            submitterAccount);
    keys.add(recipient(trace.getRecipient()));
    keys.add(account(account));
    return keys.stream().mapToLong(Long::longValue).toArray();
  }

  /// As PostgreSQL writes an array.
  public static String text(long[] keys) {
    StringBuilder text = new StringBuilder(21 * keys.length + 2).append('{');
    for (int i = 0; i < keys.length; i++) {
      text.append(i == 0 ? "" : ",").append(keys[i]);
    }
    return text.append('}').toString();
  }

  private static String canonical(String address) {
    return Address.parse(address)
        .map(parsed -> parsed.localPart() + "@" + parsed.domain())
        .orElseGet(() -> address.toLowerCase(Locale.ROOT));
  }

  private static long hash(char kind, String text) {
    byte[] hash;
    try {
      hash =
          MessageDigest.getInstance("SHA-256")
              .digest((kind + text).getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    long value = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      value = value << 8 | (hash[i] & 0xff);
    }
    return value;
  }
}
