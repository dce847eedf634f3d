package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.store.v1.GetMetadataRequest;
import mailwing.store.v1.MetadataEntry;
import org.jspecify.annotations.Nullable;

/// Searches that are kept by name as annotations of the server (RFC 5466): replaces FILTER by what
/// it stands for, before anything else is made of a command.
final class Filters {
  private static final String PRIVATE = "/private/filters/values/";
  private static final String SHARED = "/shared/filters/values/";

  /// Filters within filters: a loop ends here.
  private static final int PASSES = 5;

  /// Keys of a command with all its filters.
  private static final int MOST_KEYS = 2000;

  private Filters() {}

  /// @param refused what the client is told instead; null where all filters are known
  record Expanded(Command command, @Nullable Reply refused) {}

  static Expanded expand(Session session, Command command) throws IOException {
    SearchKey key =
        switch (command) {
          case SelectedCommand.Search c -> c.key();
          case SelectedCommand.Sort c -> c.key();
          case SelectedCommand.Threads c -> c.key();
          case AuthenticatedCommand.MultiSearch c -> c.key();
          default -> null;
        };
    if (key == null || names(key).isEmpty() || !(session.state() instanceof LoggedIn state)) {
      return new Expanded(command, null);
    }
    SearchKey whole = key;
    Set<String> names = names(whole);
    for (int pass = 0; !names.isEmpty() && pass < PASSES; pass++) {
      Map<String, SearchKey> filters = new HashMap<>();
      for (String name : names) {
        SearchKey filter = find(session, state, name);
        if (filter == null) {
          return new Expanded(command, undefined(name));
        }
        filters.put(name, filter);
      }
      int[] keys = new int[1];
      whole.has(part -> count(part, filters, keys));
      if (keys[0] > MOST_KEYS) {
        return new Expanded(command, Reply.no(ResponseCode.Name.LIMIT, "Too many search keys"));
      }
      whole =
          whole.map(
              part ->
                  part instanceof SearchKey.Filter f ? filters.getOrDefault(f.name(), f) : part);
      names = names(whole);
    }
    if (!names.isEmpty()) {
      return new Expanded(command, undefined(names.iterator().next()));
    }
    SearchKey expanded = whole;
    return new Expanded(
        switch (command) {
          case SelectedCommand.Search c ->
              new SelectedCommand.Search(c.uid(), c.returns(), c.charset(), expanded);
          case SelectedCommand.Sort c ->
              new SelectedCommand.Sort(c.uid(), c.returns(), c.order(), c.charset(), expanded);
          case SelectedCommand.Threads c ->
              new SelectedCommand.Threads(c.uid(), c.algorithm(), c.charset(), expanded);
          case AuthenticatedCommand.MultiSearch c ->
              new AuthenticatedCommand.MultiSearch(c.sources(), c.returns(), expanded);
          default -> command;
        },
        null);
  }

  private static Reply undefined(String name) {
    return Reply.no(new ResponseCode.UndefinedFilter(name), "No such filter");
  }

  private static Set<String> names(SearchKey key) {
    Set<String> names = new HashSet<>();
    key.has(
        part -> {
          if (part instanceof SearchKey.Filter filter) {
            names.add(filter.name());
          }
          return false;
        });
    return names;
  }

  /// Counts what a key will be; true once it is too much.
  private static boolean count(SearchKey part, Map<String, SearchKey> filters, int[] keys) {
    keys[0]++;
    SearchKey filter = part instanceof SearchKey.Filter f ? filters.get(f.name()) : null;
    if (filter != null) {
      filter.has(within -> ++keys[0] > MOST_KEYS);
    }
    return keys[0] > MOST_KEYS;
  }

  /// One's own filter goes before the shared one of its name.
  private static @Nullable SearchKey find(Session session, LoggedIn state, String name)
      throws IOException {
    List<MetadataEntry> entries =
        state
            .store()
            .metadata(
                GetMetadataRequest.newBuilder()
                    .addEntries(PRIVATE + name)
                    .addEntries(SHARED + name)
                    .build());
    ByteString value = null;
    for (MetadataEntry entry : entries) {
      if (value == null || entry.getName().startsWith(PRIVATE)) {
        value = entry.getValue();
      }
    }
    return value == null ? null : session.parser().searchProgram(value.toByteArray());
  }

  /// Whether an annotation of the server may have this value (RFC 5466 §3.2).
  static boolean mayBe(Session session, String entry, ByteString value) throws IOException {
    String lower = entry.toLowerCase(Locale.ROOT);
    String name =
        lower.startsWith(PRIVATE)
            ? lower.substring(PRIVATE.length())
            : lower.startsWith(SHARED) ? lower.substring(SHARED.length()) : null;
    return name == null
        || (!name.isEmpty()
            && name.indexOf('/') < 0
            && session.parser().searchProgram(value.toByteArray()) != null);
  }
}
