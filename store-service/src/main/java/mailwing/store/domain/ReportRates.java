package mailwing.store.domain;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import mailwing.store.persistence.QueueNoticeRows.Notice;

/// How many reports strangers' mail has brought to an address in this hour of the clock.
final class ReportRates {
  private static final int MOST = 100_000;
  private static final long HOUR_MILLIS = 3_600_000;

  private record Count(int reports, UUID last) {}

  private final int perHour;
  private final Map<String, Count> counts = new HashMap<>();
  private long hour;

  ReportRates(int perHour) {
    this.perHour = perHour;
  }

  /// Counts a report; one that is made again after a failure counts once.
  synchronized boolean isOver(Notice notice) {
    long now = System.currentTimeMillis() / HOUR_MILLIS;
    if (now != hour || counts.size() >= MOST) {
      counts.clear();
      hour = now;
    }
    Count count =
        counts.merge(
            notice.reversePath().toLowerCase(Locale.ROOT),
            new Count(1, notice.id()),
            (known, one) ->
                known.last.equals(one.last) ? known : new Count(known.reports + 1, one.last));
    return count.reports > perHour;
  }
}
