package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import mailwing.service.Secret;
import mailwing.smtp.arc.ArcChain;
import mailwing.smtp.arc.ArcResult;
import mailwing.smtp.arc.ArcSealer;
import mailwing.smtp.arc.ArcVerifier;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dkim.SigningKey;
import mailwing.smtp.dkim.TestKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What SPF, DKIM and DMARC find is told and done (RFC 7208, RFC 6376, RFC 9989, RFC 8601).
final class SenderChecksTest {
  private FaultyStore store;
  private GatewayFixture gateway;

  @BeforeEach
  void start() throws IOException {
    store = new FaultyStore();
    gateway =
        new GatewayFixture(
            store.channel,
            Secret.of("mws_test"),
            GatewayFixture.LIMITS,
            GatewayFixture.SESSION,
            false,
            Optional.empty(),
            GatewayFixture.sending(25));
    gateway
        .zone
        .add("good.test", "TXT", "v=spf1 ip4:127.0.0.1 -all")
        .add("bad.test", "TXT", "v=spf1 -all")
        .add("_dmarc.good.test", "TXT", "v=DMARC1; p=reject")
        .add("_dmarc.bad.test", "TXT", "v=DMARC1; p=reject")
        .add("_dmarc.junk.test", "TXT", "v=DMARC1; p=quarantine");
  }

  @AfterEach
  void stop() {
    gateway.close();
    store.close();
  }

  private String send(String from, String message) throws IOException {
    return send(from, "bob@example.test", message);
  }

  private String send(String from, String to, String message) throws IOException {
    try (SmtpClient client = gateway.mx()) {
      client.command("EHLO client.test");
      client.command("MAIL FROM:<" + from + ">");
      client.command("RCPT TO:<" + to + ">");
      client.command("DATA");
      client.send((message + ".\r\n").getBytes(StandardCharsets.ISO_8859_1));
      return client.reply();
    }
  }

  private String stored() {
    return store.stored.getLast().data().toString(StandardCharsets.ISO_8859_1);
  }

  @Test
  void anAlignedSenderPassesAndIsToldAboveTheTrace() throws IOException {
    assertThat(send("a@good.test", "From: a@good.test\r\n\r\nx\r\n")).startsWith("250 ");
    assertThat(stored())
        .startsWith(
            """
            Authentication-Results: mx.example.test;
            \tspf=pass smtp.mailfrom=good.test;
            \tdkim=none;
            \tarc=none;
            \tdmarc=pass (p=reject) header.from=good.test
            Received: from client.test\
            """
                .replace("\n", "\r\n"));
    assertThat(stored()).endsWith("\r\nFrom: a@good.test\r\n\r\nx\r\n");
    assertThat(store.stored.getLast().envelope().getMailbox()).isEmpty();
  }

  @Test
  void whatAPolicyRejectsIsRefused() throws IOException {
    assertThat(send("a@bad.test", "From: a@bad.test\r\n\r\nx\r\n")).startsWith("550 5.7.1 ");
    assertThat(send("a@good.test", "From: a@bad.test\r\n\r\nx\r\n")).startsWith("550 5.7.1 ");
    assertThat(store.stored).isEmpty();
  }

  @Test
  void whatAPolicyQuarantinesGoesIntoJunk() throws IOException {
    assertThat(send("a@good.test", "From: a@junk.test\r\n\r\nx\r\n")).startsWith("250 ");
    assertThat(store.stored.getLast().envelope().getMailbox()).isEqualTo("Junk");
    assertThat(stored()).contains("dmarc=fail (p=quarantine) header.from=junk.test");
  }

  @Test
  void onlySendersThatNoCheckDoubtsAreToldWhatBecameOfIt() throws IOException {
    assertThat(send("a@good.test", "From: a@good.test\r\n\r\nx\r\n")).startsWith("250 ");
    assertThat(store.stored.getLast().envelope().getReporting().getElsewhere()).isTrue();
    assertThat(send("a@unknown.test", "From: a@unknown.test\r\n\r\nx\r\n")).startsWith("250 ");
    assertThat(store.stored.getLast().envelope().hasReporting()).isTrue();
    assertThat(send("a@good.test", "From: a@junk.test\r\n\r\nx\r\n")).startsWith("250 ");
    assertThat(store.stored.getLast().envelope().hasReporting()).isFalse();
    assertThat(send("a@bad.test", "From: a@none.test\r\n\r\nx\r\n")).startsWith("250 ");
    assertThat(store.stored.getLast().envelope().hasReporting()).isFalse();
  }

  @Test
  void withoutAPolicyAFailureIsToldAlone() throws IOException {
    assertThat(send("a@bad.test", "From: a@none.test\r\n\r\nx\r\n")).startsWith("250 ");
    assertThat(stored())
        .contains("spf=fail smtp.mailfrom=bad.test", "dmarc=none header.from=none.test");
  }

  @Test
  void aDnsThatIsAwayRefusesNothing() throws IOException {
    gateway.zone.fail("_dmarc.away.test", "TXT").fail("away.test", "TXT");
    assertThat(send("a@away.test", "From: a@away.test\r\n\r\nx\r\n")).startsWith("250 ");
    assertThat(stored()).contains("spf=temperror", "dmarc=temperror");
  }

  @Test
  void resultsInOurNameAreRemoved() throws IOException {
    String forged =
        """
        Authentication-Results: MX.example.test; dmarc=pass
        Authentication-Results: (a) "mx.example.test" 1;
        \tspf=pass
        Authentication-Results: other.test; spf=pass
        From: a@good.test

        x
        """
            .replace("\n", "\r\n");
    assertThat(send("", forged)).startsWith("550 5.7.1 ");
    assertThat(send("a@good.test", forged)).startsWith("250 ");
    assertThat(stored().split("Authentication-Results:", -1)).hasSize(3);
    assertThat(stored()).contains("Authentication-Results: other.test; spf=pass\r\nFrom:");
  }

  /// What a list that is trusted has changed, and what one that is not has.
  @Test
  void aChainOfTrustedSealersVouchesForAnAuthor() throws IOException {
    TestKeys.publish(TestKeys.publish(gateway.zone, "list.test"), "other.test");
    assertThat(send("l@good.test", sealed(TestKeys.rsa("other.test")))).startsWith("550 5.7.1 ");
    assertThat(send("l@good.test", sealed(TestKeys.rsa("list.test")) + "changed\r\n"))
        .startsWith("550 5.7.1 ");
    assertThat(send("l@good.test", sealed(TestKeys.rsa("list.test")))).startsWith("250 ");
    assertThat(stored())
        .contains(
            "arc=pass (i=1) header.oldest-pass=0 smtp.remote-ip=127.0.0.1;",
            "dmarc=fail (p=reject, arc is trusted) header.from=bad.test");
  }

  /// A new chain, one that goes on, and a message that does not fit into one frame.
  @Test
  void whatIsSentOnIsSealedByTheDomainThatDoesSo() throws IOException {
    TestKeys.publish(TestKeys.publish(gateway.zone, "list.test"), "example.test");
    store.sentOn.put("on@example.test", "example.test");
    store.keys.put("example.test", List.of(TestKeys.rsaOfTheStore("example.test")));
    String message = "From: a@good.test\r\nSubject: x\r\n\r\nx\r\n";
    assertThat(send("a@good.test", message)).startsWith("250 ");
    assertThat(stored()).startsWith("Authentication-Results: ");
    assertThat(send("a@good.test", "on@example.test", message)).startsWith("250 ");
    assertThat(stored())
        .startsWith("ARC-Seal: i=1; a=rsa-sha256; cv=none;\r\n\td=example.test; s=test;")
        .contains(
            "ARC-Authentication-Results: i=1; mx.example.test;\r\n\tspf=pass",
            "\r\nAuthentication-Results: mx.example.test;\r\n\tspf=pass");
    assertThat(chain().links()).containsExactly(new ArcChain.Link("example.test", true));
    assertThat(send("l@good.test", "on@example.test", sealed(TestKeys.rsa("list.test"))))
        .startsWith("250 ");
    assertThat(chain().links())
        .containsExactly(
            new ArcChain.Link("list.test", true), new ArcChain.Link("example.test", false));
    String large = message + "0123456789abcdefghijklmnopqrst\r\n".repeat(40_000);
    assertThat(send("a@good.test", "on@example.test", large)).startsWith("250 ");
    assertThat(stored()).endsWith(large);
    assertThat(chain().result()).isEqualTo(ArcResult.PASS);
  }

  /// As the next one would verify what was stored.
  private ArcChain chain() throws IOException {
    byte[] octets = stored().getBytes(StandardCharsets.ISO_8859_1);
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    int body = scan.end() + 2;
    return ArcVerifier.verify(
        gateway.zone,
        octets,
        scan,
        sink -> sink.write(octets, body, octets.length - body),
        Instant.now());
  }

  private static String sealed(SigningKey key) {
    byte[] octets =
        "From: a@bad.test\r\n\r\nchanged by the list\r\n".getBytes(StandardCharsets.US_ASCII);
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    ArcSealer sealer = new ArcSealer(key);
    sealer.write(octets, scan.end() + 2, octets.length - scan.end() - 2);
    return sealer
            .fields(octets, scan, octets.length, "mx; dmarc=pass", ArcChain.NONE, Instant.now())
            .orElseThrow()
        + new String(octets, StandardCharsets.US_ASCII);
  }

  @Test
  void sendersAndAddressesBeginSoManyMessagesInAnHour() throws IOException {
    try (SmtpClient client = gateway.mx()) {
      client.command("EHLO client.test");
      for (int i = 0; i < 30; i++) {
        assertThat(client.command("MAIL FROM:<Many@good.test>")).startsWith("250 ");
        client.command("RSET");
      }
      assertThat(client.command("MAIL FROM:<many@good.test>")).startsWith("450 4.7.1 ");
      for (int i = 0; i < 9; i++) {
        assertThat(client.command("MAIL FROM:<>")).startsWith("250 ");
        client.command("RSET");
      }
      assertThat(client.command("MAIL FROM:<>")).startsWith("450 4.7.1 ");
    }
  }

  @Test
  void whoSpeaksBeforeTheGreetingIsSentAway() throws IOException {
    try (SmtpClient client = new SmtpClient(gateway.port("smtp"))) {
      client.send("EHLO c\r\n");
      assertThat(client.reply()).startsWith("554 ");
      assertThat(client.atEnd()).isTrue();
    }
  }

  /// A message that does not fit into one frame has to be known whole before it is stored.
  @Test
  void aLargeMessageIsVerifiedWholeAndStoredExactly() throws Exception {
    String body = "0123456789abcdefghijklmnopqrst\r\n".repeat(40_000);
    KeyPair key = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    byte[] encoded = key.getPublic().getEncoded();
    gateway.zone.add(
        "s._domainkey.bad.test",
        "TXT",
        "v=DKIM1; k=ed25519; p="
            + base64(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)));
    String start =
        "DKIM-Signature: v=1; a=ed25519-sha256; d=bad.test; s=s; h=from; bh="
            + base64(sha256(body))
            + "; b=";
    String from = "From: a@bad.test\r\n";
    Signature signer = Signature.getInstance("Ed25519");
    signer.initSign(key.getPrivate());
    signer.update(sha256(from + start));
    String header = start + base64(signer.sign()) + "\r\n" + from + "\r\n";

    assertThat(send("a@other.test", header + body)).startsWith("250 ");
    assertThat(store.stored.getLast().frames()).isGreaterThan(10);
    assertThat(stored()).contains("dkim=pass header.d=bad.test header.s=s").endsWith(header + body);
    assertThat(send("a@other.test", header + body + "more\r\n")).startsWith("550 5.7.1 ");
    assertThat(store.stored).hasSize(1);
  }

  private static byte[] sha256(String text) throws Exception {
    return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static String base64(byte[] octets) {
    return Base64.getEncoder().encodeToString(octets);
  }
}
