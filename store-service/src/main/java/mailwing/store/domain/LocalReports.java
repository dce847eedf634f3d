package mailwing.store.domain;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.accounts.Resolution;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.NewQueued;
import mailwing.store.persistence.NewReport;
import mailwing.store.persistence.QueueRows;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Submission;
import org.jspecify.annotations.Nullable;

/// What a message's sender is told of its recipients here (RFC 3461 §5.2.3, §5.2.6, §5.2.7.3). A
/// report is made by the commit that it tells of; [QueueNotices] sends it.
final class LocalReports {
  private static final int NEVER = 1;
  private static final int SUCCESS = 2;
  private static final int FAILURE = 4;

  /// Why a recipient does not get a message.
  ///
  /// @param status RFC 3463
  record Reason(String status, String text) {}

  static final Reason GONE = new Reason("5.1.1", "There is no such user here any more");
  static final Reason FULL = new Reason("5.2.2", "The mailbox was full for days");
  static final Reason UNKNOWN = new Reason("5.1.1", "There is no such user here");
  static final Reason DISABLED = new Reason("5.2.1", "The mailbox is disabled");
  static final Reason ELSEWHERE = new Reason("5.7.1", "Mail is not relayed to other systems");

  private static final Reason NOT_A_POSTER = new Reason("5.7.2", "You may not post to this group");
  private static final Reason RETURN =
      new Reason("5.7.1", "The return address is forged or too old, or this is no notification");
  private static final Reason LOOP = new Reason("5.4.6", "The message has been here before");

  private final MailStore store;
  private final DeliveryEnvelope envelope;
  private @Nullable Boolean sent;

  LocalReports(MailStore store, DeliveryEnvelope envelope) {
    this.store = store;
    this.envelope = envelope;
  }

  /// What an error of a recipient tells its sender.
  static Reason reason(ErrorCode error) {
    return switch (error) {
      case ACCOUNT_DISABLED -> DISABLED;
      case DOMAIN_NOT_FOUND -> ELSEWHERE;
      case POST_REFUSED -> NOT_A_POSTER;
      case RETURN_REFUSED -> RETURN;
      case MAIL_LOOP -> LOOP;
      default -> UNKNOWN;
    };
  }

  /// What a retry has kept.
  static LocalReports kept(MailStore store, byte[] told) {
    try {
      return new LocalReports(store, DeliveryEnvelope.parseFrom(told));
    } catch (InvalidProtocolBufferException e) {
      throw new StoreException(ErrorCode.INTERNAL, "a retry's envelope cannot be read", e);
    }
  }

  /// The envelope as a retry keeps it; empty where nobody is told.
  byte[] keep(List<DeliveryRecipient> recipients) {
    if (recipients.isEmpty() || !areSent()) {
      return new byte[0];
    }
    DeliveryEnvelope.Builder kept =
        DeliveryEnvelope.newBuilder()
            .setReversePath(envelope.getReversePath())
            .setTrace(envelope.getTrace())
            .setReporting(envelope.getReporting())
            .setRequireTls(NewQueued.Tls.of(envelope) == NewQueued.Tls.REQUIRED);
    recipients.forEach(one -> kept.addRecipients(one.toBuilder().clearHeaderPrefix()));
    return kept.build().toByteArray();
  }

  List<DeliveryRecipient> recipients() {
    return envelope.getRecipientsList();
  }

  /// Is there a sender who may be told?
  boolean areSent() {
    Boolean known = sent;
    if (known == null) {
      known = areSent(envelope.getReversePath());
      sent = known;
    }
    return known;
  }

  private boolean areSent(String path) {
    if (!envelope.hasReporting() || path.isEmpty() || !QueuedShare.isPath(path)) {
      return false;
    }
    return switch (store.resolve(Address.unquoted(path))) {
      case Resolution.Local local -> true;
      case Resolution.Bounce bounce -> envelope.getReporting().getElsewhere();
      case Resolution.BadBounce bad -> false;
      case Resolution.NotLocal elsewhere -> envelope.getReporting().getElsewhere();
      case Resolution.UnknownUser unknown -> false;
      case Resolution.Disabled disabled -> false;
    };
  }

  static boolean wantsSuccess(DeliveryRecipient recipient) {
    return (recipient.getNotify() & SUCCESS) != 0;
  }

  /// An alias of several addresses tells of itself; its addresses tell of failures alone.
  static DeliveryRecipient withoutSuccess(DeliveryRecipient recipient) {
    int rest = recipient.getNotify() & ~SUCCESS;
    return wantsSuccess(recipient)
        ? recipient.toBuilder().setNotify(rest == 0 ? NEVER : rest).build()
        : recipient;
  }

  List<NewReport> delivered(
      long account, List<DeliveryRecipient> recipients, IncomingMessage message) {
    List<DeliveryRecipient> told = recipients.stream().filter(LocalReports::wantsSuccess).toList();
    return report(
        account, told, QueueRows.DSN_DELIVERED, new Reason("2.0.0", "Delivered"), message);
  }

  /// Delivered to an alias of several addresses.
  List<NewReport> expanded(
      long account, List<DeliveryRecipient> recipients, IncomingMessage message) {
    List<DeliveryRecipient> told = recipients.stream().filter(LocalReports::wantsSuccess).toList();
    return report(account, told, QueueRows.DSN_EXPANDED, new Reason("2.0.0", "Expanded"), message);
  }

  List<NewReport> failed(
      long account, List<DeliveryRecipient> recipients, Reason why, IncomingMessage message) {
    List<DeliveryRecipient> told =
        recipients.stream()
            .filter(one -> one.getNotify() == 0 || (one.getNotify() & FAILURE) != 0)
            .toList();
    return report(account, told, QueueRows.DSN_FAILED, why, message);
  }

  private List<NewReport> report(
      long account,
      List<DeliveryRecipient> recipients,
      int kind,
      Reason reason,
      IncomingMessage message) {
    if (recipients.isEmpty() || !areSent()) {
      return List.of();
    }
    boolean full =
        kind == QueueRows.DSN_FAILED
            && envelope.getReporting().getReturn() == Submission.Return.FULL
            && NewQueued.Tls.of(envelope) != NewQueued.Tls.REQUIRED;
    byte[] octets = message.returned(full);
    boolean whole = full && !message.spilled();
    OctetKinds kinds = new OctetKinds();
    kinds.look(UnsafeByteOperations.unsafeWrap(octets));
    NewQueued returned =
        new NewQueued(
            account,
            id(),
            envelope.getTrace().getQueueId(),
            envelope.getReversePath(),
            whole ? Submission.Return.FULL_VALUE : Submission.Return.HEADERS_VALUE,
            envelope.getReporting().getEnvelopeId(),
            false,
            NewQueued.Tls.of(envelope),
            envelope.getReporting().getPriority(),
            envelope.getReporting().getDeliverByMillis(),
            0,
            false,
            kinds.kinds(),
            new Blobs.Place(Blobs.newId(), octets.length, octets.length),
            whole ? message.finish().headerOctets() : octets.length,
            octets,
            envelope.getTrace().toByteArray(),
            null,
            null,
            false,
            null,
            NewQueued.Hold.NONE,
            System.currentTimeMillis() + store.outbound().rules().expiry().toMillis(),
            List.of(),
            List.of());
    return List.of(
        new NewReport(
            returned,
            recipients.stream()
                .map(
                    one ->
                        new NewReport.Told(
                            QueuedShare.recipient(one, true), kind, reason.status(), reason.text()))
                .toList()));
  }

  private static byte[] id() {
    UUID random = UUID.randomUUID();
    return ByteBuffer.allocate(16)
        .putLong(random.getMostSignificantBits())
        .putLong(random.getLeastSignificantBits())
        .array();
  }
}
