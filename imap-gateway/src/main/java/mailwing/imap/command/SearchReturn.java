package mailwing.imap.command;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// RETURN of SEARCH and SORT (RFC 9051 §6.4.4, RFC 5267, RFC 6203, RFC 9394).
///
/// @param options `RETURN ()` is ALL
/// @param partial RFC 9394 or RFC 5267 §4.4
/// @param updateItems what UPDATE fetches of messages that come (RFC 5465 §7); empty for nothing
public record SearchReturn(
    Set<Option> options, @Nullable PartialRange partial, List<FetchItem> updateItems) {
  public SearchReturn {
    options = Set.copyOf(options);
    updateItems = List.copyOf(updateItems);
  }

  /// Without items for UPDATE.
  public SearchReturn(Set<Option> options, @Nullable PartialRange partial) {
    this(options, partial, List.of());
  }

  public enum Option {
    MIN,
    MAX,
    ALL,
    COUNT,
    SAVE,
    CONTEXT,
    UPDATE,
    RELEVANCY
  }
}
