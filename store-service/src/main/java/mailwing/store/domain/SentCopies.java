package mailwing.store.domain;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import mailwing.store.StoreException;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.SentRows;
import mailwing.store.persistence.SentRows.Presence;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.SpecialUse;

/// What accounts submit, kept in their mailbox of special use \\Sent (RFC 6154): once, though the
/// client may append the same message too. A message is the same by its Message-ID, for some
/// minutes: whichever of the two comes second finds that the delivery id is taken.
final class SentCopies {
  private static final String NAME = "Sent";
  private static final long SAME_MILLIS = Duration.ofMinutes(10).toMillis();
  private static final int ID_OCTETS = 16;

  private final MailStore store;
  private final SentRows rows;

  SentCopies(MailStore store) {
    this.store = store;
    this.rows = new SentRows(store.sql());
  }

  /// Where an account's copies go; the mailbox is made where it is missing.
  Deliveries.Target target(long account) {
    OptionalLong known = rows.mailbox(account);
    if (known.isPresent()) {
      return new Deliveries.Target(account, known.getAsLong(), NAME, false, 0);
    }
    var named = store.mailboxReads().find(Access.own(account), 0, NAME);
    return new Deliveries.Target(
        account, named == null ? made(account) : named.mailboxId(), NAME, false, 0);
  }

  private long made(long account) {
    try {
      return store
          .mailboxRows()
          .create(account, List.of(), NAME, SpecialUse.SENT_VALUE)
          .mailboxId();
    } catch (StoreException e) {
      if (e.code() != ErrorCode.ALREADY_EXISTS) {
        throw e;
      }
      return target(account).mailboxId();
    }
  }

  /// The delivery id under which a client appends a message.
  byte[] appended(Deliveries.Target target, String messageId, byte[] otherwise) {
    OptionalLong sent = rows.sent(target.accountId(), target.mailboxId(), target.name());
    return sent.isPresent()
        ? id(target.accountId(), sent.getAsLong(), messageId, otherwise)
        : otherwise;
  }

  /// The delivery id under which a message is put into a mailbox.
  ///
  /// @param messageId empty where it has none
  /// @param otherwise where its Message-ID says nothing
  byte[] id(long account, long mailboxId, String messageId, byte[] otherwise) {
    if (messageId.isEmpty()) {
      return otherwise;
    }
    byte[] id = hash("message " + messageId);
    return rows.presence(account, mailboxId, id, SAME_MILLIS) == Presence.ONCE ? otherwise : id;
  }

  /// Another id for the copy of a delivery: its own may be taken by a message to oneself.
  static byte[] beside(byte[] deliveryId) {
    return hash("copy " + Arrays.toString(deliveryId));
  }

  private static byte[] hash(String text) {
    try {
      return Arrays.copyOf(
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)),
          ID_OCTETS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
