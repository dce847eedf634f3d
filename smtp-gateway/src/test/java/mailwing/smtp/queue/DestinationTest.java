package mailwing.smtp.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import mailwing.smtp.client.ClientTimes;
import org.junit.jupiter.api.Test;

final class DestinationTest {
  @Test
  void messagesKeepTheirDistanceWhereTheRateIsLimited() throws InterruptedException {
    Destination destination =
        new Destination(
            new OutboundConfig(
                true,
                25,
                false,
                Map.of(),
                Optional.empty(),
                20,
                2,
                600,
                10,
                Duration.ofSeconds(1),
                Duration.ofSeconds(10),
                ClientTimes.DEFAULTS,
                TlsRules.defaults()));
    long start = System.nanoTime();
    for (int i = 0; i < 6; i++) {
      destination.enter();
      destination.exit();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isBetween(Duration.ofMillis(490), Duration.ofSeconds(5));
  }
}
