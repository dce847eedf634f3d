package mailwing.store.domain;

import com.google.protobuf.ByteString;
import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.DeliveryRetries;
import mailwing.store.persistence.MessageFacts;
import mailwing.store.persistence.NewMessage;
import mailwing.store.persistence.NewReport;
import mailwing.store.persistence.Stored;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.SystemFlag;
import org.jspecify.annotations.Nullable;

/// The copy that who submits a message keeps in the mailbox of what is sent. Where it names blind
/// copies it is a message of its own, which begins with their fields.
final class SenderCopy {
  private final MailStore store;
  private final byte[] deliveryId;
  private final long now;
  private final IncomingMessage.Copy copy;
  private final @Nullable IncomingMessage own;
  private boolean kept;

  /// @param now milliseconds since 1970
  SenderCopy(MailStore store, DeliveryEnvelope envelope, long account, long now) {
    this.store = store;
    this.deliveryId = envelope.getDeliveryId().toByteArray();
    this.now = now;
    this.copy = new IncomingMessage.Copy(account, new byte[0]);
    ByteString blindCopies = envelope.getSubmission().getBlindCopies();
    if (blindCopies.isEmpty()) {
      own = null;
    } else {
      // Its header is another one, which its envelope has to tell too.
      own =
          new IncomingMessage(
              store.blobs(),
              store.limits().messageOctets() + IncomingDelivery.PREFIX_OCTETS,
              0,
              List.of(copy));
      own.feed(blindCopies);
    }
  }

  IncomingMessage.Copy copy() {
    return copy;
  }

  /// Are its octets those that all others get?
  boolean isOfTheMessage() {
    return own == null;
  }

  /// What it is a copy of.
  ///
  /// @param all what all others get
  IncomingMessage message(IncomingMessage all) {
    return own == null ? all : own;
  }

  void feed(ByteString data) {
    if (own != null) {
      own.feed(data);
    }
  }

  /// As it is to be stored; the message is whole.
  SentCopy made(IncomingMessage all, List<DeliveryRetries.Retry> rest, List<NewReport> told) {
    StoreException failure = copy.failure;
    if (failure != null) {
      throw failure;
    }
    SentCopies copies = new SentCopies(store);
    Deliveries.Target target = copies.target(copy.accountId);
    IncomingMessage from = message(all);
    MessageFacts facts = Facts.of(from.finish(), 0);
    String messageId = facts.messageId();
    return new SentCopy(
        target,
        new NewMessage(
            copies.id(
                copy.accountId,
                target.mailboxId(),
                messageId == null ? "" : messageId,
                SentCopies.beside(deliveryId)),
            SystemFlag.SEEN_VALUE,
            List.of(),
            now,
            0,
            from.size(copy),
            from.firstChunkOctets(copy),
            copy.blobId,
            from.body(copy),
            facts,
            null,
            rest,
            told));
  }

  /// Refused where there is no room for it, and then nothing is submitted. False where the client
  /// has put it there already.
  boolean store(SentCopy made) {
    Stored stored = store.storeAll(made.target(), List.of(made.message())).getFirst();
    if (!stored.done()) {
      throw new StoreException(stored.error(), "there is no room for the sender's copy");
    }
    stored(stored);
    return kept;
  }

  /// It is there; null: it was not stored.
  void stored(@Nullable Stored stored) {
    kept = stored != null && !stored.repeated();
  }

  /// Has it become a message?
  boolean isKept() {
    return kept;
  }

  void abandon(IncomingMessage all) {
    message(all).abandon(copy);
  }
}
