package mailwing.store.domain;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Locale;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.DeliveryRetries;
import mailwing.store.persistence.NewQueued;
import mailwing.store.persistence.NewReport;
import mailwing.store.persistence.Stored;
import mailwing.store.persistence.TraceKeys;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Submission;
import org.jspecify.annotations.Nullable;

/// What of a delivery leaves the house: one copy of the octets for all recipients elsewhere.
final class QueuedShare {
  private static final int PATH_LENGTH = 1000;
  private static final int PARAMETER_LENGTH = 2000;
  private static final long LONGEST_HOLD_MILLIS = 400L * 24 * 3600 * 1000;

  private final MailStore store;
  private final DeliveryEnvelope envelope;
  private final long holdUntil;
  private final List<NewQueued.Recipient> recipients;
  private final IncomingMessage.Copy copy;
  private final OctetKinds kinds = new OctetKinds();

  /// @param holdUntil not tried before; milliseconds since 1970, 0 for at once
  QueuedShare(
      MailStore store,
      DeliveryEnvelope envelope,
      long account,
      long holdUntil,
      List<NewQueued.Recipient> recipients) {
    this.store = store;
    this.envelope = envelope;
    this.holdUntil = holdUntil;
    this.copy = new IncomingMessage.Copy(account, new byte[0]);
    this.recipients = recipients;
    Submission submission = envelope.getSubmission();
    checkPath(envelope.getReversePath());
    checkLine(submission.getEnvelopeId());
    checkLine(submission.getHoldRequest());
    if (submission.getPriority() < -9 || submission.getPriority() > 9) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a priority is -9 to 9");
    }
    if (holdUntil > System.currentTimeMillis() + LONGEST_HOLD_MILLIS) {
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
            copy.accountId);
    recipients.forEach(r -> keys.add(TraceKeys.recipient(Address.unquoted(r.path()))));
    return TraceKeys.text(keys.stream().mapToLong(Long::longValue).toArray());
  }

  IncomingMessage.Copy copy() {
    return copy;
  }

  void look(ByteString data) {
    kinds.look(data);
  }

  /// Commits; a repeat changes nothing. With it, what is left of the delivery, and the sender's
  /// copy where there is one: true where that is kept, false where it was there before.
  boolean store(
      IncomingMessage message,
      ParsedMessage parsed,
      List<DeliveryRetries.Retry> rest,
      List<NewReport> reports,
      @Nullable SentCopy sent) {
    StoreException failure = copy.failure;
    if (failure != null) {
      message.abandon(copy);
      throw failure;
    }
    Submission submission = envelope.getSubmission();
    long now = System.currentTimeMillis();
    long begins = Math.max(now, holdUntil);
    long expiresAt = begins + store.outbound().rules().expiry().toMillis();
    boolean returned = submission.getDeliverBy() == Submission.DeliverBy.RETURN;
    NewQueued queued =
        new NewQueued(
            copy.accountId,
            envelope.getDeliveryId().toByteArray(),
            envelope.getTrace().getQueueId(),
            envelope.getReversePath(),
            submission.getReturnValue(),
            submission.getEnvelopeId(),
            submission.getSmtpUtf8(),
            NewQueued.Tls.of(envelope),
            submission.getPriority(),
            submission.getDeliverByMillis(),
            submission.getDeliverByValue(),
            submission.getDeliverByTrace(),
            kinds.kinds(),
            new Blobs.Place(copy.blobId, message.size(copy), message.firstChunkOctets(copy)),
            parsed.headerOctets(),
            message.body(copy),
            envelope.getTrace().toByteArray(),
            parsed.messageId() == null ? null : Facts.clean(parsed.messageId()),
            store.traces() ? traceKeys(parsed) : null,
            new NewQueued.Hold(holdUntil, submission.getHoldRequest()),
            returned ? Math.min(expiresAt, submission.getDeliverByMillis()) : expiresAt,
            recipients,
            rest);
    try {
      Deliveries.Submitted done =
          sent == null
              ? new Deliveries.Submitted(null, store.outbound().add(queued, reports))
              : store.submit(queued, reports, sent);
      if (!done.queued()) {
        message.abandon(copy);
      }
      Stored kept = done.copy();
      return kept != null && !kept.repeated();
    } catch (StoreException e) {
      message.abandon(copy);
      throw e;
    }
  }
}
