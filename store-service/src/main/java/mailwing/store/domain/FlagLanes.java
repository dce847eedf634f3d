package mailwing.store.domain;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import mailwing.store.events.ChangeSignal;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.EntryChanges;
import mailwing.store.persistence.FlagChanges;
import mailwing.store.persistence.UidSpans;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import org.jspecify.annotations.Nullable;

/// Changes flags: what comes for few messages of several accounts at the same time is one commit.
public final class FlagLanes {
  /// UIDs in a change that is done together with others.
  private static final int FEW = 64;

  private final EntryChanges alone;
  private final FlagChanges together;
  private final ChangeSignal signal;
  private final int lanes;
  private final Coalescer<
          Integer, FlagChanges.FlagChange, Optional<EntryChanges.Step<StoreFlagsResponse>>>
      queue;

  /// @param changing is told how long the lanes were at work
  FlagLanes(
      EntryChanges alone,
      FlagChanges together,
      ChangeSignal signal,
      int lanes,
      Occupancy changing) {
    this.alone = alone;
    this.together = together;
    this.signal = signal;
    this.lanes = lanes;
    this.queue =
        Coalescer.oneOrTwo(
            FlagChanges.MOST,
            FlagChanges.MOST,
            change -> 1,
            new Abreast(1, System::nanoTime),
            change -> Set.of(change.accountId()),
            (lane, changes) -> changing.during(() -> store(changes)));
  }

  /// Changes those flags that may be changed, of a bounded number of messages above `after`; null
  /// where there is none.
  ///
  /// @param known the caller knows all messages as of this modseq; 0 for none
  public EntryChanges.@Nullable Step<StoreFlagsResponse> store(
      Access access,
      long mailboxId,
      UidSpans uids,
      long after,
      StoreFlagsRequest.Operation operation,
      int flags,
      List<String> keywords,
      long unchangedSince,
      long known) {
    boolean few = uids.single() && uids.last() - uids.first() < FEW;
    if (few && after < uids.first() && access.own() && keywords.isEmpty()) {
      FlagChanges.FlagChange change =
          new FlagChanges.FlagChange(
              access.account(),
              mailboxId,
              uids.first(),
              uids.last(),
              operation,
              flags,
              unchangedSince);
      var step = queue.submit(Math.floorMod(access.account(), lanes), change);
      if (step.isPresent()) {
        return step.get();
      }
    }
    EntryChanges.Step<StoreFlagsResponse> step =
        alone.storeFlags(
            access, mailboxId, uids, after, operation, flags, keywords, unchangedSince, known);
    if (step != null && step.changed()) {
      signal.raise();
    }
    return step;
  }

  /// Empty for what has to be done alone: a second change in an account, one that somebody has
  /// locked, a mailbox that is not there.
  private List<Optional<EntryChanges.Step<StoreFlagsResponse>>> store(
      List<FlagChanges.FlagChange> changes) {
    Set<Long> accounts = new HashSet<>();
    List<FlagChanges.FlagChange> taken = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < changes.size(); i++) {
      if (accounts.add(changes.get(i).accountId())) {
        taken.add(changes.get(i));
        places.add(i);
      }
    }
    List<EntryChanges.@Nullable Step<StoreFlagsResponse>> done;
    try {
      done = together.store(taken);
    } finally {
      // Where it fails, a part of it may have been committed.
      signal.raise();
    }
    List<Optional<EntryChanges.Step<StoreFlagsResponse>>> results =
        new ArrayList<>(Collections.nCopies(changes.size(), Optional.empty()));
    for (int i = 0; i < places.size(); i++) {
      results.set(places.get(i), Optional.ofNullable(done.get(i)));
    }
    return results;
  }
}
