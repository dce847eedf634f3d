package mailwing.bench;

import static org.assertj.core.api.Assertions.assertThat;

import mailwing.bench.Guard.Verdict;
import org.junit.jupiter.api.Test;

/// When a ratio has become worse, and when that is noise.
class GuardTest {
  @Test
  void aFifthLessIsNoise() {
    assertThat(verdict(published(2.0, 0.01), now(1.61, 0.02))).isEqualTo(Verdict.HOLDS);
    assertThat(verdict(published(2.0, 0.01), now(1.59, 0.02))).isEqualTo(Verdict.WORSE);
  }

  @Test
  void threeTimesTheGreaterSpreadIsNoise() {
    assertThat(verdict(published(2.0, 0.10), now(1.41, 0.0))).isEqualTo(Verdict.HOLDS);
    assertThat(verdict(published(2.0, 0.0), now(1.41, 0.10))).isEqualTo(Verdict.HOLDS);
    assertThat(verdict(published(2.0, 0.10), now(1.39, 0.10))).isEqualTo(Verdict.WORSE);
  }

  @Test
  void halfOfWhatWasPublishedIsNeverNoise() {
    assertThat(verdict(published(2.0, 5), now(0.99, 5))).isEqualTo(Verdict.WORSE);
    assertThat(verdict(published(2.0, 5), now(1.01, 5))).isEqualTo(Verdict.HOLDS);
  }

  @Test
  void moreIsNeverWorse() {
    assertThat(verdict(published(2.0, 0.01), now(9, 0.01))).isEqualTo(Verdict.HOLDS);
  }

  @Test
  void aDisturbedRunTellsNothing() {
    Figures disturbed = new Figures(1, 10, 0.1, 0, 1, 1, true);
    assertThat(verdict(published(2.0, 0.01), disturbed)).isEqualTo(Verdict.NOT_TOLD);
  }

  @Test
  void theExitCodeTellsOfTheWorst() {
    Guard holds = Guard.judge("store", published(1, 0), now(1, 0));
    Guard worse = Guard.judge("store", published(1, 0), now(0.5, 0));
    Guard notTold = Guard.judge("store", published(1, 0), new Figures(1, 1, 1, 0, 1, 1, true));
    assertThat(holds.worse(0)).isZero();
    assertThat(worse.worse(0)).isEqualTo(1);
    assertThat(notTold.worse(0)).isEqualTo(3);
    assertThat(notTold.worse(1)).isEqualTo(1);
    assertThat(worse.worse(3)).isEqualTo(1);
    assertThat(holds.worse(3)).isEqualTo(3);
    assertThat(worse.text()).contains("store", "worse", "ratio 0.5", "published 1");
  }

  private static Verdict verdict(Figures published, Figures now) {
    return Guard.judge("row", published, now).verdict();
  }

  private static Figures published(double ratio, double spread) {
    return new Figures(ratio, 1, ratio, spread, 1, 1, false);
  }

  private static Figures now(double ratio, double spread) {
    return published(ratio, spread);
  }
}
