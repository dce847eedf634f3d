package mailwing.smtp.arc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import mailwing.smtp.arc.ArcChain.Link;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dkim.Dkimpy;
import mailwing.smtp.dkim.SigningKey;
import mailwing.smtp.dkim.TestKeys;
import mailwing.smtp.dns.TestZone;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Chains that are sealed and verified, and what is done to them (RFC 8617).
final class ArcTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_795_000_000);
  private static final SigningKey LIST = TestKeys.rsa("list.test");
  private static final SigningKey HOUSE = TestKeys.rsa("house.test");
  private static final String MESSAGE =
      """
      From: Ann <ann@author.test>
      To: list@list.test
      Subject: hello
      Date: Sun, 22 Nov 2026 00:00:00 +0000
      Message-ID: <1@author.test>

      Hello.
      """
          .replace("\n", "\r\n");

  private final TestZone zone =
      TestKeys.publish(TestKeys.publish(new TestZone(), "list.test"), "house.test");

  private static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private ArcChain verify(String message) throws IOException {
    byte[] octets = octets(message);
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    int body = scan.end() + 2;
    return ArcVerifier.verify(
        zone, octets, scan, sink -> sink.write(octets, body, octets.length - body), NOW);
  }

  private static String sealed(String message, SigningKey key, String results, ArcChain chain) {
    byte[] octets = octets(message);
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    ArcSealer sealer = new ArcSealer(key);
    int body = scan.end() + 2;
    sealer.write(octets, body, octets.length - body);
    return sealer.fields(octets, scan, octets.length, results, chain, NOW).orElse("") + message;
  }

  private static String once() {
    return sealed(
        MESSAGE, LIST, "mx.list.test; spf=pass;\r\n\tdmarc=pass (p=reject)", ArcChain.NONE);
  }

  private String twice() throws IOException {
    return sealed(once(), HOUSE, "mx.house.test; arc=pass; dmarc=fail", verify(once()));
  }

  @Test
  void whatIsSealedHolds() throws IOException {
    assertThat(verify(MESSAGE)).isEqualTo(ArcChain.NONE);
    assertThat(once())
        .startsWith("ARC-Seal: i=1; a=rsa-sha256; cv=none;\r\n\td=list.test; s=test;");
    assertThat(once().lines()).allMatch(line -> line.length() <= 78);
    assertThat(verify(once()))
        .isEqualTo(new ArcChain(ArcResult.PASS, 1, 0, List.of(new Link("list.test", true)), false));
    assertThat(verify(twice()))
        .isEqualTo(
            new ArcChain(
                ArcResult.PASS,
                2,
                0,
                List.of(new Link("list.test", true), new Link("house.test", false)),
                false));
  }

  @Test
  void aChangeBeforeTheLastSealIsTold() throws IOException {
    ArcChain arrived = verify(once());
    String changed = sealed(once() + "-- \r\nthe list\r\n", HOUSE, "mx; arc=pass", arrived);
    ArcChain chain = verify(changed);
    assertThat(chain.result()).isEqualTo(ArcResult.PASS);
    assertThat(chain.oldestPass()).isEqualTo(2);
    assertThat(verify(once() + "more\r\n").result()).isEqualTo(ArcResult.FAIL);
  }

  @Test
  void whatIsTakenAwayAddedOrChangedFails() throws IOException {
    String twice = twice();
    for (String broken :
        List.of(
            twice.replace("mx.list.test; spf=pass", "mx.list.test; spf=fail"),
            twice.replaceFirst("(?s)ARC-Seal: i=2.*?(?=ARC-Message)", ""),
            twice.replaceFirst("(?s)ARC-Message-Signature: i=1.*?(?=ARC-Auth)", ""),
            twice.replaceFirst("(?s)ARC-Authentication-Results: i=1.*?(?=From:)", ""),
            "ARC-Authentication-Results: i=1; x; dmarc=pass\r\n" + twice,
            "ARC-Authentication-Results: i=3; x; dmarc=pass\r\n" + twice,
            "ARC-Authentication-Results: x; i=3\r\n" + twice,
            "ARC-Seal: i=51; cv=pass\r\n" + twice,
            "ARC-Seal: i=0\r\n" + twice,
            "ARC-Seal: \r\n" + twice,
            "ARC-Seal: ;;;;;" + ";".repeat(50_000) + "\r\n" + twice,
            twice.replace("cv=none", "cv=pass"),
            twice.replace("cv=pass", "cv=none"),
            twice.replace("i=2; a=rsa-sha256; cv=pass;", "i=2; a=rsa-sha256; cv=pass; h=from;"),
            twice.replace("i=2; a=rsa-sha256; cv=pass", "i=2; a=rsa-sha1; cv=pass"),
            twice.replace("d=house.test", "d=other.test"),
            twice.replace("Subject: hello", "Subject: bye"))) {
      assertThat(verify(broken).result())
          .as(broken.substring(0, Math.min(300, broken.length())))
          .isEqualTo(ArcResult.FAIL);
    }
    zone.fail("test._domainkey.list.test", "TXT");
    assertThat(verify(twice).result()).isEqualTo(ArcResult.FAIL);
  }

  @Test
  void aBrokenChainIsSealedAsBrokenOnceAndNeverAgain() throws IOException {
    String broken = once() + "more\r\n";
    String marked = sealed(broken, HOUSE, "mx.house.test; arc=fail", verify(broken));
    assertThat(marked).startsWith("ARC-Seal: i=2; a=rsa-sha256; cv=fail;");
    ArcChain chain = verify(marked);
    assertThat(chain.result()).isEqualTo(ArcResult.FAIL);
    assertThat(chain.sealedAsFailed()).isTrue();
    assertThat(sealed(marked, LIST, "mx.list.test; arc=fail", chain)).isEqualTo(marked);
  }

  @Test
  void chainsHaveFiftySetsAtMost() throws IOException {
    String message = MESSAGE;
    for (int i = 1; i <= 50; i++) {
      message = sealed(message, HOUSE, "mx; arc=pass", verify(message));
    }
    ArcChain chain = verify(message);
    assertThat(chain.result()).isEqualTo(ArcResult.PASS);
    assertThat(chain.newest()).isEqualTo(50);
    assertThat(sealed(message, HOUSE, "mx; arc=pass", chain)).isEqualTo(message);
  }

  @Test
  void onlyTrustedSealersVouch() throws IOException {
    ArcChain chain = verify(twice());
    assertThat(chain.isVouchedBy(List.of("list.test", "house.test"))).isTrue();
    assertThat(chain.isVouchedBy(List.of("list.test"))).isFalse();
    assertThat(chain.isVouchedBy(List.of("house.test"))).isFalse();
    assertThat(verify(once()).isVouchedBy(List.of("list.test"))).isTrue();
    assertThat(ArcChain.NONE.isVouchedBy(List.of("list.test"))).isFalse();
    String unproved =
        sealed(MESSAGE, LIST, "mx.list.test; dkim=pass reason=\"dmarc=pass\"", ArcChain.NONE);
    assertThat(verify(unproved).isVouchedBy(List.of("list.test"))).isFalse();
  }

  /// Both ways, where dkimpy is installed.
  @Test
  void dkimpyAgrees(@TempDir Path folder) throws Exception {
    Dkimpy dkimpy = new Dkimpy(folder);
    Assumptions.assumeTrue(dkimpy.isInstalled(), "no dkimpy");
    Files.write(folder.resolve("1.eml"), octets(once()));
    Files.write(folder.resolve("2.eml"), octets(twice()));
    Files.write(folder.resolve("3.eml"), octets(twice().replace("Hello.", "Bye.")));
    Files.write(
        folder.resolve("4.eml"), octets("Authentication-Results: py.test; arc=pass\r\n" + once()));
    Files.writeString(folder.resolve("key"), TestKeys.rsaPem());
    List<String> told =
        dkimpy.verify(
            """
            for name in '123':
                print(dkim.arc_verify(open(name + '.eml', 'rb').read(), dnsfunc=dns)[0].decode())
            message = open('4.eml', 'rb').read()
            fields = dkim.arc_sign(message, b'test', b'house.test', open('key', 'rb').read(),
                                   b'py.test')
            open('5.eml', 'wb').write(b''.join(fields) + message)
            """);
    assertThat(told).containsExactly("pass", "pass", "fail");
    String theirs = Files.readString(folder.resolve("5.eml"), StandardCharsets.ISO_8859_1);
    assertThat(verify(theirs).result()).isEqualTo(ArcResult.PASS);
    assertThat(verify(theirs).newest()).isEqualTo(2);
  }
}
