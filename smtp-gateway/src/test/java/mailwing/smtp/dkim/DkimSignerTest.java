package mailwing.smtp.dkim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dns.TestZone;
import mailwing.testkit.RealMessages;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is signed verifies: by the RFCs' own signatures, by our verifier, and by dkimpy where it is
/// at hand.
final class DkimSignerTest {
  private static final String DOMAIN = "football.example.com";
  private static final Instant NOW = Instant.ofEpochSecond(1_528_637_909);
  private static final String MESSAGE =
      """
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

  private final TestZone zone = TestKeys.publish(new TestZone(), DOMAIN);

  private static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static HeaderScan scan(byte[] octets) {
    return HeaderScan.of(octets, 0, octets.length);
  }

  private static int body(byte[] octets, HeaderScan scan) {
    return Math.min(octets.length, scan.end() + 2);
  }

  /// The message with its signatures before it; the body comes in splits of the generator's.
  private static Optional<byte[]> sign(byte[] octets, Random random) {
    DkimSigner signer = new DkimSigner(List.of(TestKeys.rsa(DOMAIN), TestKeys.ed25519(DOMAIN)));
    HeaderScan scan = scan(octets);
    for (int at = body(octets, scan); at < octets.length; ) {
      int part = Math.min(octets.length - at, 1 + random.nextInt(1000));
      signer.write(octets, at, part);
      at += part;
    }
    return signer
        .fields(octets, scan, octets.length, NOW)
        .map(
            fields -> {
              byte[] head = octets(fields);
              byte[] whole = java.util.Arrays.copyOf(head, head.length + octets.length);
              System.arraycopy(octets, 0, whole, head.length, octets.length);
              return whole;
            });
  }

  private List<DkimResult> verify(byte[] octets) throws IOException {
    HeaderScan scan = scan(octets);
    int body = body(octets, scan);
    return DkimVerifier.verify(
            zone, octets, scan, sink -> sink.write(octets, body, octets.length - body), NOW)
        .stream()
        .map(DkimVerdict::result)
        .toList();
  }

  private List<DkimResult> verify(String text) throws IOException {
    return verify(octets(text));
  }

  private static String signed() {
    return new String(
        sign(octets(MESSAGE), new Random(1)).orElseThrow(), StandardCharsets.ISO_8859_1);
  }

  private static String compact(String signature) {
    return signature.replaceAll("\\s", "");
  }

  @Test
  void rfc8463sOwnSignaturesAreMadeOctetByOctet() {
    byte[] octets = octets(MESSAGE);
    List<String> names =
        List.of("from", "to", "subject", "date", "message-id", "from", "subject", "date");
    String ed25519 =
        """
        DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
         d=football.example.com; i=@football.example.com;
         q=dns/txt; s=brisbane; t=1528637909; h=from : to :
         subject : date : message-id : from : subject : date;
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
         b="""
            .replace("\n", "\r\n");
    assertThat(
            compact(
                SignatureField.signature(
                    TestKeys.ed25519(DOMAIN), octets, scan(octets), names, ed25519)))
        .isEqualTo(
            "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1"
                + "Dw==");
    String rsa =
        """
        DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
         d=football.example.com; i=@football.example.com;
         q=dns/txt; s=test; t=1528637909; h=from : to : subject :
         date : message-id : from : subject : date;
         bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
         b="""
            .replace("\n", "\r\n");
    assertThat(
            compact(
                SignatureField.signature(TestKeys.rsa(DOMAIN), octets, scan(octets), names, rsa)))
        .isEqualTo(
            "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rp"
                + "o1tFOeS9mPYQTnGdaSGsgeefOsk2JzdA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ"
                + "4FADY+8=");
  }

  /// RFC 6376 appendix A.2, in the simple form that it is in: key and octets are ours to sign.
  @Test
  void rfc6376sOwnSignatureIsMadeOctetByOctet() {
    String signed =
        """
        DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
              c=simple/simple; q=dns/txt; i=joe@football.example.com;
              h=Received : From : To : Subject : Date : Message-ID;
              bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
              b=;
        Received: from client1.football.example.com  [192.0.2.1]
              by submitserver.example.com with SUBMISSION;
              Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
        """
                .replace("\n", "\r\n")
            + MESSAGE;
    byte[] octets = octets(signed);
    HeaderScan scan = scan(octets);
    byte[] canonical =
        HeaderOctets.of(
            octets,
            scan,
            scan.fields().getFirst(),
            List.of("received", "from", "to", "subject", "date", "message-id"),
            false);
    assertThat(compact(SignatureField.folded(TestKeys.rfc6376().sign(canonical))))
        .isEqualTo(
            "AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB4nujc7YopdG5dWLSdNg6xNAZpOPr+kHx"
                + "t1IrE+NahM6L/LbvaHutKVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV4bmp/Yzh"
                + "wvcubU4=");
  }

  @Test
  void linesAreShortAndFieldsAreSealed() {
    String signed = signed();
    assertThat(signed.lines()).allMatch(line -> line.length() <= 78);
    assertThat(signed)
        .contains("a=rsa-sha256")
        .contains("a=ed25519-sha256")
        .contains("From:From:Reply-To:Subject:Subject:Date:Date:To:To:Cc:")
        .doesNotContain("l=")
        .doesNotContain("x=");
  }

  @Test
  void whatIsSignedVerifiesAndWhatIsChangedDoesNot() throws IOException {
    String signed = signed();
    assertThat(verify(signed)).containsExactly(DkimResult.PASS, DkimResult.PASS);
    assertThat(verify("Received: by a list\r\nList-Id: <x>\r\n" + signed))
        .containsOnly(DkimResult.PASS);
    for (String added :
        List.of(
            "From: x@evil.test",
            "Subject: x",
            "Date: x",
            "To: x@y.test",
            "Cc: x@y.test",
            "Message-ID: <x@y>",
            "Reply-To: x@evil.test",
            "MIME-Version: 1.0",
            "Content-Type: text/html",
            "Content-Transfer-Encoding: base64")) {
      assertThat(verify(added + "\r\n" + signed)).as(added).containsOnly(DkimResult.FAIL);
    }
    assertThat(verify(signed.replace("lost", "won"))).containsOnly(DkimResult.FAIL);
    assertThat(verify(signed + "more\r\n")).containsOnly(DkimResult.FAIL);
    assertThat(verify(signed + "\r\n\r\n")).containsOnly(DkimResult.PASS);
    assertThat(verify(signed.replace("t=1528637909", "t=1528637910")))
        .containsOnly(DkimResult.FAIL);
  }

  @Test
  void whatOthersWouldReadOtherwiseIsNotSigned() {
    for (String unsound :
        List.of(
            "From: a@b.test\r\nthis is no field\r\n\r\nbody\r\n",
            "From: a@b.test\nSubject: x\r\n\r\nbody\r\n",
            "From: a@b.test\rSubject: x\r\n\r\nbody\r\n",
            "From: a@b.test",
            "",
            "From: a@b.test\r\n" + "To: c@d.test\r\n".repeat(300) + "\r\nbody\r\n")) {
      assertThat(sign(octets(unsound), new Random(1))).as(unsound).isEmpty();
    }
  }

  @Test
  void bodiesOfAllKindsVerify() throws IOException {
    for (String body :
        List.of(
            "",
            "\r\n",
            "\r\n\r\n\r\n",
            "no line end",
            "binary \r alone\n and \0 nul\r\n",
            " \t \r\n x \t y \r\n\r\n",
            "x".repeat(100_000) + "\r\n")) {
      byte[] signed =
          sign(octets(MESSAGE.substring(0, MESSAGE.indexOf("\r\n\r\n") + 4) + body), new Random(2))
              .orElseThrow();
      assertThat(verify(signed)).containsExactly(DkimResult.PASS, DkimResult.PASS);
    }
    byte[] headerOnly =
        sign(octets(MESSAGE.substring(0, MESSAGE.indexOf("\r\n\r\n") + 2)), new Random(2))
            .orElseThrow();
    assertThat(verify(headerOnly)).containsExactly(DkimResult.PASS, DkimResult.PASS);
  }

  @Test
  void realMessagesVerify() throws IOException {
    List<Path> files = RealMessages.sample(600, 26);
    Assumptions.assumeFalse(files.isEmpty(), "no corpus");
    Random random = new Random(26);
    int signed = 0;
    for (Path file : files) {
      Optional<byte[]> message = sign(RealMessages.crlf(file), random);
      if (message.isPresent()) {
        signed++;
        assertThat(verify(message.get()).subList(0, 2))
            .as(file.toString())
            .containsExactly(DkimResult.PASS, DkimResult.PASS);
      }
    }
    assertThat(signed).isGreaterThan(files.size() / 2);
  }

  /// Another implementation agrees, where it is installed (python3 with dkimpy and PyNaCl).
  @Test
  void dkimpyAgrees(@TempDir Path folder) throws Exception {
    Dkimpy dkimpy = new Dkimpy(folder);
    Assumptions.assumeTrue(dkimpy.isInstalled(), "no dkimpy");
    List<byte[]> messages = new ArrayList<>();
    sign(octets(MESSAGE), new Random(1)).ifPresent(messages::add);
    for (Path file : RealMessages.sample(150, 27)) {
      sign(RealMessages.crlf(file), new Random(1)).ifPresent(messages::add);
    }
    for (int i = 0; i < messages.size(); i++) {
      Files.write(folder.resolve(i + ".eml"), messages.get(i));
    }
    List<String> wrong =
        dkimpy.verify(
            """
            for name in glob.glob('*.eml'):
                for i in (0, 1):
                    try:
                        ok = dkim.DKIM(open(name, 'rb').read()).verify(i, dns)
                    except Exception as e:
                        ok = repr(e)
                    if ok is not True:
                        print(name, i, ok)
            """);
    assertThat(wrong).isEmpty();
  }
}
