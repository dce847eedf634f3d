package mailwing.smtp.dmarc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import mailwing.smtp.dns.TestZone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// RFC 9989 §4.10: discovery, the organization's domain and alignment.
final class DmarcCheckTest {
  private final TestZone zone = new TestZone();

  private DmarcCheckTest policy(String domain, String record) {
    zone.add("_dmarc." + domain, "TXT", record);
    return this;
  }

  private DmarcCheck.Outcome check(String author, String spf, String... dkim) {
    return DmarcCheck.of(
        zone, author, Optional.of(spf).filter(domain -> !domain.isEmpty()), List.of(dkim));
  }

  private static DmarcCheck.Outcome outcome(DmarcResult result, DmarcPolicy policy) {
    return new DmarcCheck.Outcome(result, policy);
  }

  @Test
  void withoutAPolicyNothingIsAskedFor() {
    assertThat(check("a.example", "a.example"))
        .isEqualTo(outcome(DmarcResult.NONE, DmarcPolicy.NONE));
    policy("b.example", "v=DMARC1; p=reject").policy("b.example", "v=DMARC1; p=none");
    assertThat(check("b.example", "").result()).isEqualTo(DmarcResult.NONE);
    policy("c.example", "v=dmarc1; p=reject");
    assertThat(check("c.example", "").result()).isEqualTo(DmarcResult.NONE);
  }

  @Test
  void anAlignedDomainPasses() {
    policy("example.com", "v=DMARC1; p=reject");
    DmarcCheck.Outcome pass = outcome(DmarcResult.PASS, DmarcPolicy.REJECT);
    assertThat(check("example.com", "example.com")).isEqualTo(pass);
    assertThat(check("example.com", "bounces.example.com")).isEqualTo(pass);
    assertThat(check("example.com", "", "other.test", "mail.example.com")).isEqualTo(pass);
    assertThat(check("example.com", "example.org", "xexample.com"))
        .isEqualTo(outcome(DmarcResult.FAIL, DmarcPolicy.REJECT));
  }

  @Test
  void strictAlignmentTakesTheSameDomainAlone() {
    policy("example.com", "v=DMARC1;p=quarantine;adkim=s;aspf=s");
    assertThat(check("example.com", "m.example.com", "m.example.com"))
        .isEqualTo(outcome(DmarcResult.FAIL, DmarcPolicy.QUARANTINE));
    assertThat(check("example.com", "", "example.com").result()).isEqualTo(DmarcResult.PASS);
  }

  @Test
  void subdomainsHaveTheirOwnPolicyAndMissingOnesToo() {
    policy("example.com", "v=DMARC1; p=reject; sp=quarantine; np=none");
    zone.add("there.example.com", "A", "192.0.2.1");
    assertThat(check("there.example.com", "").policy()).isEqualTo(DmarcPolicy.QUARANTINE);
    assertThat(check("missing.example.com", "").policy()).isEqualTo(DmarcPolicy.NONE);
  }

  @Test
  void theWalkHasAtMostEightQuestions() {
    policy("mail.example.com", "v=DMARC1; p=reject");
    assertThat(check("a.b.c.d.e.f.g.h.i.j.mail.example.com", "").result())
        .isEqualTo(DmarcResult.FAIL);
    int before = zone.questions();
    check("a.b.c.d.e.f.g.h.i.j.mail.example.org", "");
    assertThat(zone.questions() - before).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource({
    "v=DMARC1; p=none; psd=y, a.mail.example, mail.example, FAIL",
    "v=DMARC1; p=none; psd=y, a.mail.example, b.mail.example, PASS",
    "v=DMARC1; p=none; psd=n, a.mail.example, other.example, PASS",
  })
  void publicSuffixesSeparateOrganizations(
      String record, String author, String spf, DmarcResult wanted) {
    policy("example", record);
    boolean samePart = wanted == DmarcResult.PASS;
    assertThat(check(author, samePart ? spf : "other.example").result()).isEqualTo(wanted);
  }

  @Test
  void brokenPoliciesWithReportsAskForNothing() {
    policy("a.test", "v=DMARC1; p=nonsense; rua=mailto:x@a.test").policy("b.test", "v=DMARC1; p=x");
    policy("c.test", "v=DMARC1; p=reject; t=y");
    assertThat(check("a.test", "")).isEqualTo(outcome(DmarcResult.FAIL, DmarcPolicy.NONE));
    assertThat(check("b.test", "").result()).isEqualTo(DmarcResult.NONE);
    assertThat(check("c.test", "").policy()).isEqualTo(DmarcPolicy.QUARANTINE);
  }

  @Test
  void aDnsThatIsAwayIsTemporary() {
    zone.fail("_dmarc.example.com", "TXT");
    assertThat(check("example.com", "example.com").result()).isEqualTo(DmarcResult.TEMPERROR);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a@Example.COM | example.com",
        "\"x@evil.test\" <a@good.test> | good.test",
        "\"a\\\" <b@evil.test>\" <a@good.test> | good.test",
        "a@good.test (b@evil.test) | good.test",
        "x <@relay.test:a@good.test> | good.test",
        "a@good.test, b@good.test | good.test",
        "Group: a@good.test; | good.test",
        "<a@bücher.example> | xn--bcher-kva.example",
        "a@good.test, b@evil.test | ''",
        "nobody | ''",
        "a@[192.0.2.1] | ''",
        "'' | ''"
      })
  void theAuthorsDomainIsTheOneOfFrom(String from, String wanted) {
    assertThat(AuthorDomain.of(from).orElse("")).isEqualTo(wanted);
  }
}
