package mailwing.smtp.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.data.TraceFields;
import mailwing.smtp.delivery.Deliveries;
import mailwing.smtp.delivery.Refusal;
import mailwing.smtp.dkim.DkimSigner;
import mailwing.smtp.signing.Signer;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.DeliverRequest;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.Protocol;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.RecipientSender;

/// Sends TLS reports by mail at once, past the queue: the store has them until they are taken, and
/// they go whatever the receiver's TLS is (RFC 8460 §3).
final class ReportPost {
  private final OutboundConfig config;
  private final String contact;
  private final Courier courier;
  private final Deliveries deliveries;
  private final Optional<Signer> signer;
  private final SecureRandom random = new SecureRandom();

  /// @param contact the reverse-path
  ReportPost(
      OutboundConfig config,
      String contact,
      Courier courier,
      Deliveries deliveries,
      Optional<Signer> signer) {
    this.config = config;
    this.contact = contact;
    this.courier = courier;
    this.deliveries = deliveries;
    this.signer = signer;
  }

  /// True where the receiver has taken it.
  boolean send(String to, byte[] report) {
    byte[] message = signed(report);
    return switch (deliveries
        .resolve(List.of(to), message.length, RecipientSender.getDefaultInstance())
        .getFirst()) {
      case Deliveries.Resolved.Taken taken -> deliver(to, message);
      case Deliveries.Resolved.Refused(Refusal why) ->
          why == Refusal.RELAYING && transfer(to, message);
    };
  }

  /// RFC 8460 §3: by the contact's domain.
  private byte[] signed(byte[] report) {
    if (signer.isEmpty()) {
      return report;
    }
    HeaderScan scan = HeaderScan.of(report, 0, report.length);
    Optional<DkimSigner> keys = signer.get().of(scan);
    if (keys.isEmpty()) {
      return report;
    }
    int body = scan.end() + 2;
    keys.get().write(report, body, report.length - body);
    byte[] fields =
        signer
            .get()
            .fields(keys.get(), report, scan, report.length)
            .getBytes(StandardCharsets.UTF_8);
    byte[] whole = Arrays.copyOf(fields, fields.length + report.length);
    System.arraycopy(report, 0, whole, fields.length, report.length);
    return whole;
  }

  /// To one of our own users.
  private boolean deliver(String to, byte[] message) {
    byte[] id = new byte[16];
    random.nextBytes(id);
    try {
      return deliveries
          .deliver(
              DeliverRequest.newBuilder()
                  .setEnvelope(
                      DeliveryEnvelope.newBuilder()
                          .setDeliveryId(ByteString.copyFrom(id))
                          .setReversePath(contact)
                          .setSize(message.length)
                          .addRecipients(
                              DeliveryRecipient.newBuilder()
                                  .setAddress(to)
                                  .setHeaderPrefix(
                                      UnsafeByteOperations.unsafeWrap(
                                          TraceFields.delivery(contact, to))))
                          .setTrace(ClientInfoForTrace.newBuilder().setProtocol(Protocol.API)))
                  .setData(UnsafeByteOperations.unsafeWrap(message))
                  .build())
          .isStored();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean transfer(String to, byte[] message) {
    QueueJob job =
        QueueJob.newBuilder()
            .setReversePath(contact)
            .setDomain(to.substring(to.lastIndexOf('@') + 1).toLowerCase(Locale.ROOT))
            .setSize(message.length)
            .setTlsOptional(true)
            .addRecipients(QueueJobRecipient.newBuilder().setPath(to).setNotify(1))
            .build();
    Destination own = new Destination(config);
    try {
      List<QueueResult> results =
          courier.deliver(
              own, job, job.getRecipientsList(), sink -> sink.write(message, 0, message.length));
      return results.getFirst().getOutcome() == QueueResult.Outcome.DELIVERED;
    } finally {
      own.sweep(true);
    }
  }
}
