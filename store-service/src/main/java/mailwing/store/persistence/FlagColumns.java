package mailwing.store.persistence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Consumer;
import mailwing.store.v1.FlagArrays;
import org.jspecify.annotations.Nullable;

/// Reads the flags of a whole mailbox, a frame a row: the database makes arrays of what a frame
/// holds, two numbers in each element, and no row is handed over for each message.
final class FlagColumns {
  private static final int ROWS = 4096;

  /// Bits of system flags below a modseq.
  private static final int FLAG_BITS = 8;

  private static final int FLAGS = (1 << FLAG_BITS) - 1;

  private final Connection connection;
  private final Access access;
  private final long mailboxId;
  private final @Nullable FlagRange range;

  /// @param range the mailbox's
  FlagColumns(Connection connection, Access access, long mailboxId, @Nullable FlagRange range) {
    this.connection = connection;
    this.access = access;
    this.mailboxId = mailboxId;
    this.range = range;
  }

  /// Messages, each at the same place of the arrays.
  ///
  /// @param uids above sizes
  /// @param modseqs above flags
  /// @param withKeywords the UIDs of those that have some
  /// @param keywords of each of those a line
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  record Page(long[] uids, long[] modseqs, long[] withKeywords, @Nullable String keywords) {
    private static Page of(ResultSet row) throws SQLException {
      return new Page(
          BinaryArrays.strung(row.getBytes(1)),
          BinaryArrays.strung(row.getBytes(2)),
          BinaryArrays.strung(row.getBytes(3)),
          row.getString(4));
    }

    private int count() {
      return uids.length;
    }

    private long uid(int index) {
      return uids[index] >>> Integer.SIZE;
    }

    FlagArrays frame(KeywordSets sets) {
      FlagArrays.Builder frame = FlagArrays.newBuilder();
      for (int i = 0; i < count(); i++) {
        add(
            frame,
            uid(i),
            (int) (modseqs[i] & FLAGS),
            modseqs[i] >>> FLAG_BITS,
            uids[i] & UidSpans.MAX);
      }
      if (keywords != null && withKeywords.length > 0) {
        String[] lines = keywords.split("\\n", -1);
        int next = 0;
        for (int i = 0; i < count(); i++) {
          boolean some = next < withKeywords.length && withKeywords[next] == uid(i);
          frame.addKeywordSets(some ? sets.number(lines[next++], frame) : 0);
        }
      }
      return frame.build();
    }
  }

  static void add(
      FlagArrays.Builder frame, long[] uids, long[] flags, long[] modseqs, long[] sizes) {
    for (int i = 0; i < uids.length; i++) {
      add(frame, uids[i], (int) flags[i], modseqs[i], sizes[i]);
    }
  }

  private static void add(FlagArrays.Builder frame, long uid, int flags, long modseq, long size) {
    frame.addUids((int) uid).addSystemFlags(flags).addModseqs(modseq).addSizes(size);
  }

  /// Those with a UID above `after`, up to `last`, ascending.
  void read(long after, long last, Consumer<Page> sink) throws SQLException {
    // Aggregates take their input in the order of the subselect. A size is told up to 2^32 - 1.
    try (PreparedStatement statement =
        Sql.binary(
            connection.prepareStatement(
                "SELECT "
                    + BinaryArrays.string("t.uid << 32 | least(t.size, 4294967295)")
                    + ", "
                    + BinaryArrays.string("t.modseq << 8 | (t.flags & 255)")
                    + ", "
                    + BinaryArrays.string("t.uid")
                    + " FILTER (WHERE t.keywords IS NOT NULL),"
                    + " string_agg(array_to_string(t.keywords, ' '), E'\\n')"
                    + " FROM (SELECT uid, flags, modseq, size, keywords FROM "
                    + access.entries(range)
                    + " e WHERE account_id = ? AND mailbox_id = ? AND uid > ? AND uid <= ?"
                    + " ORDER BY uid LIMIT "
                    + ROWS
                    + ") t"))) {
      statement.setLong(1, access.account());
      statement.setLong(2, mailboxId);
      statement.setLong(4, last);
      long reached = after;
      Page page;
      do {
        statement.setLong(3, reached);
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          page = Page.of(row);
        }
        if (page.count() > 0) {
          reached = page.uid(page.count() - 1);
          sink.accept(page);
        }
      } while (page.count() == ROWS);
    }
  }
}
