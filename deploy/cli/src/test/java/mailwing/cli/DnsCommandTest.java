package mailwing.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import mailwing.testkit.TestTls;
import org.junit.jupiter.api.Test;

final class DnsCommandTest {
  private static String run(int code, String... arguments) {
    StringWriter out = new StringWriter();
    int exit =
        Admin.commandLine(new Admin())
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(out, true))
            .execute(arguments);
    assertThat(exit).as(out.toString()).isEqualTo(code);
    return out.toString();
  }

  @Test
  void allRecordsOfADomainArePrinted() {
    String printed =
        run(
            0,
            "dns",
            "example.org",
            "--without-keys",
            "--mx",
            "mx1.example.net",
            "--mx",
            "mx2.example.net",
            "--mta-sts",
            "enforce",
            "--mta-sts-hosts",
            "*.example.net",
            "--certificate",
            TestTls.shared().certificate().toString());
    assertThat(printed)
        .contains("example.org. IN MX 10 mx1.example.net.\n")
        .contains("example.org. IN MX 20 mx2.example.net.\n")
        .contains("example.org. IN TXT \"v=spf1 mx -all\"\n")
        .contains(
            "_smtp._tls.example.org. IN TXT \"v=TLSRPTv1; rua=mailto:postmaster@example.org\"\n")
        .containsPattern("_mta-sts.example.org. IN TXT \"v=STSv1; id=[0-9a-f]{20};\"\n")
        .contains(";   mode: enforce\n;   mx: *.example.net\n;   max_age: 604800\n")
        .containsPattern("_25._tcp.mx2.example.net. IN TLSA 3 1 1 [0-9a-f]{64}\n");
  }

  @Test
  void whatWouldBreakAZoneIsRefused() {
    assertThat(run(2, "dns", "example.org\nx", "--mx", "mx.example.net")).contains("no name");
    assertThat(run(2, "dns", "example.org", "--mx", "mx.example.net", "--reports", "a\";b@c.d"))
        .contains("no address");
    assertThat(run(2, "dns", "example.org")).contains("--mx");
    assertThat(run(1, "dns", "example.org", "--mx", "a.b", "--certificate", "/dev/null"))
        .contains("holds no certificate");
  }
}
