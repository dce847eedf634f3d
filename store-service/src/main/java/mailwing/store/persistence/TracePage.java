package mailwing.store.persistence;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.DeliveryTrace;
import mailwing.store.v1.QueueAttempt;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.RefusedMail;
import mailwing.store.v1.TracePosition;
import mailwing.store.v1.TraceStep;
import mailwing.store.v1.TracedMessage;
import org.jspecify.annotations.Nullable;

/// Some messages and their steps, as one viewer may see them, of one moment.
final class TracePage {
  /// Whatever clocks say, a message is accepted before anything else happens to it.
  private static final Comparator<TraceStep> ORDER =
      Comparator.comparing((TraceStep step) -> step.getKind() != TraceStep.Kind.ACCEPTED)
          .thenComparingLong(TraceStep::getAtMillis)
          .thenComparingInt(TraceStep::getKindValue);

  private final Connection connection;
  private final long viewer;
  private final Map<ByteString, Told> messages = new LinkedHashMap<>();
  private Map<Long, String> addresses = Map.of();

  /// @param viewer the account that asks; 0: who may see all
  TracePage(Connection connection, long viewer) {
    this.connection = connection;
    this.viewer = viewer;
  }

  /// What is told of one message so far.
  private static final class Told {
    final TracedMessage.Builder message = TracedMessage.newBuilder();
    final List<TraceStep> steps = new ArrayList<>();
    final Set<Long> holders = new HashSet<>();
    long acceptedAt = Long.MAX_VALUE;
    boolean queued;
    int copies;

    TracedMessage build() {
      if (acceptedAt != Long.MAX_VALUE) {
        steps.add(
            TraceStep.newBuilder()
                .setKind(TraceStep.Kind.ACCEPTED)
                .setAtMillis(acceptedAt)
                .build());
      }
      steps.sort(ORDER);
      return message.addAllSteps(steps).build();
    }
  }

  List<TracedMessage> of(List<TraceRows.Found> found) throws SQLException {
    List<TraceRows.Found> accepted = new ArrayList<>();
    for (TraceRows.Found one : found) {
      Told told = new Told();
      told.message.setPosition(
          TracePosition.newBuilder().setAtMillis(one.at()).setDeliveryId(one.deliveryId()));
      RefusedMail refusal = one.refusal();
      if (refusal != null) {
        refused(told, refusal);
      } else {
        accepted.add(one);
      }
      messages.put(one.deliveryId(), told);
    }
    if (!accepted.isEmpty()) {
      queued(accepted);
      copies(accepted);
      owed(accepted);
    }
    return messages.values().stream().map(Told::build).toList();
  }

  private Told told(ByteString deliveryId) {
    return messages.computeIfAbsent(deliveryId, id -> new Told());
  }

  private void refused(Told told, RefusedMail refusal) {
    ClientInfoForTrace client = client(refusal.getClient(), refusal.getAccountId());
    told.message
        .setId(client.getQueueId())
        .setReversePath(refusal.getReversePath())
        .setOrigin(client);
    TraceStep.Builder step =
        TraceStep.newBuilder()
            .setKind(TraceStep.Kind.REFUSED)
            .setAtMillis(refusal.getAtMillis())
            .setRefusal(refusal.toBuilder().clearClient().clearAccountId());
    if (refusal.getRecipientsCount() == 1) {
      step.setRecipient(refusal.getRecipients(0));
    }
    told.steps.add(step.build());
  }

  /// Who logged in is told to nobody but them.
  private ClientInfoForTrace client(ClientInfoForTrace client, long submitter) {
    return viewer == 0 || viewer == submitter
        ? client
        : client.toBuilder().clearAuthenticatedAs().build();
  }

  private void queued(List<TraceRows.Found> accepted) throws SQLException {
    for (TraceQueueRows.Queued queued : TraceQueueRows.messages(connection, accepted, viewer)) {
      Told told = told(queued.deliveryId());
      told.holders.add(queued.account());
      told.acceptedAt = Math.min(told.acceptedAt, queued.createdAt());
      told.message
          .setId(queued.origin().getQueueId())
          .setMessageId(queued.messageId())
          .setReversePath(queued.reversePath())
          .setOrigin(client(queued.origin(), queued.through().isEmpty() ? queued.account() : 0));
      told.queued = true;
      List<TraceQueueRows.Recipient> recipients = TraceQueueRows.recipients(connection, queued);
      if (recipients.size() > TraceQueueRows.RECIPIENTS) {
        told.message.setMore(true);
      }
      new QueueSteps(
              recipients.subList(0, Math.min(recipients.size(), TraceQueueRows.RECIPIENTS)),
              TraceQueueRows.tries(connection, queued),
              TraceQueueRows.events(connection, queued),
              viewer == 0)
          .addTo(told.steps, queued.createdAt(), queued.through());
    }
  }

  private void copies(List<TraceRows.Found> accepted) throws SQLException {
    List<TraceRows.Copy> copies = new ArrayList<>();
    for (TraceRows.Copy copy : TraceRows.copies(connection, accepted, viewer)) {
      Told told = told(copy.deliveryId());
      if (++told.copies > TraceRows.COPIES) {
        told.message.setMore(true);
      } else {
        copies.add(copy);
      }
    }
    List<TraceRows.Copy> seen =
        copies.stream().filter(copy -> !copy.recipientRemoved() && maySee(copy.account())).toList();
    List<TraceRows.Place> places = TraceRows.places(connection, seen);
    Set<Long> named = new HashSet<>();
    seen.forEach(copy -> named.add(copy.account()));
    places.forEach(place -> named.add(place.reader()));
    addresses = TraceRows.addresses(connection, named);
    for (TraceRows.Copy copy : copies) {
      delivered(copy);
    }
    for (TraceRows.Place place : places) {
      happened(seen.get(place.copy()), place);
    }
  }

  private boolean maySee(long account) {
    return viewer == 0 || viewer == account;
  }

  private void delivered(TraceRows.Copy copy) {
    Told told = told(copy.deliveryId());
    told.holders.add(copy.account());
    about(told, copy.trace().told(), copy.trace().submitter());
    TraceStep.Builder step =
        TraceStep.newBuilder()
            .setKind(TraceStep.Kind.DELIVERED)
            .setAtMillis(copy.at())
            .setRecipient(copy.trace().told().getRecipient());
    if (!copy.recipientRemoved() && maySee(copy.account())) {
      step.setAccount(addresses.getOrDefault(copy.account(), ""))
          .setMailbox(copy.mailbox())
          .setUidValidity((int) copy.uidValidity())
          .setUid((int) copy.uid());
    }
    told.steps.add(step.build());
  }

  private void about(Told told, DeliveryTrace trace, long submitter) {
    if (told.queued) {
      // What was held has come when it was queued.
      return;
    }
    told.acceptedAt = Math.min(told.acceptedAt, trace.getAcceptedAtMillis());
    told.message
        .setId(trace.getClient().getQueueId())
        .setMessageId(trace.getMessageId())
        .setReversePath(trace.getReversePath())
        .setOrigin(client(trace.getClient(), submitter));
  }

  private void happened(TraceRows.Copy copy, TraceRows.Place place) {
    told(copy.deliveryId())
        .steps
        .add(
            TraceStep.newBuilder()
                .setKindValue(place.kind())
                .setAtMillis(place.at())
                .setRecipient(copy.trace().told().getRecipient())
                .setAccount(addresses.getOrDefault(copy.account(), ""))
                .setMailbox(place.mailbox())
                .setUid((int) place.uid())
                .setFromMailbox(place.fromMailbox())
                .setFromUid((int) place.fromUid())
                .setReader(place.reader() == 0 ? "" : addresses.getOrDefault(place.reader(), "?"))
                .build());
  }

  private void owed(List<TraceRows.Found> accepted) throws SQLException {
    Set<Long> holders = new HashSet<>();
    messages.values().forEach(told -> holders.addAll(told.holders));
    for (TraceRows.Owed owed : TraceRows.owed(connection, accepted, holders, viewer)) {
      Told told = told(owed.deliveryId());
      about(told, owed.trace().told(), owed.trace().submitter());
      told.steps.add(
          TraceStep.newBuilder()
              .setKind(TraceStep.Kind.DEFERRED)
              .setAtMillis(owed.since())
              .setRecipient(owed.trace().told().getRecipient())
              .setNextAtMillis(owed.nextAt())
              .build());
    }
  }

  /// The steps of one message in the outbound queue.
  ///
  /// @param all copies are told, wherever they are
  private record QueueSteps(
      List<TraceQueueRows.Recipient> recipients,
      List<TraceQueueRows.Try> tries,
      List<TraceQueueRows.Event> events,
      boolean all) {

    void addTo(List<TraceStep> steps, long createdAt, String through) {
      Map<Integer, String> paths = new HashMap<>();
      for (TraceQueueRows.Recipient recipient : recipients) {
        paths.put(recipient.number(), recipient.path());
        boolean untried = recipient.triedAt() == 0;
        steps.add(
            step(TraceStep.Kind.QUEUED, createdAt, recipient.path())
                .setThrough(through)
                .setNextAtMillis(untried && recipient.waits() ? recipient.nextAt() : 0)
                .build());
      }
      Map<Integer, TraceQueueRows.Try> last = new HashMap<>();
      tries.forEach(one -> last.put(one.recipient(), one));
      for (TraceQueueRows.Try one : tries) {
        String path = paths.get(one.recipient());
        if (path == null) {
          continue;
        }
        if (!isCopy(one)) {
          steps.add(tried(one, path, one.equals(last.get(one.recipient()))));
        } else if (!all) {
          steps.add(step(TraceStep.Kind.DELIVERED, one.attempt().getAtMillis(), path).build());
        }
      }
      for (TraceQueueRows.Recipient recipient : recipients) {
        if (isExpired(recipient, last.get(recipient.number()))) {
          steps.add(expired(recipient));
        }
      }
      for (TraceQueueRows.Event event : events) {
        String path = paths.get(event.recipient());
        if (path != null) {
          steps.add(event(event, path));
        }
      }
    }

    /// It failed though its last try did not say so: its time was over (4.4.7).
    private static boolean isExpired(
        TraceQueueRows.Recipient recipient, TraceQueueRows.@Nullable Try last) {
      return recipient.failed()
          && recipient.status().equals("4.4.7")
          && last != null
          && last.attempt().getResult().getOutcome() == QueueResult.Outcome.TRANSIENT;
    }

    /// It was held, and has become a delivery, which is told as such.
    private boolean isCopy(TraceQueueRows.Try one) {
      return one.attempt().getResult().getOutcome() == QueueResult.Outcome.DELIVERED
          && recipients.stream().anyMatch(r -> r.number() == one.recipient() && r.local());
    }

    private TraceStep tried(TraceQueueRows.Try one, String path, boolean last) {
      QueueResult result = one.attempt().getResult();
      TraceStep.Kind kind =
          switch (result.getOutcome()) {
            case DELIVERED -> TraceStep.Kind.RELAYED;
            case PERMANENT -> TraceStep.Kind.FAILED;
            default -> TraceStep.Kind.TRIED;
          };
      TraceStep.Builder step =
          step(kind, one.attempt().getAtMillis(), path).setAttempt(one.attempt());
      if (last && kind == TraceStep.Kind.TRIED) {
        recipients.stream()
            .filter(recipient -> recipient.number() == one.recipient() && recipient.waits())
            .forEach(recipient -> step.setNextAtMillis(recipient.nextAt()));
      }
      return step.build();
    }

    private static TraceStep expired(TraceQueueRows.Recipient recipient) {
      return step(TraceStep.Kind.FAILED, recipient.triedAt(), recipient.path())
          .setAttempt(
              QueueAttempt.newBuilder()
                  .setAtMillis(recipient.triedAt())
                  .setResult(
                      QueueResult.newBuilder()
                          .setNumber(recipient.number())
                          .setOutcome(QueueResult.Outcome.PERMANENT)
                          .setStatus(recipient.status())
                          .setReply(recipient.reply())))
          .build();
    }

    private static TraceStep event(TraceQueueRows.Event event, String path) {
      if (event.isTakenBack()) {
        return step(TraceStep.Kind.TAKEN_BACK, event.at(), path).build();
      }
      if (event.change() != 0) {
        return step(TraceStep.Kind.ADMINISTERED, event.at(), path)
            .setChangeValue(event.change())
            .build();
      }
      TraceStep.Builder step =
          step(TraceStep.Kind.NOTIFIED, event.at(), path).setNoticeValue(event.kind());
      if (event.notice() != null) {
        step.setNoticeId(event.notice().toString());
      }
      return step.build();
    }

    private static TraceStep.Builder step(TraceStep.Kind kind, long at, String recipient) {
      return TraceStep.newBuilder().setKind(kind).setAtMillis(at).setRecipient(recipient);
    }
  }
}
