package mailwing.store.accounts;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import mailwing.store.Address;
import org.junit.jupiter.api.Test;

/// Reverse-paths rewritten and read again.
final class SrsTest {
  private Instant now = Instant.parse("2026-11-22T00:00:00Z");
  private final Srs srs = new Srs(new byte[] {1, 2, 3}, () -> now);
  private final Srs other = new Srs(new byte[] {3, 2, 1}, () -> now);

  private Optional<Srs.Returned> reverse(String address) {
    return srs.reverse(Address.parse(address).orElseThrow());
  }

  private static Optional<Srs.Returned> to(String address) {
    return Optional.of(new Srs.Returned.To(address));
  }

  private static Optional<Srs.Returned> refused() {
    return Optional.of(new Srs.Returned.Refused());
  }

  @Test
  void aBounceGoesBackToTheSender() {
    String made = srs.rewrite("Joe=x.y+z@Sender.Example", "our.example");
    assertThat(made)
        .matches("SRS0=[A-Z2-7]{8}=[A-Z2-7]{2}=sender\\.example=Joe=x\\.y\\+z@our\\.example");
    assertThat(reverse(made)).isEqualTo(to("Joe=x.y+z@sender.example"));
  }

  @Test
  void hostsOnTheWayMayChangeItsCase() {
    String made = srs.rewrite("Joe@sender.example", "our.example");
    assertThat(reverse(made.toLowerCase(Locale.ROOT))).isEqualTo(to("joe@sender.example"));
    assertThat(reverse(made.toUpperCase(Locale.ROOT))).isEqualTo(to("JOE@SENDER.EXAMPLE"));
  }

  @Test
  void whatWasChangedIsRefused() {
    String made = srs.rewrite("joe@sender.example", "our.example");
    assertThat(reverse(made.replace("=joe@", "=jim@"))).isEqualTo(refused());
    assertThat(reverse(made.replace("sender.example", "other.example"))).isEqualTo(refused());
    assertThat(reverse(other.rewrite("joe@sender.example", "our.example"))).isEqualTo(refused());
    assertThat(reverse("SRS0=@our.example")).isEqualTo(refused());
    assertThat(reverse("srs0+x=y=z@our.example")).isEqualTo(refused());
    assertThat(reverse("SRS1==x==@our.example")).isEqualTo(refused());
    assertThat(reverse("SRS0@our.example")).isEmpty();
    assertThat(reverse("joe@our.example")).isEmpty();
  }

  @Test
  void itEndsAfterThreeWeeks() {
    String made = srs.rewrite("joe@sender.example", "our.example");
    now = now.plus(Duration.ofDays(21));
    assertThat(reverse(made)).isEqualTo(to("joe@sender.example"));
    now = now.plus(Duration.ofDays(1));
    assertThat(reverse(made)).isEqualTo(refused());
    // Days are modulo 1024.
    now = now.plus(Duration.ofDays(500));
    assertThat(reverse(made)).isEqualTo(refused());
  }

  @Test
  void aClockThatIsADayAheadDoesNoHarm() {
    now = now.plus(Duration.ofDays(1));
    String made = srs.rewrite("joe@sender.example", "our.example");
    now = now.minus(Duration.ofDays(1));
    assertThat(reverse(made)).isEqualTo(to("joe@sender.example"));
  }

  @Test
  void whatAnotherForwarderHasRewrittenNamesThatOne() {
    String first = other.rewrite("joe@sender.example", "first.example");
    String second = srs.rewrite(first, "our.example");
    assertThat(second).startsWith("SRS1=").contains("=first.example==");
    assertThat(reverse(second)).isEqualTo(to(first));
    Srs third = new Srs(new byte[] {9}, () -> now);
    String fourth = third.rewrite(second, "fourth.example");
    assertThat(fourth).startsWith("SRS1=").contains("=first.example==");
    assertThat(fourth.length()).isEqualTo(second.length() + 3);
    assertThat(third.reverse(Address.parse(fourth).orElseThrow())).isEqualTo(to(first));
  }

  @Test
  void internationalSendersStayThemselves() {
    String made = srs.rewrite("jos\u00e9@b\u00fccher.example", "our.example");
    assertThat(made).contains("=xn--bcher-kva.example=jos\u00e9@");
    assertThat(reverse(made)).isEqualTo(to("jos\u00e9@xn--bcher-kva.example"));
    assertThat(reverse(srs.rewrite("joe@b\u00fccher.example", "our.example")))
        .isEqualTo(to("joe@xn--bcher-kva.example"));
  }
}
