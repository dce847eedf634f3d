package mailwing.store.domain;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.persistence.QueueNoticeRows;
import mailwing.store.persistence.QueueNoticeRows.Notice;
import mailwing.store.persistence.QueueRows;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Protocol;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.Submission;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells senders what became of their queued messages (RFC 3461, RFC 3464). A notification has the
/// null reverse-path, so nothing is ever told of it (RFC 5321 §4.5.5).
public final class QueueNotices {
  private static final Logger LOG = LoggerFactory.getLogger(QueueNotices.class);
  private static final int AT_A_TIME = 200;

  /// A larger message's header alone is returned.
  private static final long MOST_RETURNED = 10L << 20;

  private final MailStore store;
  private final QueueNoticeRows rows;
  private final SecureRandom random = new SecureRandom();
  private final ReportRates rates;

  public QueueNotices(MailStore store) {
    this.store = store;
    this.rows = new QueueNoticeRows(store.sql());
    this.rates = new ReportRates(store.outbound().rules().reportsPerHour());
  }

  /// Makes what is due; call it every second or so, and after a result was reported.
  public void send() {
    List<Notice> due;
    do {
      due = rows.take(AT_A_TIME);
      for (Notice notice : due) {
        try {
          send(notice);
        } catch (StoreException e) {
          // It is due again in some minutes.
          LOG.warn("event=notification-failed id={} code={}", notice.queueId(), e.code());
        }
      }
    } while (due.size() == AT_A_TIME);
  }

  private void send(Notice notice) {
    // Whoever names a stranger's address as the sender's must not flood it by our reports.
    if (notice.origin().getProtocol() == Protocol.SMTP && rates.isOver(notice)) {
      LOG.warn("event=notification-dropped id={} kind={}", notice.queueId(), notice.kind());
      rows.done(notice);
      return;
    }
    boolean whole =
        notice.kind() == QueueRows.DSN_FAILED
            && notice.ret() == Submission.Return.FULL_VALUE
            && !notice.requireTls()
            && notice.place().size() <= MOST_RETURNED;
    byte[] unique = new byte[16];
    random.nextBytes(unique);
    StatusNotice text = new StatusNotice(notice, "=_" + HexFormat.of().formatHex(unique), whole);
    String to = Address.unquoted(notice.reversePath());
    IncomingDelivery delivery =
        new IncomingDelivery(
            store, envelope(notice, to, text), Submitter.notifying(notice.ref().getAccountId()));
    List<RecipientResult> results;
    try {
      String from = "MAILER-DAEMON@" + notice.reportingMta();
      delivery.feed(ByteString.copyFromUtf8(text.head(from, Instant.now())));
      returned(notice, whole, delivery);
      delivery.feed(ByteString.copyFromUtf8(text.tail()));
      results = delivery.finish();
    } catch (RuntimeException e) {
      delivery.abandon();
      throw e;
    }
    RecipientResult result = results.getFirst();
    if (result.getStatus() == RecipientResult.Status.FAILED) {
      boolean later =
          result.getError() == ErrorCode.OVER_QUOTA
              && System.currentTimeMillis()
                  < notice.expiresAt() + store.outbound().rules().expiry().toMillis();
      LOG.warn(
          "event=notification-refused id={} code={} later={}",
          notice.queueId(),
          result.getError(),
          later);
      if (later) {
        return;
      }
    }
    rows.done(notice);
    LOG.info("event=notified id={} kind={}", notice.queueId(), notice.kind());
  }

  private static DeliveryEnvelope envelope(Notice notice, String to, StatusNotice text) {
    return DeliveryEnvelope.newBuilder()
        .setDeliveryId(notice.deliveryId())
        .addRecipients(
            DeliveryRecipient.newBuilder()
                .setAddress(to)
                .setPath(notice.reversePath())
                .setNotify(1)
                .setHeaderPrefix(
                    ByteString.copyFromUtf8(
                        "Return-Path: <>\r\nDelivered-To: " + notice.reversePath() + "\r\n")))
        .setRequireTls(notice.requireTls())
        .setTrace(
            ClientInfoForTrace.newBuilder()
                .setProtocol(Protocol.API)
                .setHelo(notice.reportingMta())
                .setHost(notice.reportingMta())
                .setQueueId(notice.id().toString()))
        .setSubmission(
            Submission.newBuilder().setSmtpUtf8(text.isGlobal()).setPriority(notice.priority()))
        .build();
  }

  private void returned(Notice notice, boolean whole, IncomingDelivery delivery) {
    long end =
        whole ? notice.place().size() : Math.min(notice.headerOctets(), notice.place().size());
    for (long at = 0; at < end; ) {
      byte[] piece = store.blobs().piece(notice.ref().getAccountId(), notice.place(), at, end - at);
      delivery.feed(UnsafeByteOperations.unsafeWrap(piece));
      at += piece.length;
    }
  }
}
