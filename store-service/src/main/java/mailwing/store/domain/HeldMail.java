package mailwing.store.domain;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.persistence.Blobs;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.Submission;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Delivers queued messages to recipients here once they are held no longer: what a worker does for
/// recipients elsewhere. Any number of stores may do so at the same time.
public final class HeldMail {
  private static final Logger LOG = LoggerFactory.getLogger(HeldMail.class);
  private static final int AT_A_TIME = 100;
  private static final long LEASE_MILLIS = Duration.ofMinutes(5).toMillis();

  private final MailStore store;

  public HeldMail(MailStore store) {
    this.store = store;
  }

  /// Delivers what is due; call it every second or so.
  public void deliver() {
    List<QueueJob> due;
    do {
      UUID lease = UUID.randomUUID();
      due = store.outbound().leaseLocal(lease, AT_A_TIME, LEASE_MILLIS);
      for (QueueJob job : due) {
        deliver(job, lease);
      }
    } while (!due.isEmpty() && !Thread.currentThread().isInterrupted());
  }

  private void deliver(QueueJob job, UUID lease) {
    List<QueueResult> results;
    try {
      results = isOver(job) ? over(job) : delivered(job, lease);
    } catch (StoreException e) {
      LOG.warn("event=held-mail-failed id={} code={}", job.getQueueId(), e.code());
      results = all(job, QueueResult.Outcome.TRANSIENT, "4.3.0", "The store could not take it");
    }
    try {
      store.outbound().report(job.getRef(), lease, results);
    } catch (StoreException e) {
      // It is due again when the lease ends; what was delivered is recognised then.
      LOG.warn("event=held-mail-unreported id={} code={}", job.getQueueId(), e.code());
    }
  }

  /// RFC 2852 §4.1.3.
  private static boolean isOver(QueueJob job) {
    return job.getDeliverBy() == Submission.DeliverBy.RETURN
        && job.getDeliverByMillis() <= System.currentTimeMillis();
  }

  private static List<QueueResult> over(QueueJob job) {
    return all(job, QueueResult.Outcome.PERMANENT, "5.4.7", "Its time to be delivered is over");
  }

  private static List<QueueResult> all(
      QueueJob job, QueueResult.Outcome outcome, String status, String reply) {
    return job.getRecipientsList().stream()
        .map(recipient -> result(recipient, outcome, status, reply))
        .toList();
  }

  private static QueueResult result(
      QueueJobRecipient recipient, QueueResult.Outcome outcome, String status, String reply) {
    return QueueResult.newBuilder()
        .setNumber(recipient.getNumber())
        .setOutcome(outcome)
        .setStatus(status)
        .setReply(reply)
        .build();
  }

  private List<QueueResult> delivered(QueueJob job, UUID lease) {
    Blobs.Place place = store.outbound().place(job.getRef(), lease);
    DeliveryEnvelope.Builder envelope =
        DeliveryEnvelope.newBuilder()
            .setDeliveryId(job.getRef().getDeliveryId())
            .setReversePath(job.getReversePath())
            .setSize(place.size())
            .setAnswersEach(true)
            // Who submits it has logged in, and was asked about at RCPT.
            .setTrusted(true);
    envelope
        .getSubmissionBuilder()
        .setReturn(job.getReturn())
        .setEnvelopeId(job.getEnvelopeId())
        .setSmtpUtf8(job.getSmtpUtf8())
        .setRequireTls(job.getRequireTls())
        .setPriority(job.getPriority());
    envelope.getTraceBuilder().setQueueId(job.getQueueId());
    for (QueueJobRecipient recipient : job.getRecipientsList()) {
      envelope.addRecipients(
          DeliveryRecipient.newBuilder()
              .setAddress(Address.unquoted(recipient.getPath()))
              .setPath(recipient.getPath())
              .setNotify(recipient.getNotify())
              .setOriginalRecipient(recipient.getOriginalRecipient())
              .setHeaderPrefix(
                  ByteString.copyFromUtf8(
                      "Return-Path: <"
                          + job.getReversePath()
                          + ">\r\nDelivered-To: "
                          + recipient.getPath()
                          + "\r\n")));
    }
    IncomingDelivery delivery = new IncomingDelivery(store, envelope.build());
    try {
      for (long at = 0; at < place.size(); ) {
        byte[] piece =
            store.blobs().piece(job.getRef().getAccountId(), place, at, place.size() - at);
        delivery.feed(UnsafeByteOperations.unsafeWrap(piece));
        at += piece.length;
      }
      return results(job, delivery, delivery.finish());
    } catch (RuntimeException e) {
      delivery.abandon();
      throw e;
    }
  }

  private static List<QueueResult> results(
      QueueJob job, IncomingDelivery delivery, List<RecipientResult> delivered) {
    List<QueueResult> results = new ArrayList<>();
    for (int i = 0; i < delivered.size(); i++) {
      RecipientResult one = delivered.get(i);
      QueueJobRecipient recipient = job.getRecipients(i);
      results.add(
          one.getStatus() == RecipientResult.Status.FAILED
              ? refused(recipient, one.getError())
              : delivery.success(i).setNumber(recipient.getNumber()).build());
    }
    return results;
  }

  private static QueueResult refused(QueueJobRecipient recipient, ErrorCode error) {
    return switch (error) {
      case ACCOUNT_NOT_FOUND,
          ACCOUNT_DISABLED,
          DOMAIN_NOT_FOUND,
          POST_REFUSED,
          RETURN_REFUSED,
          MAIL_LOOP ->
          refused(recipient, LocalReports.reason(error));
      case OVER_QUOTA ->
          result(recipient, QueueResult.Outcome.TRANSIENT, "4.2.2", "The mailbox is full");
      default ->
          result(recipient, QueueResult.Outcome.TRANSIENT, "4.3.0", "The store could not take it");
    };
  }

  private static QueueResult refused(QueueJobRecipient recipient, LocalReports.Reason why) {
    return result(recipient, QueueResult.Outcome.PERMANENT, why.status(), why.text());
  }
}
