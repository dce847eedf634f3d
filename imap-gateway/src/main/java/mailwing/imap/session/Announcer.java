package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import mailwing.imap.command.FlagList;
import mailwing.imap.protocol.FetchWriter;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.view.MessageState;
import mailwing.imap.view.SessionView;
import mailwing.imap.view.ViewUpdates;

/// Tells a client what changed in its mailbox: the one place where EXPUNGE, EXISTS, RECENT and
/// unsolicited FETCH are sent (RFC 9051 §7.5.1).
final class Announcer {
  private static final int SYSTEM_FLAGS =
      FlagList.SEEN | FlagList.ANSWERED | FlagList.FLAGGED | FlagList.DELETED | FlagList.DRAFT;

  private Announcer() {}

  /// Tells all that may be told now; whether there was anything.
  ///
  /// @param expungeAllowed numbers may change now
  static boolean announce(ResponseWriter out, SessionView view, boolean expungeAllowed)
      throws IOException {
    if (!view.mayBeBehind()) {
      return false;
    }
    ViewUpdates updates = view.advance(expungeAllowed);
    for (int seq : updates.expungedSeqs()) {
      out.expunge(seq);
    }
    if (updates.exists() >= 0) {
      out.exists(updates.exists());
      out.recent(updates.recent());
    }
    if (!updates.keywords().isEmpty()) {
      flags(out, updates.keywords(), view.readOnly());
    }
    for (MessageState message : updates.changed()) {
      fetchFlags(out, message, false);
    }
    return !updates.isEmpty();
  }

  /// FLAGS and PERMANENTFLAGS: the system flags and the mailbox's keywords.
  static void flags(ResponseWriter out, List<String> keywords, boolean readOnly)
      throws IOException {
    FlagList flags = new FlagList(SYSTEM_FLAGS, keywords);
    out.flags(flags);
    out.untaggedOk(
        new ResponseCode.PermanentFlags(readOnly ? FlagList.NONE : flags, !readOnly),
        readOnly ? "No flags can change" : "Flags that can change");
  }

  /// FETCH with a message's flags, unasked or as STORE's answer.
  static void fetchFlags(ResponseWriter out, MessageState message, boolean withUid)
      throws IOException {
    FetchWriter fetch = out.fetch(message.seq());
    if (withUid) {
      fetch.uid(Integer.toUnsignedLong(message.uid()));
    }
    fetch.flags(message.systemFlags(), message.recent(), message.keywords()).end();
  }
}
