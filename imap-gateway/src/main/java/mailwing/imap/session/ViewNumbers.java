package mailwing.imap.session;

import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.command.SequenceSet.Range;
import mailwing.imap.protocol.MessageNumbers;
import mailwing.imap.protocol.UidRuns;
import mailwing.imap.view.SessionView;

/// What search keys mean by numbers in a session's view.
final class ViewNumbers implements MessageNumbers {
  private final SessionView view;

  ViewNumbers(SessionView view) {
    this.view = view;
  }

  @Override
  public List<Range> uidsOfSequence(SequenceSet set) {
    return ranges(Targets.of(view, set, false));
  }

  @Override
  public List<Range> uids(SequenceSet set) {
    return ranges(Targets.of(view, set, true));
  }

  @Override
  public @org.jspecify.annotations.Nullable String objectNumber(String id, char kind) {
    return ObjectIds.number(id, kind, view.mailbox().key().account());
  }

  private static List<Range> ranges(@org.jspecify.annotations.Nullable Targets targets) {
    List<Range> ranges = new ArrayList<>();
    if (targets != null) {
      targets
          .uidRanges()
          .forEach(
              range ->
                  ranges.add(
                      new Range(
                          Integer.toUnsignedLong(range.getFirst()),
                          Integer.toUnsignedLong(range.getLast()))));
    }
    return ranges;
  }

  @Override
  public List<Range> recentUids() {
    UidRuns runs = new UidRuns();
    for (int seq = 1; seq <= view.count(); seq++) {
      if (view.isRecent(view.uid(seq))) {
        runs.add(Integer.toUnsignedLong(view.uid(seq)));
      }
    }
    return runs.toList();
  }
}
