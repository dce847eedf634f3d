package mailwing.store.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OccupancyTest {
  private static final long MILLI = 1_000_000;

  private long nanos = Long.MAX_VALUE - 7;
  private final Occupancy occupancy = new Occupancy(2, () -> nanos);

  private void work(int millis) {
    occupancy.during(() -> nanos += millis * MILLI);
  }

  @Test
  void tellsOfTheLastWholeSecond() {
    assertThat(occupancy.isMost()).isFalse();
    work(500);
    // The other lane, at the same time.
    nanos -= 500 * MILLI;
    work(501);
    assertThat(occupancy.isMost()).isFalse();
    nanos += 500 * MILLI;
    assertThat(occupancy.isMost()).isTrue();
    nanos += 900 * MILLI;
    assertThat(occupancy.isMost()).isTrue();
    nanos += 200 * MILLI;
    assertThat(occupancy.isMost()).isFalse();
  }

  @Test
  void halfTheLanesAreNotMost() {
    work(999);
    nanos += 10 * MILLI;
    assertThat(occupancy.isMost()).isFalse();
  }

  @Test
  void forgetsWhatWasLongAgo() {
    work(999);
    work(900);
    nanos += 5_000 * MILLI;
    assertThat(occupancy.isMost()).isFalse();
  }
}
