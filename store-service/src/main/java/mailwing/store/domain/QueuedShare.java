package mailwing.store.domain;

import java.util.List;
import java.util.Locale;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.DeliveryRetries;
import mailwing.store.persistence.NewQueued;
import mailwing.store.persistence.TraceKeys;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Submission;

/// What of a delivery goes into the queue under one envelope: one copy of the octets for all its
/// recipients.
final class QueuedShare {
  private static final int PATH_LENGTH = 1000;
  private static final int PARAMETER_LENGTH = 2000;
  private static final long LONGEST_HOLD_MILLIS = 400L * 24 * 3600 * 1000;

  private final DeliveryEnvelope envelope;
  private final Leaving leaving;
  private final IncomingMessage.Copy copy;

  QueuedShare(DeliveryEnvelope envelope, Leaving leaving) {
    this.envelope = envelope;
    this.leaving = leaving;
    this.copy = new IncomingMessage.Copy(leaving.holder, leaving.prefix);
    checkPath(leaving.reversePath);
    checkLine(leaving.asked.getEnvelopeId());
    checkLine(leaving.asked.getHoldRequest());
    if (leaving.asked.getPriority() < -9 || leaving.asked.getPriority() > 9) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a priority is -9 to 9");
    }
    if (leaving.holdUntil > System.currentTimeMillis() + LONGEST_HOLD_MILLIS) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a message is not held for so long");
    }
  }

  /// It goes out on a command line of SMTP again: nothing in it may end that or the path.
  private static void checkPath(String path) {
    checkLine(path);
    if (!isPath(path)) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "the envelope cannot be sent on");
    }
  }

  static boolean isPath(String path) {
    boolean quoted = path.startsWith("\"");
    return path.length() <= PATH_LENGTH
        && (quoted || path.chars().noneMatch(c -> " <>".indexOf(c) >= 0))
        && path.chars().noneMatch(Character::isISOControl);
  }

  private static void checkLine(String text) {
    if (text.length() > PARAMETER_LENGTH || text.chars().anyMatch(Character::isISOControl)) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "the envelope cannot be sent on");
    }
  }

  /// @param local one of ours, to whom the store delivers by itself
  static NewQueued.Recipient recipient(DeliveryRecipient recipient, boolean local) {
    String path = recipient.getPath().isEmpty() ? recipient.getAddress() : recipient.getPath();
    checkPath(path);
    checkLine(recipient.getOriginalRecipient());
    String domain = path.substring(path.lastIndexOf('@') + 1);
    return new NewQueued.Recipient(
        Address.asciiDomain(domain).orElseGet(() -> domain.toLowerCase(Locale.ROOT)),
        path,
        recipient.getNotify() & 15,
        recipient.getOriginalRecipient(),
        local);
  }

  private String traceKeys(ParsedMessage parsed) {
    String messageId = parsed.messageId();
    List<Long> keys =
        TraceKeys.ofMessage(
            envelope.getTrace().getQueueId(),
            messageId == null ? "" : messageId,
            Address.unquoted(envelope.getReversePath()),
            leaving.through == null ? copy.accountId : 0);
    leaving
        .recipients
        .values()
        .forEach(r -> keys.add(TraceKeys.recipient(Address.unquoted(r.path()))));
    // Who sends it on has received it.
    leaving.named.forEach(named -> keys.add(TraceKeys.recipient(named)));
    if (leaving.through != null && copy.accountId > 0) {
      keys.add(TraceKeys.account(copy.accountId));
    }
    return TraceKeys.text(keys.stream().mapToLong(Long::longValue).toArray());
  }

  IncomingMessage.Copy copy() {
    return copy;
  }

  Leaving leaving() {
    return leaving;
  }

  /// The message as it is to be queued.
  ///
  /// @param kinds what its octets ask of the transfer
  /// @param traced it can be found by its keys
  /// @param rest what else of the delivery becomes durable with it
  NewQueued queued(
      IncomingMessage message,
      ParsedMessage parsed,
      int kinds,
      QueueRules rules,
      boolean traced,
      List<DeliveryRetries.Retry> rest) {
    StoreException failure = copy.failure;
    if (failure != null) {
      throw failure;
    }
    Submission asked = leaving.asked;
    long begins = Math.max(System.currentTimeMillis(), leaving.holdUntil);
    long expiresAt = begins + rules.expiry().toMillis();
    boolean returned = asked.getDeliverBy() == Submission.DeliverBy.RETURN;
    return new NewQueued(
        copy.accountId,
        leaving.deliveryId,
        envelope.getTrace().getQueueId(),
        leaving.reversePath,
        asked.getReturnValue(),
        asked.getEnvelopeId(),
        asked.getSmtpUtf8(),
        NewQueued.Tls.of(envelope),
        asked.getPriority(),
        asked.getDeliverByMillis(),
        asked.getDeliverByValue(),
        asked.getDeliverByTrace(),
        kinds,
        new Blobs.Place(copy.blobId, message.size(copy), message.firstChunkOctets(copy)),
        copy.prefix.length + parsed.headerOctets(),
        message.body(copy),
        envelope.getTrace().toByteArray(),
        parsed.messageId() == null ? null : Facts.clean(parsed.messageId()),
        leaving.through,
        leaving.notice,
        traced ? traceKeys(parsed) : null,
        leaving.holdUntil == 0
            ? NewQueued.Hold.NONE
            : new NewQueued.Hold(leaving.holdUntil, asked.getHoldRequest(), rules.heldPerAccount()),
        returned ? Math.min(expiresAt, asked.getDeliverByMillis()) : expiresAt,
        List.copyOf(leaving.recipients.values()),
        rest);
  }
}
