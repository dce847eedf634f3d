package mailwing.imap.session;

import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SelectedCommand;

/// Where message sequence numbers stand in commands: they may not once UIDONLY is enabled (RFC 9586
/// §3.2, §3.5, §3.8), and keep EXPUNGE from being told meanwhile (RFC 7162 §3.2.10.2).
final class NumbersUsed {
  private NumbersUsed() {}

  static boolean in(SelectedCommand command) {
    return switch (command) {
      case SelectedCommand.Fetch c -> !c.uid();
      case SelectedCommand.Store c -> !c.uid();
      case SelectedCommand.Copy c -> !c.uid();
      case SelectedCommand.Move c -> !c.uid();
      case SelectedCommand.Replace c -> !c.uid();
      case SelectedCommand.Search c -> !c.uid() || in(c.key());
      case SelectedCommand.Sort c -> !c.uid() || in(c.key());
      case SelectedCommand.Threads c -> !c.uid() || in(c.key());
      default -> false;
    };
  }

  static boolean in(SearchKey key) {
    return switch (key) {
      case SearchKey.Sequence s -> !s.set().isSavedResult();
      case SearchKey.And and -> and.keys().stream().anyMatch(NumbersUsed::in);
      case SearchKey.Or or -> in(or.left()) || in(or.right());
      case SearchKey.Not not -> in(not.key());
      case SearchKey.Fuzzy fuzzy -> in(fuzzy.key());
      default -> false;
    };
  }
}
