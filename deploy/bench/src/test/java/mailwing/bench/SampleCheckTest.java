package mailwing.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// A message tells itself whether it came back whole.
class SampleCheckTest {
  private final byte[] message = new SampleMessages(5120, 1).next("a@bench.test", "b@bench.test");

  @Test
  void aMessageIsAboutAsLargeAsAskedFor() throws IOException {
    assertThat(message.length).isBetween(5000, 5250);
    SampleCheck.check(message);
  }

  @Test
  void fieldsThatServersPutBeforeDoNotMatter() throws IOException {
    String received = "Return-Path: <a@bench.test>\r\nReceived: by mx\r\n";
    SampleCheck.check(
        (received + new String(message, StandardCharsets.US_ASCII))
            .getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void anOctetLessOrAnotherOctetIsSeen() {
    assertThatThrownBy(() -> SampleCheck.check(Arrays.copyOf(message, message.length - 3)))
        .isInstanceOf(IOException.class);
    byte[] other = message.clone();
    other[message.length - 100] ^= 1;
    assertThatThrownBy(() -> SampleCheck.check(other)).isInstanceOf(IOException.class);
  }
}
