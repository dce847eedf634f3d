package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.time.LocalDate;
import java.util.List;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SelectedCommand;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.store.v1.HeaderMatch;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.UidRange;
import mailwing.store.v1.UidSet;

/// Search keys as the contract has them: sequence numbers, `$`, `*` and \Recent become UIDs.
/// Filters have been replaced by what they stand for.
public final class SearchKeys {
  private final MessageNumbers numbers;

  public SearchKeys(MessageNumbers numbers) {
    this.numbers = numbers;
  }

  public mailwing.store.v1.SearchKey toContract(SearchKey key) {
    mailwing.store.v1.SearchKey.Builder to = mailwing.store.v1.SearchKey.newBuilder();
    return switch (key) {
      case SearchKey.All _ -> to.setAll(true).build();
      case SearchKey.And and -> to.setAnd(keys(and.keys())).build();
      case SearchKey.Or or -> to.setOr(keys(List.of(or.left(), or.right()))).build();
      case SearchKey.Not not -> to.setNot(toContract(not.key())).build();
      case SearchKey.Sequence s -> uids(numbers.uidsOfSequence(s.set()));
      case SearchKey.Uid u -> uids(numbers.uids(u.set()));
      case SearchKey.Recent _ -> uids(numbers.recentUids());
      case SearchKey.Flag f -> to.setFlagSet(f.system()).build();
      case SearchKey.Keyword k -> to.setKeyword(k.keyword()).build();
      case SearchKey.Header h ->
          to.setHeader(HeaderMatch.newBuilder().setName(h.name()).setValue(h.value())).build();
      case SearchKey.Body b -> to.setBody(b.text()).build();
      case SearchKey.Text t -> to.setText(t.text()).build();
      case SearchKey.Date d -> date(d);
      case SearchKey.Larger l -> to.setLarger(l.octets()).build();
      case SearchKey.Smaller s -> to.setSmaller(s.octets()).build();
      case SearchKey.Older o -> to.setOlder(o.seconds()).build();
      case SearchKey.Younger y -> to.setYounger(y.seconds()).build();
      case SearchKey.ModSeq m -> to.setModseq(m.modSeq()).build();
      case SearchKey.EmailId e -> {
        String number = numbers.objectNumber(e.id(), 'M');
        yield number == null
            ? uids(List.of())
            : to.setEmailId(ByteString.copyFromUtf8(number)).build();
      }
      case SearchKey.ThreadId t -> {
        String number = numbers.objectNumber(t.id(), 'T');
        yield number == null
            ? uids(List.of())
            : to.setThreadId(ByteString.copyFromUtf8(number)).build();
      }
      case SearchKey.SaveDateSupported _ -> to.setSaveDateSupported(true).build();
      case SearchKey.Fuzzy f -> to.setFuzzy(toContract(f.key())).build();
      case SearchKey.Filter _ -> throw new IllegalArgumentException("filters stand for keys");
    };
  }

  private mailwing.store.v1.SearchKeys keys(List<SearchKey> keys) {
    mailwing.store.v1.SearchKeys.Builder to = mailwing.store.v1.SearchKeys.newBuilder();
    keys.forEach(key -> to.addKeys(toContract(key)));
    return to.build();
  }

  /// No UIDs is no message: NOT ALL, since an empty set could be taken for all.
  private static mailwing.store.v1.SearchKey uids(List<Range> ranges) {
    mailwing.store.v1.SearchKey.Builder to = mailwing.store.v1.SearchKey.newBuilder();
    if (ranges.isEmpty()) {
      return to.setNot(mailwing.store.v1.SearchKey.newBuilder().setAll(true)).build();
    }
    UidSet.Builder set = UidSet.newBuilder();
    for (Range range : ranges) {
      set.addRanges(
          UidRange.newBuilder().setFirst((int) range.first()).setLast((int) range.last()));
    }
    return to.setUid(set).build();
  }

  private static mailwing.store.v1.SearchKey date(SearchKey.Date key) {
    mailwing.store.v1.SearchKey.Builder to = mailwing.store.v1.SearchKey.newBuilder();
    LocalDate date = key.day();
    int day = (int) date.toEpochDay();
    switch (key.of()) {
      case INTERNAL ->
          day(key, () -> to.setBefore(day), () -> to.setOn(day), () -> to.setSince(day));
      case SENT ->
          day(
              key,
              () -> to.setSentBefore(day),
              () -> to.setSentOn(day),
              () -> to.setSentSince(day));
      case SAVED ->
          day(
              key,
              () -> to.setSavedBefore(day),
              () -> to.setSavedOn(day),
              () -> to.setSavedSince(day));
    }
    return to.build();
  }

  private static void day(SearchKey.Date key, Runnable before, Runnable on, Runnable since) {
    switch (key.when()) {
      case BEFORE -> before.run();
      case ON -> on.run();
      case SINCE -> since.run();
    }
  }

  /// Sort keys as the contract has them.
  public static List<SortCriterion> sort(List<SelectedCommand.SortKey> order) {
    return order.stream()
        .map(
            key ->
                SortCriterion.newBuilder()
                    .setField(field(key.field()))
                    .setReverse(key.reverse())
                    .build())
        .toList();
  }

  private static SortCriterion.Field field(SelectedCommand.SortKey.Field field) {
    return switch (field) {
      case ARRIVAL -> SortCriterion.Field.ARRIVAL;
      case CC -> SortCriterion.Field.CC;
      case DATE -> SortCriterion.Field.DATE;
      case FROM -> SortCriterion.Field.FROM;
      case SIZE -> SortCriterion.Field.SIZE;
      case SUBJECT -> SortCriterion.Field.SUBJECT;
      case TO -> SortCriterion.Field.TO;
      case DISPLAYFROM -> SortCriterion.Field.DISPLAY_FROM;
      case DISPLAYTO -> SortCriterion.Field.DISPLAY_TO;
      case RELEVANCY -> SortCriterion.Field.RELEVANCY;
    };
  }
}
