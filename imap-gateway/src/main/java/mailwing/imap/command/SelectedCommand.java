package mailwing.imap.command;

import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Commands of the selected state (RFC 9051 §6.4).
///
/// Where a record has `uid`, its sets hold UIDs and its answers tell UIDs.
public sealed interface SelectedCommand extends Command {

  /// CHECK (RFC 3501 §6.4.1).
  record Check() implements SelectedCommand {}

  /// CLOSE (RFC 9051 §6.4.1).
  record Close() implements SelectedCommand {}

  /// UNSELECT (RFC 9051 §6.4.2).
  record Unselect() implements SelectedCommand {}

  /// EXPUNGE, and UID EXPUNGE with its UIDs (RFC 9051 §6.4.3, §6.4.9).
  record Expunge(@Nullable SequenceSet uids) implements SelectedCommand {}

  /// SEARCH (RFC 9051 §6.4.4).
  ///
  /// @param returns null: no RETURN was given
  /// @param charset as given, null if none; strings in `key` are decoded already
  record Search(
      boolean uid, @Nullable SearchReturn returns, @Nullable String charset, SearchKey key)
      implements SelectedCommand {}

  /// SORT (RFC 5256 §3, RFC 5267 for RETURN).
  record Sort(
      boolean uid,
      @Nullable SearchReturn returns,
      List<SortKey> order,
      String charset,
      SearchKey key)
      implements SelectedCommand {
    public Sort {
      order = List.copyOf(order);
    }
  }

  /// A sort criterion (RFC 5256 §3, RFC 5957).
  record SortKey(Field field, boolean reverse) {
    public enum Field {
      ARRIVAL,
      CC,
      DATE,
      FROM,
      SIZE,
      SUBJECT,
      TO,
      DISPLAYFROM,
      DISPLAYTO,
      /// RFC 6203 §6.
      RELEVANCY
    }
  }

  /// THREAD (RFC 5256 §3).
  record Threads(boolean uid, Algorithm algorithm, String charset, SearchKey key)
      implements SelectedCommand {
    public enum Algorithm {
      ORDEREDSUBJECT,
      REFERENCES,
      REFS
    }
  }

  /// FETCH (RFC 9051 §6.4.5), macros replaced by their items.
  ///
  /// @param changedSince RFC 7162 §3.1.4.1; 0 if not given
  /// @param vanished RFC 7162 §3.2.6
  /// @param partial RFC 9394 §3.3, null if not given
  record Fetch(
      boolean uid,
      SequenceSet messages,
      List<FetchItem> items,
      long changedSince,
      boolean vanished,
      @Nullable PartialRange partial)
      implements SelectedCommand {
    public Fetch {
      items = List.copyOf(items);
    }
  }

  /// STORE (RFC 9051 §6.4.6).
  ///
  /// @param unchangedSince RFC 7162 §3.1.3
  record Store(
      boolean uid,
      SequenceSet messages,
      Operation operation,
      boolean silent,
      FlagList flags,
      OptionalLong unchangedSince)
      implements SelectedCommand {
    public enum Operation {
      REPLACE,
      ADD,
      REMOVE
    }
  }

  /// COPY (RFC 9051 §6.4.7).
  record Copy(boolean uid, SequenceSet messages, MailboxName mailbox) implements SelectedCommand {}

  /// MOVE (RFC 9051 §6.4.8).
  record Move(boolean uid, SequenceSet messages, MailboxName mailbox) implements SelectedCommand {}

  /// REPLACE (RFC 8508): `message` is streamed as APPEND's is; `number` 0 stands for `*`.
  record Replace(boolean uid, long number, MailboxName mailbox, AppendMessage message)
      implements SelectedCommand {}

  /// CANCELUPDATE (RFC 5267 §4.3.2).
  record CancelUpdate(List<String> tags) implements SelectedCommand {
    public CancelUpdate {
      tags = List.copyOf(tags);
    }
  }

  /// UIDBATCHES: batch size, and the batches wanted (0, 0 for all).
  record UidBatches(long size, long first, long last) implements SelectedCommand {}
}
