package mailwing.store.domain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.Deliveries;
import mailwing.store.persistence.DeliveryRetries;
import mailwing.store.persistence.MessageFacts;
import mailwing.store.persistence.NewMessage;
import mailwing.store.persistence.NewReport;
import mailwing.store.persistence.Traced;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryTrace;
import org.jspecify.annotations.Nullable;

/// What accounts are given to store of one delivery, and what is stored with it for the others.
final class DeliveryParts {
  private final MailStore store;
  private final DeliveryEnvelope envelope;
  private final byte[] deliveryId;
  private final LocalReports reports;
  private final Distribution distribution;
  private final Map<Long, DeliveryShare> shares;
  private final IncomingMessage message;
  private final String mailbox;
  private final long submitter;
  private final long now;

  /// By the length of what stands before the message.
  private final Map<Integer, MessageFacts> facts = new ConcurrentHashMap<>();

  /// @param shares by account
  /// @param submitter 0 for nobody
  /// @param now when it was accepted, in milliseconds since 1970
  DeliveryParts(
      MailStore store,
      DeliveryEnvelope envelope,
      LocalReports reports,
      Distribution distribution,
      Map<Long, DeliveryShare> shares,
      IncomingMessage message,
      long submitter,
      long now) {
    this.store = store;
    this.envelope = envelope;
    this.deliveryId = envelope.getDeliveryId().toByteArray();
    this.reports = reports;
    this.distribution = distribution;
    this.shares = shares;
    this.message = message;
    this.mailbox =
        envelope.getMailbox().isEmpty()
            ? MailboxName.INBOX
            : MailboxName.lookup(envelope.getMailbox());
    this.submitter = submitter;
    this.now = now;
  }

  /// What is not settled but for this copy, as its account would hold it.
  List<DeliveryRetries.Retry> rest(IncomingMessage.Copy first) {
    return rest(message, first, first.prefix.length);
  }

  /// @param skip octets of the first copy that the others do not have
  List<DeliveryRetries.Retry> rest(IncomingMessage from, IncomingMessage.Copy first, int skip) {
    Blobs.Place place =
        new Blobs.Place(first.blobId, from.size(first), from.firstChunkOctets(first));
    List<DeliveryRetries.Retry> rest = new ArrayList<>();
    for (DeliveryShare share : shares.values()) {
      if (share.copy != first && share.isOwed(reports)) {
        rest.add(
            new DeliveryRetries.Retry(
                first.accountId,
                deliveryId,
                share.copy.accountId,
                place,
                skip,
                share.copy.prefix,
                mailbox,
                now,
                now,
                0,
                share.answered ? new byte[0] : reports.keep(share.recipients),
                trace(message.finish(), share)));
      }
    }
    return rest;
  }

  /// What the sender is told once there is a first commit: where each recipient is answered, the
  /// client hears of failures.
  List<NewReport> firstReports(IncomingMessage.Copy first) {
    List<NewReport> told =
        new ArrayList<>(reports.expanded(first.accountId, distribution.expanded(), message));
    told.addAll(reports.delivered(first.accountId, distribution.posted(), message));
    distribution
        .partly()
        .forEach(
            (recipient, why) ->
                told.addAll(reports.failed(first.accountId, List.of(recipient), why, message)));
    if (!envelope.getAnswersEach()) {
      distribution
          .refused()
          .forEach(
              (recipient, why) ->
                  told.addAll(reports.failed(first.accountId, List.of(recipient), why, message)));
    }
    return told;
  }

  private @Nullable Traced trace(ParsedMessage parsed, DeliveryShare share) {
    if (!store.traces()) {
      return null;
    }
    String messageId = parsed.messageId();
    return new Traced(
        DeliveryTrace.newBuilder()
            .setClient(envelope.getTrace())
            .setReversePath(envelope.getReversePath())
            .setRecipient(share.recipient)
            .setMessageId(messageId == null ? "" : messageId)
            .setAcceptedAtMillis(now)
            .build(),
        submitter);
  }

  Deliveries.Target target(DeliveryShare share) {
    return new Deliveries.Target(share.copy.accountId, 0, mailbox, true, 0);
  }

  NewMessage message(
      ParsedMessage parsed,
      DeliveryShare share,
      List<DeliveryRetries.Retry> rest,
      List<NewReport> told) {
    IncomingMessage.Copy copy = share.copy;
    return new NewMessage(
        deliveryId,
        0,
        List.of(),
        now,
        0,
        message.size(copy),
        message.firstChunkOctets(copy),
        copy.blobId,
        message.body(copy),
        facts.computeIfAbsent(copy.prefix.length, prefix -> Facts.of(parsed, prefix)),
        trace(parsed, share),
        rest,
        told);
  }
}
