package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.StatusItem;
import mailwing.imap.session.SessionState.Selected;

/// ENABLE (RFC 9051 §6.3.1, RFC 5161): tells what this command has switched on; unknown names are
/// passed over. And the other ways of switching CONDSTORE on (RFC 7162 §3.1).
final class EnableExecutor {
  private EnableExecutor() {}

  static Reply execute(Session session, AuthenticatedCommand.Enable command) throws IOException {
    boolean modSeqs = session.enabled(Feature.CONDSTORE);
    List<String> switchedOn = new ArrayList<>();
    for (String name : command.capabilities()) {
      Feature feature = Capabilities.feature(name);
      if (feature != null && session.enable(feature)) {
        switchedOn.add(feature.wire());
      }
    }
    session.out().enabled(switchedOn);
    if (!modSeqs && session.enabled(Feature.CONDSTORE)) {
      tell(session);
    }
    return Reply.ok("ENABLE completed");
  }

  /// The first command that asks for modseqs makes them told from then on, and the highest at once.
  static void implicitly(Session session, Command command) throws IOException {
    if (!session.enabled(Feature.CONDSTORE)
        && asksForModSeqs(command)
        && session.enable(Feature.CONDSTORE)
        && !(command instanceof AuthenticatedCommand.Select)) {
      tell(session);
    }
  }

  private static void tell(Session session) throws IOException {
    if (session.state() instanceof Selected selected) {
      Announcer.highestModSeq(session, selected.view());
    }
  }

  private static boolean asksForModSeqs(Command command) {
    return switch (command) {
      case AuthenticatedCommand.Select c -> c.condstore();
      case AuthenticatedCommand.Status c -> c.items().contains(StatusItem.HIGHESTMODSEQ);
      case AuthenticatedCommand.ListMailboxes c ->
          c.returns().status().contains(StatusItem.HIGHESTMODSEQ);
      case SelectedCommand.Fetch c ->
          c.changedSince() > 0 || c.items().contains(FetchItem.Attribute.MODSEQ);
      case SelectedCommand.Store c -> c.unchangedSince().isPresent();
      case SelectedCommand.Search c -> c.key().asksModSeq();
      case SelectedCommand.Sort c -> c.key().asksModSeq();
      case SelectedCommand.Threads c -> c.key().asksModSeq();
      case AuthenticatedCommand.MultiSearch c -> c.key().asksModSeq();
      default -> false;
    };
  }
}
