package mailwing.imap.session;

import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.SearchKey;
import mailwing.imap.view.SessionView;
import org.jspecify.annotations.Nullable;

/// Searches for what the gateway knows of each message of a mailbox that is selected: system flags
/// and sizes. The store is not asked, as it is not for FETCH of flags.
final class KnownSearch {
  private KnownSearch() {}

  /// What is found, in the order of numbers; null where the key asks for more than is known.
  static @Nullable Hits find(SessionView view, SearchKey key) {
    SessionView.Test test = test(view, key);
    return test == null ? null : new Hits(view, view.find(test));
  }

  private static SessionView.@Nullable Test test(SessionView view, SearchKey key) {
    return switch (key) {
      case SearchKey.All _ -> (uid, flags, size) -> true;
      case SearchKey.Flag flag -> (uid, flags, size) -> (flags & flag.system()) != 0;
      case SearchKey.Recent _ -> (uid, flags, size) -> view.isRecent(uid);
      case SearchKey.Larger larger -> (uid, flags, size) -> size > larger.octets();
      case SearchKey.Smaller smaller -> (uid, flags, size) -> size < smaller.octets();
      case SearchKey.Not not -> {
        SessionView.Test contrary = test(view, not.key());
        yield contrary == null ? null : (uid, flags, size) -> !contrary.test(uid, flags, size);
      }
      case SearchKey.Or or -> {
        SessionView.Test left = test(view, or.left());
        SessionView.Test right = test(view, or.right());
        yield left == null || right == null
            ? null
            : (uid, flags, size) -> left.test(uid, flags, size) || right.test(uid, flags, size);
      }
      case SearchKey.And and -> all(view, and.keys());
      default -> null;
    };
  }

  private static SessionView.@Nullable Test all(SessionView view, List<SearchKey> keys) {
    List<SessionView.Test> tests = new ArrayList<>(keys.size());
    for (SearchKey key : keys) {
      SessionView.Test test = test(view, key);
      if (test == null) {
        return null;
      }
      tests.add(test);
    }
    return (uid, flags, size) -> {
      for (SessionView.Test test : tests) {
        if (!test.test(uid, flags, size)) {
          return false;
        }
      }
      return true;
    };
  }
}
