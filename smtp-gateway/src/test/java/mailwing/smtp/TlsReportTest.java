package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dkim.DkimResult;
import mailwing.smtp.dkim.DkimVerifier;
import mailwing.smtp.tls.TlsFailure;
import mailwing.store.v1.AddDkimKeysRequest;
import mailwing.testkit.TestStore;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// TLS reports (RFC 8460): sessions of real mail, counted, and told by POST and by mail.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TlsReportTest {
  private TlsHouse house;

  @BeforeAll
  void start(@TempDir Path directory) throws IOException {
    house = new TlsHouse(directory, "mta-sts.sts.test", "mta-sts.fetch.test", "collect.test");
    house.gateway.zone.add("collect.test", "A", TlsHouse.POLICY_ADDRESS);
    house
        .store
        .dkim()
        .addDkimKeys(
            AddDkimKeysRequest.newBuilder().setDomain(TestStore.DOMAIN).setWaitSeconds(0).build())
        .getKeysList()
        .forEach(key -> house.gateway.zone.add(key.getRecordName(), "TXT", key.getRecordText()));
  }

  @AfterAll
  void stop() throws IOException {
    house.close();
  }

  /// What is posted about a domain once so many sessions are counted.
  private JsonObject posted(String domain, int sessions) {
    return Awaitility.await("a report about " + domain)
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              house.store.makeTlsReportDue(domain, sessions);
              return house.policies.posted.stream()
                  .filter(one -> one.path().equals("/" + domain))
                  .findFirst();
            },
            Optional::isPresent)
        .map(
            one -> {
              assertThat(one.mediaType()).isEqualTo("application/tlsrpt+gzip");
              return unpacked(one.octets().toByteArray());
            })
        .orElseThrow();
  }

  private static JsonObject unpacked(byte[] octets) {
    try (var in = new GZIPInputStream(new ByteArrayInputStream(octets));
        var reader = Json.createReader(in)) {
      return reader.readObject();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void asks(String domain) {
    house.gateway.zone.add(
        "_smtp._tls." + domain,
        "TXT",
        "v=TLSRPTv1; rua=https://collect.test:"
            + house.policies.port()
            + "/"
            + domain
            + ", gopher://x");
  }

  private static List<String> types(JsonObject report) {
    return report.getJsonArray("policies").stream()
        .map(JsonValue::asJsonObject)
        .filter(policy -> policy.containsKey("failure-details"))
        .flatMap(policy -> policy.getJsonArray("failure-details").stream())
        .map(detail -> detail.asJsonObject().getString("result-type"))
        .sorted()
        .toList();
  }

  /// By the contact's domain, the fields that are a report's own too (RFC 8460 §5.3).
  private void assertSigned(String message) throws IOException {
    assertThat(message).containsPattern("TLS-Report-Domain:\\s*TLS-Report-Submitter");
    byte[] octets = message.getBytes(StandardCharsets.ISO_8859_1);
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    int body = scan.end() + 2;
    assertThat(
            DkimVerifier.verify(
                house.gateway.zone,
                octets,
                scan,
                sink -> sink.write(octets, body, octets.length - body),
                Instant.now()))
        .hasSize(2)
        .allMatch(verdict -> verdict.result() == DkimResult.PASS)
        .allMatch(verdict -> verdict.domain().equals(TestStore.DOMAIN));
  }

  @Test
  void sessionsUnderAPolicyAreToldWithIt() throws IOException {
    asks("sts.test");
    Sink sink = house.sink("sts.test", 5, "mx.sts.test");
    sink.manners.tls = house.authority.identity("mx.sts.test").context();
    house.policy("sts.test", "1", TlsHouse.page("testing", "mx.sts.test"));
    house.delivered("carol@sts.test");
    Awaitility.await().until(() -> sink.open() == 0);
    sink.manners.tls = house.authority.expired("mx.sts.test").context();
    house.delivered("dave@sts.test");
    JsonObject report = posted("sts.test", 2);
    String today = LocalDate.now(ZoneOffset.UTC).toString();
    assertThat(report.getString("organization-name")).isEqualTo("Tests");
    assertThat(report.getString("contact-info")).isEqualTo(TlsHouse.CONTACT);
    assertThat(report.getJsonObject("date-range").getString("start-datetime"))
        .isEqualTo(today + "T00:00:00Z");
    assertThat(report.getJsonObject("date-range").getString("end-datetime"))
        .isEqualTo(today + "T23:59:59Z");
    assertThat(report.getJsonArray("policies")).hasSize(1);
    JsonObject policy = report.getJsonArray("policies").getJsonObject(0);
    assertThat(policy.getJsonObject("policy").toString())
        .isEqualTo(
            "{\"policy-type\":\"sts\",\"policy-string\":[\"version: STSv1\",\"mode: testing\","
                + "\"mx: mx.sts.test\",\"max_age: 86400\"],\"policy-domain\":\"sts.test\","
                + "\"mx-host\":[\"mx.sts.test\"]}");
    assertThat(policy.getJsonObject("summary").toString())
        .isEqualTo("{\"total-successful-session-count\":1,\"total-failure-session-count\":1}");
    JsonObject detail = policy.getJsonArray("failure-details").getJsonObject(0);
    assertThat(detail.getString("result-type")).isEqualTo("certificate-expired");
    assertThat(detail.getString("receiving-mx-hostname")).isEqualTo("mx.sts.test");
    assertThat(detail.getString("receiving-ip")).startsWith("127.0.0.");
    assertThat(detail.getString("sending-mta-ip")).startsWith("127.0.0.");
    assertThat(detail.getInt("failed-session-count")).isOne();
    assertThat(detail.getString("failure-reason-code")).isNotEmpty();
  }

  @Test
  void eachKindOfFailureHasItsName() throws IOException {
    asks("kinds.test");
    TestAuthority.Identity identity = house.authority.identity("other.test");
    house.gateway.zone.sign("kinds.test");
    Sink none = house.sink("kinds.test", 1, "mx1.kinds.test");
    Sink broken = house.sink("kinds.test", 2, "mx2.kinds.test");
    broken.manners.tls = identity.context();
    broken.manners.brokenTls = true;
    Sink another = house.sink("kinds.test", 3, "mx3.kinds.test");
    another.manners.tls = identity.context();
    Sink named = house.sink("kinds.test", 4, "mx4.kinds.test");
    named.manners.tls = identity.context();
    Sink unusable = house.sink("kinds.test", 6, "mx6.kinds.test");
    unusable.manners.tls = identity.context();
    for (int i = 1; i <= 3; i++) {
      house.gateway.zone.add(
          house.tlsa("mx" + i + ".kinds.test"), "TLSA", "3 1 1 " + house.authority.data(1, 1));
    }
    house
        .gateway
        .zone
        .add(house.tlsa("mx4.kinds.test"), "TLSA", "2 0 1 " + house.authority.data(0, 1))
        .add("kinds.test", "MX", "5 mx5.kinds.test")
        .add("mx5.kinds.test", "A", "127.0.0.98")
        .fail(house.tlsa("mx5.kinds.test"), "TLSA")
        .add(house.tlsa("mx6.kinds.test"), "TLSA", "0 0 0 00");
    house.delivered("carol@kinds.test");
    assertThat(none.taken).isEmpty();
    assertThat(unusable.taken).hasSize(1);
    JsonObject report = posted("kinds.test", 7);
    assertThat(types(report))
        .containsExactly(
            TlsFailure.CERTIFICATE_HOST_MISMATCH.word(),
            TlsFailure.DNSSEC_INVALID.word(),
            TlsFailure.STARTTLS_NOT_SUPPORTED.word(),
            TlsFailure.TLSA_INVALID.word(),
            TlsFailure.VALIDATION_FAILURE.word(),
            TlsFailure.VALIDATION_FAILURE.word());
    assertThat(report.toString())
        .contains("\"policy-type\":\"tlsa\"")
        .contains("\"3 1 1 " + house.authority.data(1, 1).toUpperCase(Locale.ROOT));
  }

  @Test
  void aPolicyThatCannotBeFetchedIsToldOfByMail() throws IOException {
    house.gateway.zone.add(
        "_smtp._tls.fetch.test", "TXT", "v=TLSRPTv1;rua=mailto:tls%2Breports@fetch.test");
    Sink sink = house.sink("fetch.test", 5, "mx.fetch.test");
    house.policy("fetch.test", "1", new PolicyServer.Page(503, "text/plain", "later"));
    house.delivered("carol@fetch.test");
    // The receiver's own policy does not hold for reports (RFC 8460 §3).
    house.policy("fetch.test", "2", TlsHouse.enforce("mx.elsewhere.test"));
    Sink.Taken taken =
        Awaitility.await("a report by mail")
            .atMost(Duration.ofSeconds(30))
            .until(
                () -> {
                  house.store.makeTlsReportDue("fetch.test", 2);
                  return sink.taken.stream()
                      .filter(one -> one.rcpts().toString().contains("reports"))
                      .findFirst();
                },
                Optional::isPresent)
            .orElseThrow();
    assertThat(taken.mail()).startsWith("MAIL FROM:<" + TlsHouse.CONTACT + ">");
    assertThat(taken.rcpts().getFirst()).startsWith("RCPT TO:<tls+reports@fetch.test>");
    assertThat(taken.text())
        .contains("TLS-Report-Domain: fetch.test\r\n")
        .contains("TLS-Report-Submitter: example.test\r\n")
        .containsPattern("Subject: Report Domain: fetch.test\r\n Submitter: example.test\r\n")
        .containsPattern("\r\n Report-ID: <[0-9a-f-]+@example.test>\r\n")
        .contains("Content-Type: multipart/report; report-type=\"tlsrpt\";")
        .containsPattern("filename=\"example.test!fetch.test![0-9]+![0-9]+![0-9a-f]+.json.gz\"");
    assertSigned(taken.text());
    int start = taken.text().indexOf(".json.gz\"\r\n\r\n") + 13;
    String packed = taken.text().substring(start, taken.text().indexOf("\r\n--", start));
    JsonObject report = unpacked(Base64.getMimeDecoder().decode(packed));
    assertThat(types(report)).containsExactly("starttls-not-supported", "sts-policy-fetch-error");
  }
}
