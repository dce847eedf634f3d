package mailwing.imap.command;

/// The names of commands, in one place.
final class CommandName {
  private CommandName() {}

  static String of(Command command) {
    return switch (command) {
      case AnyStateCommand c -> any(c);
      case NotAuthenticatedCommand c -> notAuthenticated(c);
      case AuthenticatedCommand c -> authenticated(c);
      case SelectedCommand c -> selected(c);
    };
  }

  private static String any(AnyStateCommand command) {
    return switch (command) {
      case AnyStateCommand.Capability _ -> "CAPABILITY";
      case AnyStateCommand.Noop _ -> "NOOP";
      case AnyStateCommand.Logout _ -> "LOGOUT";
      case AnyStateCommand.Id _ -> "ID";
      case AnyStateCommand.Language _ -> "LANGUAGE";
    };
  }

  private static String notAuthenticated(NotAuthenticatedCommand command) {
    return switch (command) {
      case NotAuthenticatedCommand.StartTls _ -> "STARTTLS";
      case NotAuthenticatedCommand.Authenticate _ -> "AUTHENTICATE";
      case NotAuthenticatedCommand.Login _ -> "LOGIN";
    };
  }

  private static String authenticated(AuthenticatedCommand command) {
    return switch (command) {
      case AuthenticatedCommand.Select c -> c.readOnly() ? "EXAMINE" : "SELECT";
      case AuthenticatedCommand.Create _ -> "CREATE";
      case AuthenticatedCommand.Delete _ -> "DELETE";
      case AuthenticatedCommand.Rename _ -> "RENAME";
      case AuthenticatedCommand.Subscribe c -> c.subscribed() ? "SUBSCRIBE" : "UNSUBSCRIBE";
      case AuthenticatedCommand.ListMailboxes _ -> "LIST";
      case AuthenticatedCommand.Lsub _ -> "LSUB";
      case AuthenticatedCommand.Status _ -> "STATUS";
      case AuthenticatedCommand.Append _ -> "APPEND";
      case AuthenticatedCommand.Idle _ -> "IDLE";
      case AuthenticatedCommand.Namespace _ -> "NAMESPACE";
      case AuthenticatedCommand.Enable _ -> "ENABLE";
      case AuthenticatedCommand.Compress _ -> "COMPRESS";
      case AuthenticatedCommand.Unauthenticate _ -> "UNAUTHENTICATE";
      case AuthenticatedCommand.Comparator _ -> "COMPARATOR";
      case AuthenticatedCommand.MultiSearch _ -> "ESEARCH";
      case AuthenticatedCommand.GetAcl _ -> "GETACL";
      case AuthenticatedCommand.SetAcl _ -> "SETACL";
      case AuthenticatedCommand.DeleteAcl _ -> "DELETEACL";
      case AuthenticatedCommand.ListRights _ -> "LISTRIGHTS";
      case AuthenticatedCommand.MyRights _ -> "MYRIGHTS";
      case AuthenticatedCommand.GetQuota _ -> "GETQUOTA";
      case AuthenticatedCommand.GetQuotaRoot _ -> "GETQUOTAROOT";
      case AuthenticatedCommand.SetQuota _ -> "SETQUOTA";
      case AuthenticatedCommand.GetMetadata _ -> "GETMETADATA";
      case AuthenticatedCommand.SetMetadata _ -> "SETMETADATA";
      case AuthenticatedCommand.Notify _ -> "NOTIFY";
      case AuthenticatedCommand.GenUrlAuth _ -> "GENURLAUTH";
      case AuthenticatedCommand.ResetKey _ -> "RESETKEY";
      case AuthenticatedCommand.UrlFetch _ -> "URLFETCH";
    };
  }

  private static String selected(SelectedCommand command) {
    return switch (command) {
      case SelectedCommand.Check _ -> "CHECK";
      case SelectedCommand.Close _ -> "CLOSE";
      case SelectedCommand.Unselect _ -> "UNSELECT";
      case SelectedCommand.Expunge c -> c.uids() == null ? "EXPUNGE" : "UID EXPUNGE";
      case SelectedCommand.Search c -> c.uid() ? "UID SEARCH" : "SEARCH";
      case SelectedCommand.Sort c -> c.uid() ? "UID SORT" : "SORT";
      case SelectedCommand.Threads c -> c.uid() ? "UID THREAD" : "THREAD";
      case SelectedCommand.Fetch c -> c.uid() ? "UID FETCH" : "FETCH";
      case SelectedCommand.Store c -> c.uid() ? "UID STORE" : "STORE";
      case SelectedCommand.Copy c -> c.uid() ? "UID COPY" : "COPY";
      case SelectedCommand.Move c -> c.uid() ? "UID MOVE" : "MOVE";
      case SelectedCommand.Replace c -> c.uid() ? "UID REPLACE" : "REPLACE";
      case SelectedCommand.CancelUpdate _ -> "CANCELUPDATE";
      case SelectedCommand.UidBatches _ -> "UIDBATCHES";
    };
  }
}
