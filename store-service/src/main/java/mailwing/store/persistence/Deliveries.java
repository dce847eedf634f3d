package mailwing.store.persistence;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeResponse;
import mailwing.store.v1.SystemFlag;
import org.jspecify.annotations.Nullable;

/// Stores messages: one call of `mail_store`, one round trip, one commit.
public final class Deliveries {
  /// The most messages one call takes.
  public static final int MOST = 64;

  private static final String STORE =
      "SELECT outcomes, mailbox_ids, uid_validities, uids, modseqs FROM mail_store("
          + "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
          + " ?, ?, ?)";

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

  private List<Stored> store(Connection c, Target target, boolean atomic, List<NewMessage> messages)
      throws SQLException {
    int n = messages.size();
    byte[][] deliveryIds = new byte[n][];
    byte[] @Nullable [] bodies = new byte[n][];
    byte[][] envelopes = new byte[n][];
    byte[][] structures = new byte[n][];
    @Nullable Long[] sentMillis = new Long[n];
    @Nullable Integer[] sentDays = new Integer[n];
    UUID[] blobs = new UUID[n];
    int[] refEnds = new int[n];
    int refs = 0;
    for (int i = 0; i < n; i++) {
      NewMessage m = messages.get(i);
      deliveryIds[i] = m.deliveryId();
      bodies[i] = m.body();
      envelopes[i] = m.facts().envelope();
      structures[i] = m.facts().structure();
      sentMillis[i] = m.facts().sentMillis();
      sentDays[i] = m.facts().sentDay();
      blobs[i] = m.blobId();
      refs += m.facts().threadHashes().length;
      refEnds[i] = refs;
    }
    long[] refHashes = new long[refs];
    for (int i = 0, at = 0; i < n; i++) {
      long[] hashes = messages.get(i).facts().threadHashes();
      System.arraycopy(hashes, 0, refHashes, at, hashes.length);
      at += hashes.length;
    }
    try (PreparedStatement s = c.prepareStatement(STORE)) {
      s.setLong(1, target.accountId());
      s.setLong(2, target.mailboxId());
      s.setString(3, target.name());
      s.setBoolean(4, target.elseInbox());
      s.setBoolean(5, atomic);
      s.setInt(6, maxKeywords);
      s.setInt(7, messages.getFirst().facts().parserVersion());
      s.setArray(8, c.createArrayOf("bytea", deliveryIds));
      int flags = target.holder() == 0 ? -1 : ~SystemFlag.SEEN_VALUE;
      s.setArray(9, ints(c, messages, message -> message.flags() & flags));
      s.setArray(
          10,
          texts(c, messages, m -> m.keywords().isEmpty() ? null : String.join(" ", m.keywords())));
      s.setArray(11, longs(c, messages, NewMessage::internalDate));
      s.setArray(12, ints(c, messages, NewMessage::zoneMinutes));
      s.setArray(13, longs(c, messages, NewMessage::size));
      s.setArray(14, ints(c, messages, NewMessage::firstChunkOctets));
      s.setArray(15, longs(c, messages, m -> m.facts().headerOctets()));
      s.setArray(16, c.createArrayOf("uuid", blobs));
      s.setArray(17, c.createArrayOf("bytea", bodies));
      s.setArray(18, c.createArrayOf("bytea", envelopes));
      s.setArray(19, c.createArrayOf("bytea", structures));
      s.setArray(20, texts(c, messages, m -> m.facts().preview()));
      s.setArray(21, c.createArrayOf("int8", boxed(refHashes)));
      s.setArray(22, c.createArrayOf("int4", boxed(refEnds)));
      s.setArray(23, c.createArrayOf("int8", sentMillis));
      s.setArray(24, c.createArrayOf("int4", sentDays));
      s.setArray(25, texts(c, messages, m -> m.facts().baseSubject()));
      s.setArray(26, texts(c, messages, m -> m.facts().sortFrom()));
      s.setArray(27, texts(c, messages, m -> m.facts().sortTo()));
      s.setArray(28, texts(c, messages, m -> m.facts().sortCc()));
      s.setArray(29, texts(c, messages, m -> m.facts().displayFrom()));
      s.setArray(30, texts(c, messages, m -> m.facts().displayTo()));
      s.setArray(31, texts(c, messages, m -> m.facts().messageId()));
      s.setArray(
          32,
          texts(
              c,
              messages,
              m ->
                  m.facts().references().isEmpty()
                      ? null
                      : String.join("\n", m.facts().references())));
      try (ResultSet row = s.executeQuery()) {
        row.next();
        return results(row, n);
      }
    }
  }

  private static List<Stored> results(ResultSet row, int n) throws SQLException {
    Integer[] outcomes = (Integer[]) row.getArray(1).getArray();
    Long[] mailboxIds = Rows.longs(row, 2);
    Long[] uidValidities = Rows.longs(row, 3);
    Long[] uids = Rows.longs(row, 4);
    Long[] modseqs = Rows.longs(row, 5);
    List<Stored> results = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      results.add(
          switch (outcomes[i]) {
            case 1, 2 ->
                new Stored(
                    ErrorCode.ERROR_CODE_UNSPECIFIED,
                    mailboxIds[i],
                    uidValidities[i],
                    uids[i],
                    modseqs[i],
                    outcomes[i] == 2);
            case 8 -> Stored.failed(ErrorCode.CANNOT);
            default -> Stored.failed(Rows.error(outcomes[i]));
          });
    }
    return results;
  }

  private static Array longs(
      Connection c, List<NewMessage> messages, ToLongFunction<NewMessage> value)
      throws SQLException {
    Long[] values = new Long[messages.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.applyAsLong(messages.get(i));
    }
    return c.createArrayOf("int8", values);
  }

  private static Array ints(
      Connection c, List<NewMessage> messages, ToIntFunction<NewMessage> value)
      throws SQLException {
    Integer[] values = new Integer[messages.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.applyAsInt(messages.get(i));
    }
    return c.createArrayOf("int4", values);
  }

  private static Array texts(
      Connection c, List<NewMessage> messages, Function<NewMessage, @Nullable String> value)
      throws SQLException {
    @Nullable String[] values = new String[messages.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.apply(messages.get(i));
    }
    return c.createArrayOf("text", values);
  }

  private static Long[] boxed(long[] values) {
    Long[] boxed = new Long[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return boxed;
  }

  private static Integer[] boxed(int[] values) {
    Integer[] boxed = new Integer[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return boxed;
  }
}
