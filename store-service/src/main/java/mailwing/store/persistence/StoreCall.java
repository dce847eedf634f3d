package mailwing.store.persistence;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.SystemFlag;
import org.jspecify.annotations.Nullable;

/// One call of `mail_store`: messages as parallel arrays, those of one target side by side.
final class StoreCall {
  private static final int PARAMETERS = 37;
  private static final String STORE =
      "SELECT outcomes, mailbox_ids, uid_validities, uids, modseqs FROM mail_store("
          + String.join(", ", Collections.nCopies(PARAMETERS, "?"))
          + ")";

  private final Connection connection;
  private final List<Deliveries.Target> targets = new ArrayList<>();
  private final List<NewMessage> messages = new ArrayList<>();
  private final int[] targetOf;
  private final int[] placeOf;

  private StoreCall(Connection connection, List<Deliveries.Placed> placed) {
    this.connection = connection;
    Map<Deliveries.Target, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < placed.size(); i++) {
      groups.computeIfAbsent(placed.get(i).target(), target -> new ArrayList<>()).add(i);
    }
    targetOf = new int[placed.size()];
    placeOf = new int[placed.size()];
    groups.forEach(
        (target, places) -> {
          targets.add(target);
          for (int place : places) {
            targetOf[messages.size()] = targets.size();
            placeOf[messages.size()] = place;
            messages.add(placed.get(place).message());
          }
        });
  }

  /// A result for each message, in order; null where its account is locked and not waited for.
  static List<@Nullable Stored> run(
      Connection connection,
      boolean wait,
      boolean atomic,
      int maxKeywords,
      List<Deliveries.Placed> placed)
      throws SQLException {
    return new StoreCall(connection, placed).run(wait, atomic, maxKeywords);
  }

  private List<@Nullable Stored> run(boolean wait, boolean atomic, int maxKeywords)
      throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(STORE)) {
      s.setBoolean(1, wait);
      s.setBoolean(2, atomic);
      s.setInt(3, maxKeywords);
      s.setInt(4, messages.getFirst().facts().parserVersion());
      s.setArray(5, array("int8", targets, Deliveries.Target::accountId, Long[]::new));
      s.setArray(6, array("int8", targets, Deliveries.Target::mailboxId, Long[]::new));
      s.setArray(7, array("text", targets, Deliveries.Target::name, String[]::new));
      s.setArray(8, array("bool", targets, Deliveries.Target::elseInbox, Boolean[]::new));
      s.setArray(9, connection.createArrayOf("int4", boxed(targetOf)));
      s.setArray(10, octets(NewMessage::deliveryId));
      s.setArray(11, connection.createArrayOf("int4", flags()));
      s.setArray(12, texts(m -> m.keywords().isEmpty() ? null : String.join(" ", m.keywords())));
      s.setArray(13, longs(NewMessage::internalDate));
      s.setArray(14, ints(NewMessage::zoneMinutes));
      s.setArray(15, longs(NewMessage::size));
      s.setArray(16, ints(NewMessage::firstChunkOctets));
      s.setArray(17, longs(m -> m.facts().headerOctets()));
      s.setArray(
          18,
          connection.createArrayOf(
              "uuid", messages.stream().map(NewMessage::blobId).toArray(UUID[]::new)));
      s.setArray(19, octets(NewMessage::body));
      s.setArray(20, octets(m -> m.facts().envelope()));
      s.setArray(21, octets(m -> m.facts().structure()));
      s.setArray(22, texts(m -> m.facts().preview()));
      references(s, 23, 24);
      s.setArray(25, array("int8", messages, m -> m.facts().sentMillis(), Long[]::new));
      s.setArray(26, array("int4", messages, m -> m.facts().sentDay(), Integer[]::new));
      s.setArray(27, texts(m -> m.facts().baseSubject()));
      s.setArray(28, texts(m -> m.facts().sortFrom()));
      s.setArray(29, texts(m -> m.facts().sortTo()));
      s.setArray(30, texts(m -> m.facts().sortCc()));
      s.setArray(31, texts(m -> m.facts().displayFrom()));
      s.setArray(32, texts(m -> m.facts().displayTo()));
      s.setArray(33, texts(m -> m.facts().messageId()));
      s.setArray(
          34,
          texts(
              m ->
                  m.facts().references().isEmpty()
                      ? null
                      : String.join("\n", m.facts().references())));
      traces(s, 35, 36, 37);
      try (ResultSet row = s.executeQuery()) {
        row.next();
        return results(row);
      }
    }
  }

  /// In others' mailboxes \Seen is the holder's own, and is kept elsewhere.
  private Integer[] flags() {
    Integer[] flags = new Integer[messages.size()];
    for (int i = 0; i < flags.length; i++) {
      boolean own = targets.get(targetOf[i] - 1).holder() == 0;
      flags[i] = messages.get(i).flags() & (own ? -1 : ~SystemFlag.SEEN_VALUE);
    }
    return flags;
  }

  private void references(PreparedStatement s, int hashes, int places) throws SQLException {
    List<Long> all = new ArrayList<>();
    List<Integer> of = new ArrayList<>();
    for (int i = 0; i < messages.size(); i++) {
      for (long hash : messages.get(i).facts().threadHashes()) {
        all.add(hash);
        of.add(i + 1);
      }
    }
    s.setArray(hashes, connection.createArrayOf("int8", all.toArray(Long[]::new)));
    s.setArray(places, connection.createArrayOf("int4", of.toArray(Integer[]::new)));
  }

  private void traces(PreparedStatement s, int submitters, int traces, int keys)
      throws SQLException {
    @Nullable String[] texts = new String[messages.size()];
    for (int i = 0; i < texts.length; i++) {
      Traced trace = messages.get(i).trace();
      texts[i] =
          trace == null
              ? null
              : TraceKeys.text(trace.keys(targets.get(targetOf[i] - 1).accountId()));
    }
    s.setArray(submitters, array("int8", messages, StoreCall::submitter, Long[]::new));
    s.setArray(traces, octets(m -> m.trace() == null ? null : m.trace().told().toByteArray()));
    s.setArray(keys, connection.createArrayOf("text", texts));
  }

  private static @Nullable Long submitter(NewMessage message) {
    Traced trace = message.trace();
    return trace == null || trace.submitter() == 0 ? null : trace.submitter();
  }

  private List<@Nullable Stored> results(ResultSet row) throws SQLException {
    Integer[] outcomes = Rows.ints(row, 1);
    Long[] mailboxIds = Rows.longs(row, 2);
    Long[] uidValidities = Rows.longs(row, 3);
    Long[] uids = Rows.longs(row, 4);
    Long[] modseqs = Rows.longs(row, 5);
    @Nullable Stored[] results = new Stored[messages.size()];
    for (int i = 0; i < results.length; i++) {
      results[placeOf[i]] =
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
            case 10 -> null;
            default -> Stored.failed(Rows.error(outcomes[i]));
          };
    }
    return Collections.unmodifiableList(Arrays.asList(results));
  }

  /// The driver sends arrays of the elements' own class in binary, and arrays of objects as text.
  private <T, V> Array array(
      String type,
      List<T> of,
      Function<T, ? extends @Nullable V> value,
      IntFunction<@Nullable V[]> array)
      throws SQLException {
    @Nullable V[] values = array.apply(of.size());
    for (int i = 0; i < values.length; i++) {
      values[i] = value.apply(of.get(i));
    }
    return connection.createArrayOf(type, values);
  }

  private Array octets(Function<NewMessage, byte @Nullable []> value) throws SQLException {
    byte[] @Nullable [] values = new byte[messages.size()][];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.apply(messages.get(i));
    }
    return connection.createArrayOf("bytea", values);
  }

  private Array texts(Function<NewMessage, @Nullable String> value) throws SQLException {
    return array("text", messages, value, String[]::new);
  }

  private Array longs(ToLongFunction<NewMessage> value) throws SQLException {
    return array("int8", messages, value::applyAsLong, Long[]::new);
  }

  private Array ints(ToIntFunction<NewMessage> value) throws SQLException {
    return array("int4", messages, value::applyAsInt, Integer[]::new);
  }

  private static Integer[] boxed(int[] values) {
    return Arrays.stream(values).boxed().toArray(Integer[]::new);
  }
}
