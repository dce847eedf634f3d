package mailwing.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// When connections are opened, used and closed, and what becomes of one that fails.
class ClosedLoopTest {
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger operations = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();

  @Test
  void connectionsAreOpenBeforeTheFirstRoundAndStayForTheNext() throws Exception {
    try (ClosedLoop loop = ClosedLoop.open(3, index -> new Counting(Integer.MAX_VALUE))) {
      assertThat(opened).hasValue(3);
      assertThat(operations).hasValue(0);
      loop.during(0.02);
      int after = operations.get();
      assertThat(after).isPositive();
      loop.during(0.02);
      assertThat(operations.get()).isGreaterThan(after);
      assertThat(loop.measurement(0.02, new CpuTime(Map.of(), 0)).operations())
          .isLessThanOrEqualTo(operations.get() - after);
      assertThat(opened).hasValue(3);
      assertThat(closed).hasValue(0);
    }
    assertThat(closed).hasValue(3);
  }

  @Test
  void eachConnectionDoesAsManyOperationsAsAreWanted() throws Exception {
    Options options = new Options(2, 0, 1, 100, 1, new CpuClock(new ServerProcesses(List.of())));
    Measurement measured =
        ClosedLoop.once(2, 50, options, index -> new Counting(Integer.MAX_VALUE));
    assertThat(measured.operations()).isEqualTo(100);
    assertThat(measured.octets()).isEqualTo(700);
    assertThat(closed).hasValue(2);
  }

  @Test
  void whatFailsOnOneConnectionFailsTheRoundAndAllAreClosed() {
    assertThatThrownBy(
            () -> {
              try (ClosedLoop loop = ClosedLoop.open(3, index -> new Counting(10))) {
                loop.during(0.1);
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessage("refused");
    assertThat(closed).hasValue(3);
  }

  @Test
  void aConnectionThatCannotBeOpenedFailsAll() {
    assertThatThrownBy(
            () ->
                ClosedLoop.open(
                    2,
                    index -> {
                      if (index == 1) {
                        throw new IOException("nobody listens");
                      }
                      return new Counting(1);
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("nobody listens");
  }

  /// Fails when all connections together have done so many operations.
  private final class Counting implements ClosedLoop.Client {
    private final int most;

    Counting(int most) {
      this.most = most;
      opened.incrementAndGet();
    }

    @Override
    public long operate() throws IOException {
      if (operations.incrementAndGet() > most) {
        throw new IOException("refused");
      }
      return 7;
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }
}
