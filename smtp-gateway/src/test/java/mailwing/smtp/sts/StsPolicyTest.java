package mailwing.smtp.sts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import mailwing.service.PublishedPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StsPolicyTest {
  @Test
  void theRfcsExampleIsRead() throws StsException {
    StsPolicy policy =
        StsPolicy.parse(
            """
            version: STSv1
            mode: enforce
            mx: mail.example.com
            mx: *.example.net
            mx: backupmx.example.com
            max_age: 604800
            """
                .replace("\n", "\r\n"));
    assertThat(policy.mode()).isEqualTo(StsPolicy.Mode.ENFORCE);
    assertThat(policy.maxAge()).isEqualTo(Duration.ofDays(7));
    assertThat(policy.names("MAIL.example.com.")).isTrue();
    assertThat(policy.names("a.example.net")).isTrue();
    assertThat(policy.names("example.net")).isFalse();
    assertThat(policy.names("foo.bar.example.net")).isFalse();
    assertThat(policy.names("mail.example.org")).isFalse();
    assertThat(policy.lines()).hasSize(6).startsWith("version: STSv1");
  }

  @Test
  void unknownFieldsAndRepeatsAreIgnored() throws StsException {
    StsPolicy policy =
        StsPolicy.parse(
            "mode:testing \nmode: enforce\nx-new: höher: 1\nversion: STSv1\nmax_age: 9999999999\n"
                + "mx: A.Example");
    assertThat(policy.mode()).isEqualTo(StsPolicy.Mode.TESTING);
    assertThat(policy.mx()).containsExactly("a.example");
    assertThat(policy.maxAge()).hasSeconds(31_557_600);
  }

  @Test
  void whatWePublishIsAPolicyAndItsIdChangesWithIt() throws StsException {
    PublishedPolicy published =
        new PublishedPolicy(
            PublishedPolicy.Mode.ENFORCE, List.of("MX.example.org"), Duration.ofDays(7));
    StsPolicy policy = StsPolicy.parse(published.text());
    assertThat(policy.mode()).isEqualTo(StsPolicy.Mode.ENFORCE);
    assertThat(policy.names("mx.example.org")).isTrue();
    assertThat(policy.maxAge()).isEqualTo(Duration.ofDays(7));
    assertThat(StsRecord.id(List.of("v=STSv1; id=" + published.id() + ";")))
        .contains(published.id());
    assertThat(
            new PublishedPolicy(
                    PublishedPolicy.Mode.TESTING, List.of("mx.example.org"), Duration.ofDays(7))
                .id())
        .isNotEqualTo(published.id());
  }

  @Test
  void modeNoneNeedsNoHost() throws StsException {
    assertThat(StsPolicy.parse("version: STSv1\nmode: none\nmax_age: 0\n").mode())
        .isEqualTo(StsPolicy.Mode.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "version: STSv2\nmode: none\nmax_age: 1",
        "mode: none\nmax_age: 1",
        "version: STSv1\nmode: Enforce\nmx: a\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a\nmax_age: -1",
        "version: STSv1\nmode: enforce\nmx: a\nmax_age: 12345678901",
        "version: STSv1\nmode: enforce\nmx: a\n",
        "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: a.*.b\nmax_age: 1",
        "version: STSv1\nmode: enforce\nmx: *\nmax_age: 1",
        "version: STSv1\nmode: none\nmax_age: 1\n<html>"
      })
  void whatIsNoPolicyIsRefused(String text) {
    assertThatThrownBy(() -> StsPolicy.parse(text)).isInstanceOf(StsException.class);
  }

  @Test
  void recordsAnnounceAnId() {
    assertThat(StsRecord.id(List.of("v=STSv1; id=20160831085700Z;"))).contains("20160831085700Z");
    assertThat(StsRecord.id(List.of("v=STSv1;id=a1 ; x.y=z:1"))).contains("a1");
    assertThat(StsRecord.id(List.of("something else", "v=STSv1; id=1; id=2"))).contains("1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "v=STSv1",
        "v=STSv1;",
        "v=STSv2; id=1;",
        "V=STSv1; id=1;",
        " v=STSv1; id=1",
        "v=STSv1; id=1-2;",
        "v=STSv1; id=;",
        "v=STSv1; id=123456789012345678901234567890123;",
        "v=STSv1; id=1; =x",
        "v=STSv1;; id=1",
        "id=1; v=STSv1"
      })
  void otherRecordsAnnounceNone(String text) {
    assertThat(StsRecord.id(List.of(text))).isEmpty();
  }

  @Test
  void twoRecordsAnnounceNone() {
    assertThat(StsRecord.id(List.of("v=STSv1; id=1", "v=STSv1; id=2"))).isEmpty();
  }
}
