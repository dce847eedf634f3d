package mailwing.store.domain;

import java.util.List;
import java.util.function.BooleanSupplier;
import mailwing.store.persistence.OverviewPageRows;
import mailwing.store.persistence.OverviewPageRows.Stretch;

/// Puts together what lists and threads are made from, behind the text index: first of what has
/// been indexed, and again of what had removed messages beside it.
final class OverviewUpkeep {
  /// Pages that are made at a time: some milliseconds.
  private static final int AT_ONCE = 8;

  private final OverviewPageRows rows;
  private final Pace pace;

  OverviewUpkeep(OverviewPageRows rows, Pace pace) {
    this.rows = rows;
    this.pace = pace;
  }

  List<Long> due(int most) {
    return rows.due(most);
  }

  /// Does what is to be done for an account that is claimed.
  ///
  /// @param wanted asked now and then; what is not finished then is left for the next time
  void run(long account, BooleanSupplier wanted) {
    pace.begin(0);
    for (Stretch stretch : rows.stretches(account)) {
      for (long page = stretch.firstPage(); page <= stretch.lastPage(); page += AT_ONCE) {
        if (!wanted.getAsBoolean()) {
          return;
        }
        rows.make(account, page, Math.min(stretch.lastPage(), page + AT_ONCE - 1));
        pace.rest(wanted);
      }
      rows.made(account, stretch);
    }
  }
}
