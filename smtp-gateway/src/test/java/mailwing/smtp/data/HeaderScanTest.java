package mailwing.smtp.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/// RFC 5322 §2.2 and §3.6.3, RFC 6409 §8, RFC 5321 §4.4.
final class HeaderScanTest {

  private static byte[] octets(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String mend(String message) {
    byte[] octets = octets(message);
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    String missing = SubmittedHeader.missing(scan, "DATE", "ID", "host");
    return new String(
        SubmittedHeader.mend(octets, 0, octets.length, scan, missing), StandardCharsets.ISO_8859_1);
  }

  @Test
  void fieldsAreFoundWithTheirFoldedLines() {
    byte[] octets =
        octets("Received: a\r\n\tb\r\nX-Y : z\r\nRECEIVED: c\r\n\r\nReceived: body\r\n");
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    assertThat(scan.complete()).isTrue();
    assertThat(scan.fields()).hasSize(3);
    assertThat(scan.count("received")).isEqualTo(2);
    assertThat(scan.has("x-y")).isTrue();
    assertThat(scan.value(scan.fields().get(0))).isEqualTo("a\r\n\tb");
  }

  @Test
  void aLineThatIsNoFieldEndsTheSection() {
    byte[] octets = octets("A: b\r\nno field\r\nReceived: x\r\n");
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    assertThat(scan.complete()).isTrue();
    assertThat(scan.fields()).hasSize(1);
    assertThat(scan.end()).isEqualTo(6);
  }

  @Test
  void aHeaderThatIsCutIsNotComplete() {
    byte[] octets = octets("A: b\r\nC: d");
    HeaderScan scan = HeaderScan.of(octets, 0, octets.length);
    assertThat(scan.complete()).isFalse();
    assertThat(scan.fields()).hasSize(1);
  }

  @Test
  void submissionAddsWhatMissesAndRemovesBccAndNothingElse() {
    assertThat(
            mend("From: a\r\nBcc: x,\r\n y\r\nTo: b \r\nbcc : z\r\nDate: d\r\n\r\nBcc: body\r\n"))
        .isEqualTo("Message-ID: <ID@host>\r\nFrom: a\r\nTo: b \r\nDate: d\r\n\r\nBcc: body\r\n");
    String whole = "Date: d\r\nMESSAGE-id: <x>\r\nX:  \t\r\n\r\n\u00e4 \r\n";
    assertThat(mend(whole)).isEqualTo(whole);
    assertThat(mend("\r\nbody")).isEqualTo("Date: DATE\r\nMessage-ID: <ID@host>\r\n\r\nbody");
  }

  @Test
  void receivedTellsTheWholeHop() {
    TraceFields trace = new TraceFields("mx.example.test");
    byte[] field =
        trace.received(
            new TraceFields.Hop(
                "client.test", "[192.0.2.1]", "ESMTPS", "TLSv1.3", "ABC", "bob@example.test", -3),
            Instant.ofEpochSecond(1_000_000_000));
    assertThat(new String(field, StandardCharsets.UTF_8))
        .isEqualTo(
            """
            Received: from client.test ([192.0.2.1])\r
            \tby mx.example.test (Mailwing) with ESMTPS (TLSv1.3)\r
            \tid ABC\r
            \tfor <bob@example.test>\r
            \tpriority -3;\r
            \tSun, 9 Sep 2001 01:46:40 +0000\r
            """);
  }
}
