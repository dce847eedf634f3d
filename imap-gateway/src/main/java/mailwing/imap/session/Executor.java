package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import mailwing.gateway.SessionGuard;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.NotAuthenticatedCommand;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.NotAuthenticated;
import mailwing.imap.session.SessionState.Selected;

/// Executes one command of any family, in whatever state the session is: refuses what the state
/// does not allow, tells what changed meanwhile, and says the tagged response.
public final class Executor {
  private static final String NOT_AUTHENTICATED = "Log in first";
  private static final String NOT_SELECTED = "Select a mailbox first";
  private static final String NOT_SUPPORTED = "Not supported";

  private Executor() {}

  /// How a command ended.
  public enum Outcome {
    DONE,
    /// The session is over.
    END,
    /// The session has been wrong too often: it must end with BYE.
    TOO_MANY_BAD,
    TOO_MANY_LOGINS
  }

  /// Executes and answers.
  public static Outcome execute(Session session, String tag, Command command, SessionGuard guard)
      throws IOException {
    long start = System.nanoTime();
    session.expunging(
        command instanceof SelectedCommand.Expunge
            || command instanceof SelectedCommand.Move
            || command instanceof SelectedCommand.Replace);
    Reply reply;
    Command wanted = command;
    session.progress().begin(tag);
    try {
      Filters.Expanded expanded = Filters.expand(session, command);
      wanted = expanded.command();
      Reply refused = expanded.refused();
      reply = refused == null ? run(session, tag, wanted) : refused;
    } catch (StoreException e) {
      reply = StoreErrors.reply(e.code());
      if (e.revoked()) {
        session.farewell("Login is not valid any more");
        return Outcome.END;
      }
    } finally {
      session.progress().end();
    }
    session.services().metrics().command(command.name(), reply.status(), start);
    if (session.state() instanceof Selected selected
        && reply.status() != Reply.Status.SILENT_END
        && reply.status() != Reply.Status.ANSWERED) {
      if (selected.mailbox().shared().gone()) {
        session.farewell(Session.GONE);
        return Outcome.END;
      }
      Announcer.announceAtEnd(session, selected, expungeAllowed(wanted));
      reply = reply.withModSeq(selected.view().highestModSeq());
    }
    if (reply.status() != Reply.Status.SILENT_END && reply.status() != Reply.Status.LOGOUT) {
      session.tellNotifications();
    }
    // Before the answer: a session that fails often waits for it.
    Outcome outcome = outcome(session, command, reply.status(), guard);
    ResponseWriter out = session.out();
    switch (reply.status()) {
      case OK -> out.status(tag, ResponseWriter.Status.OK, reply.code(), reply.text());
      case NO -> out.no(tag, reply.code(), reply.text());
      case BAD -> out.status(tag, ResponseWriter.Status.BAD, reply.code(), reply.text());
      case LOGOUT -> out.ok(tag, reply.text());
      case ANSWERED, SILENT_END -> {}
    }
    return outcome;
  }

  private static Outcome outcome(
      Session session, Command command, Reply.Status status, SessionGuard guard)
      throws IOException {
    boolean login = command instanceof NotAuthenticatedCommand;
    if (command instanceof AuthenticatedCommand.Unauthenticate
        && session.state() instanceof NotAuthenticated) {
      guard.unauthenticated();
    }
    return switch (status) {
      case OK -> {
        if (login && session.state() instanceof LoggedIn) {
          guard.authenticated();
        }
        yield Outcome.DONE;
      }
      case NO -> login && guard.loginFailed() ? Outcome.TOO_MANY_LOGINS : Outcome.DONE;
      case BAD -> guard.badCommand() ? Outcome.TOO_MANY_BAD : Outcome.DONE;
      case ANSWERED -> Outcome.DONE;
      case LOGOUT, SILENT_END -> Outcome.END;
    };
  }

  /// RFC 9051 §7.5.1: no EXPUNGE while FETCH, STORE or SEARCH by numbers is answered.
  private static boolean expungeAllowed(Command command) {
    return switch (command) {
      case SelectedCommand.Fetch c -> c.uid();
      case SelectedCommand.Store c -> c.uid();
      case SelectedCommand.Search c -> c.uid() && !NumbersUsed.in(c.key());
      case SelectedCommand.Sort c -> c.uid() && !NumbersUsed.in(c.key());
      case SelectedCommand.Threads c -> c.uid() && !NumbersUsed.in(c.key());
      case AuthenticatedCommand.MultiSearch c -> !NumbersUsed.in(c.key());
      default -> true;
    };
  }

  private static Reply run(Session session, String tag, Command command) throws IOException {
    return switch (command) {
      case AnyStateCommand c -> any(session, c);
      case NotAuthenticatedCommand c ->
          session.state() instanceof NotAuthenticated
              ? AuthExecutor.execute(session, tag, c)
              : Reply.bad("Already logged in");
      case AuthenticatedCommand c ->
          session.state() instanceof LoggedIn loggedIn
              ? authenticated(session, tag, loggedIn, c)
              : Reply.bad(NOT_AUTHENTICATED);
      case SelectedCommand c ->
          switch (session.state()) {
            case Selected selected -> selected(session, selected, tag, c);
            case LoggedIn _ -> Reply.bad(NOT_SELECTED);
            case NotAuthenticated _ -> Reply.bad(NOT_AUTHENTICATED);
          };
    };
  }

  private static Reply any(Session session, AnyStateCommand command) throws IOException {
    return switch (command) {
      case AnyStateCommand.Capability _ -> {
        session.out().capability(Capabilities.of(session));
        yield Reply.ok("CAPABILITY completed");
      }
      case AnyStateCommand.Noop _ -> {
        revalidate(session);
        yield Reply.ok("NOOP completed");
      }
      case AnyStateCommand.Logout _ -> {
        session.out().bye(null, "Logging out");
        session.unselect();
        yield new Reply(Reply.Status.LOGOUT, null, "LOGOUT completed");
      }
      case AnyStateCommand.Id _ -> {
        session.out().id(List.of(new AnyStateCommand.Id.Field("name", "Mailwing")));
        yield Reply.ok("ID completed");
      }
      case AnyStateCommand.Language c -> LanguageExecutor.execute(session, c);
    };
  }

  /// Asks the store whether the selected mailbox has changed, with the sessions that ask at the
  /// same time.
  static void revalidate(Session session) {
    if (session.state() instanceof Selected selected) {
      MailboxExecutor.revalidate(session.services(), selected);
    }
  }

  private static Reply authenticated(
      Session session, String tag, LoggedIn state, AuthenticatedCommand command)
      throws IOException {
    EnableExecutor.implicitly(session, command);
    Reply reply = reply(session, tag, state, command);
    if (reply.status() == Reply.Status.OK) {
      NotifyExecutor.changedHere(session, state, command);
    }
    return reply;
  }

  private static Reply reply(
      Session session, String tag, LoggedIn state, AuthenticatedCommand command)
      throws IOException {
    return switch (command) {
      case AuthenticatedCommand.Select c -> SelectExecutor.execute(session, state, c);
      case AuthenticatedCommand.Create c -> MailboxExecutor.create(session, state, c);
      case AuthenticatedCommand.Delete c -> MailboxExecutor.delete(session, state, c);
      case AuthenticatedCommand.Rename c -> MailboxExecutor.rename(session, state, c);
      case AuthenticatedCommand.Subscribe c -> MailboxExecutor.subscribe(state, c);
      case AuthenticatedCommand.ListMailboxes c -> ListExecutor.list(session, state, c);
      case AuthenticatedCommand.Lsub c -> ListExecutor.lsub(session, state, c);
      case AuthenticatedCommand.Status c -> MailboxExecutor.status(session, state, c);
      case AuthenticatedCommand.MultiSearch c ->
          MultiSearchExecutor.execute(session, state, tag, c);
      case AuthenticatedCommand.GetQuota c -> Quotas.get(session, state, c);
      case AuthenticatedCommand.GetQuotaRoot c -> Quotas.getRoot(session, state, c);
      case AuthenticatedCommand.SetQuota c -> Quotas.set(session, state, c);
      case AuthenticatedCommand.GetMetadata c -> MetadataExecutor.get(session, state, c);
      case AuthenticatedCommand.SetMetadata c -> MetadataExecutor.set(session, state, c);
      case AuthenticatedCommand.Append c -> AppendExecutor.append(session, state, c);
      case AuthenticatedCommand.GenUrlAuth c -> UrlExecutor.generate(session, state, c);
      case AuthenticatedCommand.ResetKey c -> UrlExecutor.resetKey(session, state, c);
      case AuthenticatedCommand.UrlFetch c -> UrlExecutor.fetch(session, state, c);
      case AuthenticatedCommand.Idle _ -> IdleExecutor.execute(session);
      case AuthenticatedCommand.Namespace _ -> ListExecutor.namespace(session, state);
      case AuthenticatedCommand.GetAcl c -> AclExecutor.get(session, state, c);
      case AuthenticatedCommand.SetAcl c -> AclExecutor.set(state, c);
      case AuthenticatedCommand.DeleteAcl c -> AclExecutor.delete(state, c);
      case AuthenticatedCommand.ListRights c -> AclExecutor.listRights(session, state, c);
      case AuthenticatedCommand.MyRights c -> AclExecutor.myRights(session, state, c);
      case AuthenticatedCommand.Enable c -> EnableExecutor.execute(session, c);
      case AuthenticatedCommand.Compress c -> CompressExecutor.execute(session, tag, c);
      case AuthenticatedCommand.Notify c -> NotifyExecutor.execute(session, state, c);
      case AuthenticatedCommand.Unauthenticate _ -> AuthExecutor.unauthenticate(session, tag);
      case AuthenticatedCommand.Comparator _ -> Reply.bad(NOT_SUPPORTED);
    };
  }

  private static Reply selected(
      Session session, Selected state, String tag, SelectedCommand command) throws IOException {
    if (session.enabled(Feature.UIDONLY) && NumbersUsed.in(command)) {
      return Reply.bad(
          ResponseCode.Name.UIDREQUIRED, "Message numbers are not allowed once UIDONLY is enabled");
    }
    EnableExecutor.implicitly(session, command);
    return switch (command) {
      case SelectedCommand.Check _ -> {
        revalidate(session);
        yield Reply.ok("CHECK completed");
      }
      case SelectedCommand.Close _ -> ExpungeExecutor.close(session, state);
      case SelectedCommand.Unselect _ -> {
        session.unselect();
        yield Reply.ok("UNSELECT completed");
      }
      case SelectedCommand.Expunge c -> ExpungeExecutor.execute(session, state, c);
      case SelectedCommand.Search c -> SearchExecutor.search(session, state, tag, c);
      case SelectedCommand.Sort c -> SearchExecutor.sort(session, state, tag, c);
      case SelectedCommand.Threads c -> SearchExecutor.threads(session, state, c);
      case SelectedCommand.CancelUpdate c ->
          session.contexts().cancel(c.tags())
              ? Reply.ok("CANCELUPDATE completed")
              : Reply.bad("No such search is kept up to date");
      case SelectedCommand.Fetch c -> FetchExecutor.execute(session, state, c);
      case SelectedCommand.Store c -> StoreExecutor.execute(session, state, c);
      case SelectedCommand.Copy c -> CopyExecutor.copy(session, state, c);
      case SelectedCommand.Move c -> CopyExecutor.move(session, state, c);
      case SelectedCommand.Replace c -> AppendExecutor.replace(session, state, c);
      case SelectedCommand.UidBatches c -> UidBatchesExecutor.execute(session, state, tag, c);
    };
  }
}
