package mailwing.imap.session;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import mailwing.imap.command.MailboxName;
import mailwing.imap.session.SessionState.Selected;

/// Tells clients of IMAP4rev2 which mailbox is meant by a name that they gave in another form than
/// the normal one: LIST with OLDNAME (RFC 9051 §6.3.9.7).
final class OldNames {
  private OldNames() {}

  /// After CREATE, DELETE and APPEND.
  ///
  /// @param name the mailbox
  /// @param given what the client called it
  static void tell(Session session, Collection<String> attributes, String name, MailboxName given)
      throws IOException {
    if (session.enabled(Feature.IMAP4REV2) && given.denormalized()) {
      session.out().list(attributes, new MailboxName(name), List.of(), given);
    }
  }

  /// After RENAME; not of INBOX, which is there all the same (RFC 9051 §6.3.6).
  static void tellRenamed(Session session, MailboxName from, MailboxName to) throws IOException {
    if (session.enabled(Feature.IMAP4REV2)
        && !from.isInbox()
        && (from.denormalized() || to.denormalized())) {
      session.out().list(List.of(), to, List.of(), from);
    }
  }

  /// SELECT and EXAMINE always tell the mailbox's name and attributes (RFC 9051 §6.3.2).
  static void tellSelected(Session session, MailboxName given, Selected selected)
      throws IOException {
    if (session.enabled(Feature.IMAP4REV2)) {
      session
          .out()
          .list(
              selected.attributes(),
              new MailboxName(selected.name()),
              List.of(),
              given.denormalized() ? given : null);
    }
  }
}
