package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import mailwing.imap.command.FlagList;
import mailwing.imap.protocol.FetchWriter;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.protocol.UidRuns;
import mailwing.imap.view.MessageState;
import mailwing.imap.view.SessionView;
import mailwing.imap.view.ViewUpdates;
import mailwing.store.v1.Right;

/// Tells a client what changed in its mailbox: the one place where EXPUNGE or VANISHED, EXISTS,
/// RECENT and unsolicited FETCH are sent (RFC 9051 §7.5.1, RFC 7162 §3.2).
final class Announcer {
  private static final int SYSTEM_FLAGS =
      FlagList.SEEN | FlagList.ANSWERED | FlagList.FLAGGED | FlagList.DELETED | FlagList.DRAFT;

  private Announcer() {}

  /// Tells all that may be told now; whether there was anything.
  ///
  /// @param expungeAllowed numbers may change now
  static boolean announce(Session session, SessionView view, boolean expungeAllowed)
      throws IOException {
    UpdateContexts contexts = session.contexts();
    if (!view.mayBeBehind() && !contexts.behind()) {
      return false;
    }
    ResponseWriter out = session.out();
    SelectedEvents wanted = session.selectedEvents();
    // What the client does itself it is told of, whatever it wants to know of others.
    boolean expunges = expungeAllowed && (wanted.messages() || session.expunging());
    ViewUpdates updates = view.advance(expunges, wanted.messages(), wanted.flags());
    contexts.expunged(session, updates.expungedUids(), updates.expungedSeqs());
    if (session.enabled(Feature.QRESYNC) || session.enabled(Feature.UIDONLY)) {
      out.vanished(false, UidRuns.of(updates.expungedUids()));
    } else {
      for (int seq : updates.expungedSeqs()) {
        out.expunge(seq);
      }
    }
    if (updates.exists() >= 0) {
      out.exists(updates.exists());
      recent(session, updates.recent());
    }
    if (!updates.keywords().isEmpty() || updates.otherRights()) {
      flags(out, view.mailbox().keywords(), view);
    }
    if (updates.urlKeyReset()) {
      UrlExecutor.tellMechanisms(session);
    }
    for (MessageState message : updates.changed()) {
      fetch(session, message, wanted.always(), true);
    }
    if (updates.exists() >= 0 && !wanted.newMessageItems().isEmpty()) {
      NewMessages.tell(session, wanted.newMessageItems(), updates.firstNew(), updates.exists());
    }
    if (session.state() instanceof SessionState.Selected selected) {
      int firstNew = updates.exists() >= 0 ? updates.firstNew() : Integer.MAX_VALUE;
      contexts.changed(session, selected, updates.touched(), firstNew);
    }
    return !updates.isEmpty();
  }

  /// As [#announce] at a command's end. A client takes the highest modseq that it was told for the
  /// one it is current to (RFC 7162 §6): where that would be too high, it is told the right one.
  static void announceAtEnd(Session session, SessionState.Selected state, boolean expungeAllowed)
      throws IOException {
    SessionView view = state.view();
    announce(session, view, expungeAllowed);
    if (session.toldModSeq() > view.highestModSeq()) {
      state.mailbox().tryEnsure(state.store(), state.mailbox().shared().furthest());
      announce(session, view, expungeAllowed);
      if (session.toldModSeq() > view.highestModSeq()) {
        highestModSeq(session, view);
      }
    }
    session.tellModSeq(0);
  }

  /// RFC 7162 §3.1.2.1.
  static void highestModSeq(Session session, SessionView view) throws IOException {
    session
        .out()
        .untaggedOk(new ResponseCode.HighestModSeq(view.highestModSeq()), "Highest modseq");
  }

  /// RECENT, which IMAP4rev2 does not have (RFC 9051 appendix E).
  static void recent(Session session, int count) throws IOException {
    if (!session.enabled(Feature.IMAP4REV2)) {
      session.out().recent(count);
    }
  }

  /// FLAGS and PERMANENTFLAGS: the system flags and the mailbox's keywords, and of these the ones
  /// that the user may change (RFC 4314 §5.1.1).
  static void flags(ResponseWriter out, List<String> keywords, SessionView view)
      throws IOException {
    out.flags(new FlagList(SYSTEM_FLAGS, keywords));
    int rights = view.readOnly() ? 0 : view.mailbox().rights();
    boolean write = (rights & Right.RIGHT_WRITE_VALUE) != 0;
    FlagList permanent = new FlagList(Rights.changeableFlags(rights), write ? keywords : List.of());
    out.untaggedOk(
        new ResponseCode.PermanentFlags(permanent, write),
        permanent.equals(FlagList.NONE) ? "No flags can change" : "Flags that can change");
  }

  /// Begins FETCH, or UIDFETCH (RFC 9586 §3.3).
  static FetchWriter begin(Session session, MessageState message) throws IOException {
    return session.enabled(Feature.UIDONLY)
        ? session.out().uidFetch(Integer.toUnsignedLong(message.uid()))
        : session.out().fetch(message.seq());
  }

  static void flags(Session session, FetchWriter fetch, MessageState message) throws IOException {
    boolean recent = message.recent() && !session.enabled(Feature.IMAP4REV2);
    fetch.flags(message.systemFlags(), recent, message.keywords());
  }

  /// FETCH with a message's flags, unasked or as STORE's answer; with UID in IMAP4rev2 (RFC 9051
  /// appendix E), and UID and MODSEQ for a client that knows of modseqs (RFC 7162 §3.2.4).
  ///
  /// @param uid the client works with UIDs
  /// @param flags false: only the modseq is news
  static void fetch(Session session, MessageState message, boolean uid, boolean flags)
      throws IOException {
    boolean modSeq = session.enabled(Feature.CONDSTORE);
    FetchWriter fetch = begin(session, message);
    if ((uid || modSeq || session.enabled(Feature.IMAP4REV2))
        && !session.enabled(Feature.UIDONLY)) {
      fetch.uid(Integer.toUnsignedLong(message.uid()));
    }
    if (flags) {
      flags(session, fetch, message);
    }
    if (modSeq) {
      modSeq(session, fetch, message);
    }
    fetch.end();
  }

  static void modSeq(Session session, FetchWriter fetch, MessageState message) throws IOException {
    session.tellModSeq(Math.max(session.toldModSeq(), message.modSeq()));
    fetch.modSeq(message.modSeq());
  }
}
