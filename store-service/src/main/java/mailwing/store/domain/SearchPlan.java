package mailwing.store.domain;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import mailwing.store.StoreException;
import mailwing.store.mime.FuzzyText;
import mailwing.store.mime.SearchText;
import mailwing.store.persistence.SearchRows.Condition;
import mailwing.store.persistence.UidSpans;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.UidRange;

/// A search key, parted into what columns answer and what takes the text (RFC 9051 section 6.4.4).
sealed interface SearchPlan {
  /// Answered by columns.
  record Columns(Condition condition) implements SearchPlan {}

  record Header(String name, SearchText text) implements SearchPlan {}

  record Body(SearchText text) implements SearchPlan {}

  record Text(SearchText text) implements SearchPlan {}

  /// What may match approximately (RFC 6203).
  ///
  /// @param field empty but for FIELD
  record Fuzzy(Where where, String field, FuzzyText text) implements SearchPlan {
    enum Where {
      FIELD,
      BODY,
      ALL
    }
  }

  record And(List<SearchPlan> parts) implements SearchPlan {}

  record Or(List<SearchPlan> parts) implements SearchPlan {}

  record Not(SearchPlan part) implements SearchPlan {}

  /// Makes plans; one a search, for its count and its clock.
  final class Maker {
    private static final int MOST_KEYS = 2000;

    /// Keys that take the text: each message may be looked through for each of them.
    private static final int MOST_TEXTS = 200;

    private static final long DAY = Duration.ofDays(1).toMillis();
    private static final String LOCAL = "(e.internal_date + e.zone_minutes * 60000)";

    private final long now;
    private int keys;
    private int texts;
    private boolean fuzzy;

    Maker(long now) {
      this.now = now;
    }

    SearchPlan plan(SearchKey key) {
      keys++;
      texts += key.hasHeader() || key.hasBody() || key.hasText() ? 1 : 0;
      if (keys > MOST_KEYS || texts > MOST_TEXTS) {
        throw new StoreException(ErrorCode.LIMIT, "too many search keys");
      }
      return switch (key.getKeyCase()) {
        case ALL, SAVE_DATE_SUPPORTED, KEY_NOT_SET -> columns("TRUE");
        case AND -> all(key.getAnd().getKeysList().stream().map(this::plan).toList());
        case OR -> any(key.getOr().getKeysList().stream().map(this::plan).toList());
        case NOT -> not(plan(key.getNot()));
        case UID -> columns(uids(key.getUid().getRangesList()));
        case FLAG_SET -> columns("(e.flags & ?) <> 0", key.getFlagSet() & SystemFlags.ALL);
        case KEYWORD ->
            columns(
                "e.keywords IS NOT NULL AND EXISTS"
                    + " (SELECT 1 FROM unnest(e.keywords) k WHERE lower(k) = lower(?))",
                Facts.clean(key.getKeyword()));
        case HEADER -> header(key.getHeader().getName(), key.getHeader().getValue());
        case BODY ->
            fuzzy
                ? fuzzy(Fuzzy.Where.BODY, "", key.getBody())
                : new Body(SearchText.matcher(key.getBody()));
        case TEXT ->
            fuzzy
                ? fuzzy(Fuzzy.Where.ALL, "", key.getText())
                : new Text(SearchText.matcher(key.getText()));
        case FUZZY -> {
          boolean outer = fuzzy;
          fuzzy = true;
          SearchPlan plan = plan(key.getFuzzy());
          fuzzy = outer;
          yield plan;
        }
        case BEFORE -> columns(LOCAL + " < ?", key.getBefore() * DAY);
        case ON ->
            columns(
                LOCAL + " >= ? AND " + LOCAL + " < ?", key.getOn() * DAY, (key.getOn() + 1L) * DAY);
        case SINCE -> columns(LOCAL + " >= ?", key.getSince() * DAY);
        case SENT_BEFORE -> columns("coalesce(m.sent_day < ?, false)", key.getSentBefore());
        case SENT_ON -> columns("coalesce(m.sent_day = ?, false)", key.getSentOn());
        case SENT_SINCE -> columns("coalesce(m.sent_day >= ?, false)", key.getSentSince());
        case LARGER -> columns("e.size > ?", signed(key.getLarger()));
        case SMALLER -> columns("e.size < ?", signed(key.getSmaller()));
        case OLDER -> columns("e.internal_date <= ?", ago(key.getOlder()));
        case YOUNGER -> columns("e.internal_date >= ?", ago(key.getYounger()));
        case MODSEQ -> columns("e.modseq >= ?", signed(key.getModseq()));
        case EMAIL_ID -> id("e.message_id", key.getEmailId().toStringUtf8());
        case THREAD_ID -> id("m.thread_id", key.getThreadId().toStringUtf8());
        case SAVED_BEFORE -> columns("e.save_date < ?", key.getSavedBefore() * DAY);
        case SAVED_ON ->
            columns(
                "e.save_date >= ? AND e.save_date < ?",
                key.getSavedOn() * DAY,
                (key.getSavedOn() + 1L) * DAY);
        case SAVED_SINCE -> columns("e.save_date >= ?", key.getSavedSince() * DAY);
      };
    }

    private SearchPlan header(String name, String value) {
      return fuzzy && !value.isBlank()
          ? fuzzy(Fuzzy.Where.FIELD, name, value)
          : new Header(name, SearchText.matcher(value));
    }

    private static SearchPlan fuzzy(Fuzzy.Where where, String field, String text) {
      return new Fuzzy(where, field, FuzzyText.of(text));
    }

    private static Columns columns(String text, Object... parameters) {
      return new Columns(Condition.of(text, parameters));
    }

    private static Columns columns(Condition condition) {
      return new Columns(condition);
    }

    static Condition uids(List<UidRange> ranges) {
      UidSpans spans = UidSpans.of(ranges);
      if (spans.isEmpty()) {
        return Condition.of("FALSE");
      }
      return spans.single()
          ? Condition.of("e.uid BETWEEN ? AND ?", spans.first(), spans.last())
          : Condition.of("e.uid <@ CAST(? AS int8multirange)", spans.multirange());
    }

    /// Ids are decimal numbers; what is none is nobody's.
    private static Columns id(String column, String text) {
      boolean number = !text.isEmpty() && text.length() < 19;
      for (int i = 0; i < text.length(); i++) {
        number &= text.charAt(i) >= '0' && text.charAt(i) <= '9';
      }
      return number ? columns(column + " = ?", Long.parseLong(text)) : columns("FALSE");
    }

    private static long signed(long unsigned) {
      return unsigned < 0 ? Long.MAX_VALUE : unsigned;
    }

    private long ago(long seconds) {
      return seconds < 0 || seconds > now / 1000 ? 0 : now - seconds * 1000;
    }

    private static SearchPlan not(SearchPlan part) {
      return part instanceof Columns columns
          ? new Columns(columns.condition().negated())
          : new Not(part);
    }

    /// What columns answer is asked first, together.
    private static SearchPlan all(List<SearchPlan> parts) {
      List<SearchPlan> merged = merged(parts, " AND ", "TRUE");
      return merged.size() == 1 ? merged.getFirst() : new And(merged);
    }

    private static SearchPlan any(List<SearchPlan> parts) {
      List<SearchPlan> merged = merged(parts, " OR ", "FALSE");
      return merged.size() == 1 ? merged.getFirst() : new Or(merged);
    }

    private static List<SearchPlan> merged(List<SearchPlan> parts, String word, String none) {
      List<Condition> columns = new ArrayList<>();
      List<SearchPlan> merged = new ArrayList<>();
      for (SearchPlan part : parts) {
        if (part instanceof Columns c) {
          columns.add(c.condition());
        } else {
          merged.add(part);
        }
      }
      if (!columns.isEmpty() || merged.isEmpty()) {
        merged.addFirst(new Columns(Condition.join(word, columns, none)));
      }
      return merged;
    }
  }

  /// Says where a text may be: field (empty: anywhere) and normalised text.
  @FunctionalInterface
  interface MayHold {
    Condition where(String field, String needle);
  }

  /// A condition that holds wherever the plan may hold.
  default Condition possible(MayHold mayHold) {
    return bound(this, mayHold, true);
  }

  /// @param upper whether it must hold wherever the plan does, else nowhere else
  private static Condition bound(SearchPlan plan, MayHold mayHold, boolean upper) {
    return switch (plan) {
      case Columns columns -> columns.condition();
      case Header header ->
          upper ? mayHold.where(header.name(), header.text().normalised()) : Condition.of("FALSE");
      case Body body -> upper ? mayHold.where("", body.text().normalised()) : Condition.of("FALSE");
      case Text all -> upper ? mayHold.where("", all.text().normalised()) : Condition.of("FALSE");
      case Fuzzy fuzzy -> upper ? bound(fuzzy, mayHold) : Condition.of("FALSE");
      case And and -> Condition.join(" AND ", bounds(and.parts(), mayHold, upper), "TRUE");
      case Or or -> Condition.join(" OR ", bounds(or.parts(), mayHold, upper), "FALSE");
      case Not not -> bound(not.part(), mayHold, !upper).negated();
    };
  }

  /// Of each word one of its pieces is there as it is.
  private static Condition bound(Fuzzy fuzzy, MayHold mayHold) {
    List<Condition> words = new ArrayList<>();
    for (List<String> pieces : fuzzy.text().pieces()) {
      words.add(
          Condition.join(
              " OR ",
              pieces.stream().map(piece -> mayHold.where(fuzzy.field(), piece)).toList(),
              "TRUE"));
    }
    return Condition.join(" AND ", words, "TRUE");
  }

  private static List<Condition> bounds(List<SearchPlan> parts, MayHold mayHold, boolean upper) {
    return parts.stream().map(part -> bound(part, mayHold, upper)).toList();
  }

  /// What a plan is made of, down to what has no parts, in the order in which it is walked.
  default void leaves(Consumer<SearchPlan> each) {
    switch (this) {
      case And and -> and.parts().forEach(part -> part.leaves(each));
      case Or or -> or.parts().forEach(part -> part.leaves(each));
      case Not not -> not.part().leaves(each);
      case Columns _, Header _, Body _, Text _, Fuzzy _ -> each.accept(this);
    }
  }

  /// Does a leaf look into bodies?
  default boolean readsBody() {
    return switch (this) {
      case Body _, Text _ -> true;
      case Fuzzy fuzzy -> fuzzy.where() != Fuzzy.Where.FIELD;
      default -> false;
    };
  }
}
