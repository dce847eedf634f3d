package mailwing.imap.command;

import java.time.LocalDate;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// What SEARCH looks for (RFC 9051 §6.4.4 and extensions), strings decoded from the charset.
///
/// NEW is And(Recent, Not(SEEN)) and OLD is Not(Recent); UN... keys are Not of their opposite.
public sealed interface SearchKey {

  record All() implements SearchKey {}

  /// At least two keys.
  record And(List<SearchKey> keys) implements SearchKey {
    public And {
      keys = List.copyOf(keys);
    }
  }

  record Or(SearchKey left, SearchKey right) implements SearchKey {}

  record Not(SearchKey key) implements SearchKey {}

  /// Sequence numbers; may be `$`, which names the saved result.
  record Sequence(SequenceSet set) implements SearchKey {}

  /// UID and a set; may be `$`.
  record Uid(SequenceSet set) implements SearchKey {}

  /// A bit of [FlagList].
  record Flag(int system) implements SearchKey {}

  record Keyword(String keyword) implements SearchKey {}

  /// \Recent, which is the session's to know.
  record Recent() implements SearchKey {}

  /// HEADER, and FROM, TO, CC, BCC, SUBJECT by those names. An empty value: the field is there.
  record Header(String name, String value) implements SearchKey {}

  record Body(String text) implements SearchKey {}

  record Text(String text) implements SearchKey {}

  /// BEFORE, ON, SINCE and their SENT (RFC 9051) and SAVED (RFC 8514) kin.
  record Date(Of of, When when, LocalDate day) implements SearchKey {
    public enum Of {
      INTERNAL,
      SENT,
      SAVED
    }

    public enum When {
      BEFORE,
      ON,
      SINCE
    }
  }

  record Larger(long octets) implements SearchKey {}

  record Smaller(long octets) implements SearchKey {}

  /// RFC 5032, seconds, at least 1.
  record Older(long seconds) implements SearchKey {}

  record Younger(long seconds) implements SearchKey {}

  /// RFC 7162 §3.1.5: at least this; the entry name and type say nothing here, since modseqs are a
  /// message's own.
  record ModSeq(long modSeq) implements SearchKey {}

  /// RFC 8474.
  record EmailId(String id) implements SearchKey {}

  record ThreadId(String id) implements SearchKey {}

  /// RFC 8514 SAVEDATESUPPORTED.
  record SaveDateSupported() implements SearchKey {}

  /// RFC 6203: the key may match approximately.
  record Fuzzy(SearchKey key) implements SearchKey {}

  /// RFC 5466.
  record Filter(String name) implements SearchKey {}

  /// Whether such a key stands anywhere in it.
  default boolean has(Predicate<SearchKey> wanted) {
    return wanted.test(this)
        || switch (this) {
          case And and -> and.keys().stream().anyMatch(key -> key.has(wanted));
          case Or or -> or.left().has(wanted) || or.right().has(wanted);
          case Not not -> not.key().has(wanted);
          case Fuzzy fuzzy -> fuzzy.key().has(wanted);
          default -> false;
        };
  }

  /// With each key that has no parts replaced.
  default SearchKey map(UnaryOperator<SearchKey> replaced) {
    return switch (this) {
      case And and -> new And(and.keys().stream().map(key -> key.map(replaced)).toList());
      case Or or -> new Or(or.left().map(replaced), or.right().map(replaced));
      case Not not -> new Not(not.key().map(replaced));
      case Fuzzy fuzzy -> new Fuzzy(fuzzy.key().map(replaced));
      default -> replaced.apply(this);
    };
  }

  /// MODSEQ stands in it: then answers carry modseqs (RFC 7162 §3.1.5).
  default boolean asksModSeq() {
    return has(ModSeq.class::isInstance);
  }

  /// FUZZY stands in it: then what is found has a relevancy (RFC 6203 §4).
  default boolean asksFuzzy() {
    return has(Fuzzy.class::isInstance);
  }
}
