package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeResponse;
import mailwing.store.v1.SystemFlag;
import org.jspecify.annotations.Nullable;

/// Stores messages: one call of `mail_store`, one round trip, one commit.
public final class Deliveries {
  /// The most messages one call takes.
  public static final int MOST = 64;

  private final Sql sql;
  private final int maxKeywords;

  public Deliveries(Sql sql, int maxKeywords) {
    this.sql = sql;
    this.maxKeywords = maxKeywords;
  }

  /// Which mailbox of which account, and what to do where it is missing.
  ///
  /// @param mailboxId 0: by name
  /// @param elseInbox INBOX where there is no such mailbox
  /// @param holder whose \Seen is set; 0 for the owner
  public record Target(
      long accountId, long mailboxId, String name, boolean elseInbox, long holder) {}

  /// A message and where it goes.
  public record Placed(Target target, NewMessage message) {
    /// Whether [#storeTogether] takes it: its body is at hand and nothing else belongs to its
    /// transaction.
    public boolean isPlain() {
      return message.body() != null
          && standsAlone(message)
          && (target.holder() == 0 || !seen(message));
    }
  }

  /// Copies of one message, each plain and for another account.
  ///
  /// @param owed what is made durable in the same commit, by what became of each copy: empty where
  ///   it is not stored yet
  public record Copies(
      List<Placed> placed, Function<List<Optional<Stored>>, List<DeliveryRetries.Retry>> owed) {
    /// A message for one account.
    public static Copies of(Placed one) {
      return new Copies(List.of(one), stored -> List.of());
    }
  }

  /// Stores plain messages of several accounts in one commit, each on its own: one target an
  /// account. A result for each, in order; null where somebody has locked the account or there is
  /// none, which is not waited for. May be repeated.
  public List<@Nullable Stored> storeTogether(List<Placed> messages) {
    return sql.repeatable(
        connection -> StoreCall.run(connection, false, false, maxKeywords, messages));
  }

  /// As [#storeTogether(List)], and in the same commit what is owed then.
  public List<@Nullable Stored> storeTogether(
      List<Placed> messages, Function<List<@Nullable Stored>, List<DeliveryRetries.Retry>> owed) {
    return sql.repeatableTransaction(
        connection -> {
          List<@Nullable Stored> stored =
              StoreCall.run(connection, false, false, maxKeywords, messages);
          List<DeliveryRetries.Retry> retries = owed.apply(stored);
          if (!retries.isEmpty()) {
            DeliveryRetries.add(connection, retries);
          }
          return stored;
        });
  }

  /// Stores messages of one parser version, at most [#MOST]; `atomic`: all or none. A result for
  /// each, in order. May be repeated: the delivery ids see to it.
  public List<Stored> store(Target target, boolean atomic, List<NewMessage> messages) {
    boolean held = target.holder() != 0 && messages.stream().anyMatch(Deliveries::seen);
    if (!held && messages.stream().allMatch(Deliveries::standsAlone)) {
      return sql.repeatable(connection -> store(connection, target, atomic, messages));
    }
    return sql.repeatableTransaction(
        connection -> {
          List<Stored> stored = store(connection, target, atomic, messages);
          for (int i = 0; i < stored.size(); i++) {
            // What was stored before has made its rest durable then.
            if (stored.get(i).done() && !stored.get(i).repeated()) {
              DeliveryRetries.add(connection, messages.get(i).rest());
              QueueReports.add(connection, messages.get(i).reports());
            }
          }
          if (held) {
            see(connection, target, messages, stored);
          }
          return stored;
        });
  }

  private static boolean standsAlone(NewMessage message) {
    return message.rest().isEmpty() && message.reports().isEmpty();
  }

  private static boolean seen(NewMessage message) {
    return (message.flags() & SystemFlag.SEEN_VALUE) != 0;
  }

  /// The holder has seen what came with \Seen.
  private static void see(
      Connection connection, Target target, List<NewMessage> messages, List<Stored> stored)
      throws SQLException {
    List<Long> uids = new ArrayList<>();
    long mailboxId = 0;
    for (int i = 0; i < stored.size(); i++) {
      if (stored.get(i).done() && !stored.get(i).repeated() && seen(messages.get(i))) {
        uids.add(stored.get(i).uid());
        mailboxId = stored.get(i).mailboxId();
      }
    }
    if (uids.isEmpty()) {
      return;
    }
    try (PreparedStatement statement =
        Sql.prepare(
            connection,
            "SELECT 1 FROM mail_see_stored(?, ?, ?, ?)",
            target.accountId(),
            mailboxId,
            target.holder(),
            connection.createArrayOf("int8", uids.toArray()))) {
      statement.executeQuery().close();
    }
  }

  /// A message that makes place for another one of its account.
  public record Replaced(long mailboxId, long uid) {}

  /// What became of the mailbox that the replaced message was in.
  public record Removal(long previousModseq, long modseq) {}

  /// A replacement. MESSAGE_NOT_FOUND where the replaced message is gone, or any of [#store]'s
  /// errors: nothing is changed then.
  public record Replacement(Stored stored, Removal removal) {}

  /// Stores a message in place of another one: both or neither, in one transaction. May be
  /// repeated.
  public Replacement replace(Target target, NewMessage message, Replaced replaced) {
    UidSpans one = UidSpans.of(replaced.uid());
    return sql.repeatableTransaction(
        connection -> {
          // First, so that its octets do not count against the quota any more.
          ExpungeResponse gone =
              EntryChanges.expunge(connection, target.accountId(), replaced.mailboxId(), one, true)
                  .response();
          Stored stored = store(connection, target, true, List.of(message)).getFirst();
          if (stored.done() && !stored.repeated() && gone.getUidsCount() == 0) {
            stored = Stored.failed(ErrorCode.MESSAGE_NOT_FOUND);
          }
          if (!stored.done()) {
            connection.rollback();
          } else if (target.holder() != 0) {
            see(connection, target, List.of(message), List.of(stored));
          }
          return new Replacement(stored, new Removal(gone.getPreviousModseq(), gone.getModseq()));
        });
  }

  /// What became of a submission.
  ///
  /// @param copy the sender's copy; null for none
  /// @param queued for each message, false where it was in the queue before
  public record Submitted(@Nullable Stored copy, List<Boolean> queued) {
    public Submitted {
      queued = List.copyOf(queued);
    }
  }

  /// Stores the sender's copy and queues the messages, all or none. May be repeated.
  public Submitted submit(
      Target target, NewMessage copy, List<NewQueued> queued, List<NewReport> reports) {
    return sql.repeatableTransaction(
        connection -> {
          Stored stored = store(connection, target, true, List.of(copy)).getFirst();
          if (!stored.done()) {
            connection.rollback();
            return new Submitted(stored, List.of());
          }
          return new Submitted(stored, NewQueueRows.add(connection, queued, reports));
        });
  }

  private List<Stored> store(Connection c, Target target, boolean atomic, List<NewMessage> messages)
      throws SQLException {
    return StoreCall.run(
            c,
            true,
            atomic,
            maxKeywords,
            messages.stream().map(message -> new Placed(target, message)).toList())
        .stream()
        .map(stored -> stored == null ? Stored.failed(ErrorCode.UNAVAILABLE) : stored)
        .toList();
  }
}
