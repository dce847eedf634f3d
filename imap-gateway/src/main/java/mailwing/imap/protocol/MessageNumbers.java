package mailwing.imap.protocol;

import java.util.List;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.command.SequenceSet.Range;
import org.jspecify.annotations.Nullable;

/// What only a session's view knows of the numbers in a command. Ranges are of UIDs, ascending, and
/// empty where nothing is meant.
public interface MessageNumbers {

  /// The UIDs of sequence numbers; `$` is the saved result.
  List<Range> uidsOfSequence(SequenceSet set);

  /// UIDs with `*` resolved; `$` is the saved result.
  List<Range> uids(SequenceSet set);

  /// The store's number of an EMAILID or THREADID (RFC 8474); null where it is none of this
  /// mailbox's.
  default @Nullable String objectNumber(String id, char kind) {
    return id;
  }

  /// The UIDs that are \Recent in this session.
  List<Range> recentUids();
}
