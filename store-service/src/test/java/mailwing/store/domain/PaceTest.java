package mailwing.store.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
  private long nanos = Long.MAX_VALUE - 5;
  private boolean busy = true;
  private final Pace pace = new Pace(() -> busy, () -> nanos);

  private void pass(long millis) {
    nanos += TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Test
  void nothingWaitsInQuietTimes() {
    busy = false;
    assertThat(pace.mayWait(1)).isFalse();
  }

  @Test
  void whatIsWorthSegmentDoesNotWait() {
    assertThat(pace.mayWait(TextSegment.MESSAGES)).isFalse();
    assertThat(pace.mayWait(TextSegment.MESSAGES - 1)).isTrue();
  }

  @Test
  void waitsForTwoMinutesAtMostAndThenNobodyUntilAllHaveBeenAsked() {
    assertThat(pace.mayWait(600)).isTrue();
    pace.cameRound();
    pass(119_999);
    assertThat(pace.mayWait(600)).isTrue();
    pace.cameRound();
    pass(1);
    assertThat(pace.mayWait(600)).isFalse();
    pass(60_000);
    assertThat(pace.mayWait(700)).isFalse();
    pace.cameRound();
    assertThat(pace.mayWait(600)).isTrue();
  }

  @Test
  void quietRoundsEndTheWait() {
    assertThat(pace.mayWait(600)).isTrue();
    pace.cameRound();
    busy = false;
    pass(60_000);
    assertThat(pace.mayWait(600)).isFalse();
    pace.cameRound();
    busy = true;
    pass(100_000);
    assertThat(pace.mayWait(600)).isTrue();
  }

  @Test
  void restsThreeTimesAsLongAsItWorkedUntilMuchIsBehind() {
    assertThat(rest(0)).isEqualTo(30);
    assertThat(rest(Pace.MOST_BEHIND / 2)).isEqualTo(10);
    assertThat(rest(Pace.MOST_BEHIND)).isZero();
    busy = false;
    assertThat(rest(0)).isZero();
  }

  /// Milliseconds of the rest after 10 of work; each time it asks whether it is wanted takes one.
  private long rest(long behind) {
    pace.begin(behind);
    pass(10);
    long[] asked = {0};
    pace.rest(
        () -> {
          asked[0]++;
          pass(1);
          return true;
        });
    return asked[0];
  }
}
