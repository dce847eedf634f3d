package mailwing.smtp.dkim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dns.TestZone;
import org.junit.jupiter.api.Test;

/// The messages of RFC 8463 appendix A and RFC 6376 appendix A, and what is done to them.
final class DkimVerifierTest {
  private static final String RSA =
      "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
          + "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
          + "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3"
          + "Ip3G+2kryOTIKT+l/K4w3QIDAQAB";
  private static final String ED25519 =
      "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  private static final String SIGNED =
      """
      DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
       d=football.example.com; i=@football.example.com;
       q=dns/txt; s=brisbane; t=1528637909; h=from : to :
       subject : date : message-id : from : subject : date;
       bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
       b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
       Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
      DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
       d=football.example.com; i=@football.example.com;
       q=dns/txt; s=test; t=1528637909; h=from : to : subject :
       date : message-id : from : subject : date;
       bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
       b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
       DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
       dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
      From: Joe SixPack <joe@football.example.com>
      To: Suzie Q <suzie@shopping.example.net>
      Subject: Is dinner ready?
      Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
      Message-ID: <20030712040037.46341.5F8J@football.example.com>

      Hi.

      We lost the game.  Are you hungry yet?

      Joe.
      """
          .replace("\n", "\r\n");

  private final TestZone zone =
      new TestZone()
          .add("brisbane._domainkey.football.example.com", "TXT", ED25519)
          .add("test._domainkey.football.example.com", "TXT", RSA);

  private List<DkimVerdict> verify(String message) throws IOException {
    return verify(message, new Random(1), Instant.EPOCH);
  }

  /// The body comes in splits of the generator's.
  private List<DkimVerdict> verify(String message, Random random, Instant now) throws IOException {
    byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    return DkimVerifier.verify(
        zone,
        octets,
        scan,
        sink -> {
          int at = scan.end() + 2;
          while (at < octets.length) {
            int part = Math.min(octets.length - at, 1 + random.nextInt(5));
            sink.write(octets, at, part);
            at += part;
          }
        },
        now);
  }

  private List<DkimResult> results(String message) throws IOException {
    return verify(message).stream().map(DkimVerdict::result).toList();
  }

  @Test
  void bothSignaturesOfRfc8463Hold() throws IOException {
    for (int seed = 0; seed < 20; seed++) {
      List<DkimVerdict> verdicts = verify(SIGNED, new Random(seed), Instant.EPOCH);
      assertThat(verdicts)
          .containsExactly(
              new DkimVerdict(
                  DkimResult.PASS,
                  "",
                  "football.example.com",
                  "brisbane",
                  "ed25519-sha256",
                  "/gCrinpc"),
              new DkimVerdict(
                  DkimResult.PASS, "", "football.example.com", "test", "rsa-sha256", "F45dVWDf"));
    }
  }

  /// As it was when it was signed: folds are six blanks deep and a blank follows "game.", where the
  /// RFC prints five and two.
  @Test
  void theSimpleFormOfRfc6376Holds() throws IOException {
    zone.add(
        "brisbane._domainkey.example.com",
        "TXT",
        "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
            + "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi"
            + "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB");
    String signed =
        """
        DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
              c=simple/simple; q=dns/txt; i=joe@football.example.com;
              h=Received : From : To : Subject : Date : Message-ID;
              bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
              b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
              4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
              KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
              4bmp/YzhwvcubU4=;
        Received: from client1.football.example.com  [192.0.2.1]
              by submitserver.example.com with SUBMISSION;
              Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
        From: Joe SixPack <joe@football.example.com>
        To: Suzie Q <suzie@shopping.example.net>
        Subject: Is dinner ready?
        Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
        Message-ID: <20030712040037.46341.5F8J@football.example.com>

        Hi.

        We lost the game. Are you hungry yet?

        Joe.
        """
            .replace("\n", "\r\n");
    assertThat(results(signed)).containsExactly(DkimResult.PASS);
    assertThat(results(signed.replace("Suzie Q", "Suzie  Q"))).containsExactly(DkimResult.FAIL);
  }

  @Test
  void whatTheRelaxedFormAllowsHoldsAndNothingElse() throws IOException {
    assertThat(results(SIGNED.replace("Subject: Is dinner", "SUBJECT :\tIs\r\n   dinner")))
        .containsOnly(DkimResult.PASS);
    assertThat(
            results(
                SIGNED
                    .replace("We lost the", "We \t lost\tthe")
                    .replace("Joe.\r\n", "Joe. \r\n\r\n \r\n")))
        .containsOnly(DkimResult.PASS);
    assertThat(results("X-More: 1\r\n" + SIGNED)).containsOnly(DkimResult.PASS);
    assertThat(results(SIGNED.substring(0, SIGNED.length() - 2))).containsOnly(DkimResult.PASS);
    assertThat(results(SIGNED.replace("lost", "won"))).containsOnly(DkimResult.FAIL);
    assertThat(results(SIGNED.replace("We lost", " We lost"))).containsOnly(DkimResult.FAIL);
    assertThat(results(SIGNED + "more\r\n")).containsOnly(DkimResult.FAIL);
    // A second From, Subject or Date is signed not to be there.
    assertThat(results("From: other@evil.test\r\n" + SIGNED)).containsOnly(DkimResult.FAIL);
    assertThat(results(SIGNED.replace("\r\n\r\nHi.", "\r\nSubject: x\r\n\r\nHi.")))
        .containsOnly(DkimResult.FAIL);
  }

  @Test
  void aKeyThatIsAwayIsTemporary() throws IOException {
    zone.fail("test._domainkey.football.example.com", "TXT");
    assertThat(results(SIGNED)).containsExactly(DkimResult.PASS, DkimResult.TEMPERROR);
  }

  @Test
  void keysThatDoNotFitAreErrors() throws IOException {
    String name = "k._domainkey.football.example.com";
    String message = SIGNED.replace("s=test;", "s=k;");
    String key = RSA.substring(RSA.indexOf("p="));
    for (String record :
        List.of(
            "v=DKIM1; p=",
            "v=DKIM2; " + key,
            key + "; v=DKIM1",
            "h=sha1; " + key,
            "s=chat; " + key,
            "k=ed25519; " + key,
            "k=dsa; " + key,
            "p=AAAA",
            "p=!",
            ED25519,
            "nothing")) {
      TestZone one = new TestZone().add(name, "TXT", record);
      byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
      HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
      assertThat(DkimVerifier.verify(one, octets, scan, sink -> {}, Instant.EPOCH).get(1).result())
          .as(record)
          .isEqualTo(DkimResult.PERMERROR);
    }
  }

  @Test
  void signaturesThatAreMalformedOrOverDoNotCount() throws IOException {
    assertThat(verify(SIGNED.replace("t=1528637909", "x=1528637909"), new Random(1), Instant.now()))
        .allMatch(verdict -> verdict.result() == DkimResult.FAIL)
        .allMatch(verdict -> verdict.reason().equals("expired"));
    assertThat(results(SIGNED.replace("a=rsa-sha256", "a=rsa-sha1")).get(1))
        .isEqualTo(DkimResult.POLICY);
    for (String broken :
        List.of(
            SIGNED.replace("v=1;", "v=2;"),
            SIGNED.replace("i=@football.example.com", "i=@example.com"),
            SIGNED.replace("h=from :", "h=form :").replace(": from :", ": x :"),
            SIGNED.replace("d=football.example.com;", "d=;"),
            SIGNED.replace("q=dns/txt", "q=http"),
            SIGNED.replace("c=relaxed/relaxed", "c=nofws"),
            SIGNED.replace("q=dns/txt;", "q=dns/txt; q=dns/txt;"),
            SIGNED.replace(" b=", " x=").replace("b=", "bb="))) {
      assertThat(results(broken)).doesNotContain(DkimResult.PASS, DkimResult.TEMPERROR);
    }
  }
}
