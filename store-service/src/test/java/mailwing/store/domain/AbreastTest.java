package mailwing.store.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// One batch at a time or two, by a clock of the test's own.
class AbreastTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private long now;
  private final Abreast abreast = new Abreast(1, () -> now);

  /// Nanoseconds in which two at a time were in use.
  private long two;

  /// A crowd for a while: batches of ten, so many a second with one at a time and with two.
  private void crowd(long seconds, int rateOfOne, int rateOfTwo) {
    work(seconds, rateOfOne, rateOfTwo, 10);
  }

  private void work(long seconds, int rateOfOne, int rateOfTwo, int size) {
    two = 0;
    long until = now + seconds * SECOND;
    while (now < until) {
      boolean one = abreast.most() == 1;
      long takes = SECOND / (one ? rateOfOne : rateOfTwo);
      now += takes;
      two += one ? 0 : takes;
      abreast.done(size);
    }
  }

  @Test
  void whereTwoAreSlowerTheyAreTriedForATenthOfASecondAndRarely() {
    crowd(60, 1200, 1000);
    assertThat(abreast.most()).isEqualTo(1);
    assertThat(two).isBetween(SECOND, 5 * SECOND);
  }

  @Test
  void whereTwoAreFasterTheyAreInUseWithinTwoSeconds() {
    crowd(2, 300, 400);
    crowd(60, 300, 400);
    assertThat(two).isBetween(54 * SECOND, 60 * SECOND);
  }

  @Test
  void whatIsFasterMayChange() {
    crowd(10, 300, 400);
    assertThat(two).isGreaterThan(8 * SECOND);
    crowd(10, 1200, 1000);
    assertThat(two).isLessThan(5 * SECOND);
    crowd(10, 300, 400);
    assertThat(two).isGreaterThan(5 * SECOND);
  }

  @Test
  void oneIsEnoughWhereBothAreAsFast() {
    crowd(10, 300, 400);
    assertThat(two).isGreaterThan(8 * SECOND);
    crowd(60, 1000, 1010);
    crowd(60, 1010, 1000);
    assertThat(two).isLessThan(6 * SECOND);
  }

  @Test
  void aRateThatRisesIsNoReasonToChange() {
    for (int rate = 300; rate < 3000; rate += 300) {
      crowd(1, rate, rate);
    }
    assertThat(abreast.most()).isEqualTo(1);
    assertThat(two).isLessThan(SECOND / 4);
  }

  @Test
  void nothingIsTriedWithoutACrowd() {
    work(60, 1000, 2000, 1);
    assertThat(two).isZero();
  }

  @Test
  void nothingIsComparedAcrossAPause() {
    for (int i = 0; i < 200; i++) {
      now += SECOND;
      abreast.done(10);
    }
    assertThat(abreast.most()).isEqualTo(1);
    crowd(2, 300, 400);
    assertThat(abreast.most()).isEqualTo(2);
    now += SECOND;
    abreast.done(10);
    assertThat(abreast.most()).as("what was found out stays").isEqualTo(2);
  }
}
