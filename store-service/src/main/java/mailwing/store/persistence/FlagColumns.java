package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Consumer;
import mailwing.store.v1.FlagArrays;

/// Reads the flags of a whole mailbox, a frame a row: the database makes arrays of what a frame
/// holds, and no row is handed over for each message.
final class FlagColumns {
  private static final int ROWS = 4096;

  private final Connection connection;
  private final Access access;
  private final long mailboxId;
  private final KeywordSets sets = new KeywordSets();

  FlagColumns(Connection connection, Access access, long mailboxId) {
    this.connection = connection;
    this.access = access;
    this.mailboxId = mailboxId;
  }

  /// Ascending by UID.
  void read(Consumer<FlagArrays> sink) throws SQLException {
    long after = 0;
    // Aggregates take their input in the order of the subselect.
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT array_send(array_agg(t.uid)), array_send(array_agg(t.flags)),"
                + " array_send(array_agg(t.modseq)), array_send(array_agg(t.size)),"
                + " array_send(array_agg(t.uid) FILTER (WHERE t.keywords IS NOT NULL)),"
                + " string_agg(array_to_string(t.keywords, ' '), E'\\n')"
                + " FROM (SELECT uid, flags, modseq, size, keywords FROM "
                + access.entries()
                + " e WHERE account_id = ? AND mailbox_id = ? AND uid > ?"
                + " ORDER BY uid LIMIT "
                + ROWS
                + ") t")) {
      int read;
      do {
        statement.setLong(1, access.account());
        statement.setLong(2, mailboxId);
        statement.setLong(3, after);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          long[] uids = BinaryArrays.numbers(row.getBytes(1));
          read = uids.length;
          if (read > 0) {
            after = uids[read - 1];
            sink.accept(frame(row, uids));
          }
        }
      } while (read == ROWS);
    }
  }

  private FlagArrays frame(ResultSet row, long[] uids) throws SQLException {
    FlagArrays.Builder frame = FlagArrays.newBuilder();
    add(
        frame,
        uids,
        BinaryArrays.numbers(row.getBytes(2)),
        BinaryArrays.numbers(row.getBytes(3)),
        BinaryArrays.numbers(row.getBytes(4)));
    long[] withKeywords = BinaryArrays.numbers(row.getBytes(5));
    if (withKeywords.length > 0) {
      String[] keywords = row.getString(6).split("\\n", -1);
      int next = 0;
      for (long uid : uids) {
        boolean some = next < withKeywords.length && withKeywords[next] == uid;
        frame.addKeywordSets(some ? sets.number(keywords[next++], frame) : 0);
      }
    }
    return frame.build();
  }

  static void add(
      FlagArrays.Builder frame, long[] uids, long[] flags, long[] modseqs, long[] sizes) {
    for (int i = 0; i < uids.length; i++) {
      frame
          .addUids((int) uids[i])
          .addSystemFlags((int) flags[i])
          .addModseqs(modseqs[i])
          .addSizes(sizes[i]);
    }
  }
}
