package mailwing.smtp.spf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import mailwing.smtp.dns.TestZone;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.yaml.snakeyaml.Yaml;

/// The OpenSPF project's suites for RFC 7208, where they are at hand.
final class OpenSpfTest {
  private static final String DEFAULT_EXPLANATION = "DEFAULT";

  private static Path suites() {
    String named = System.getProperty("mailwing.spf", System.getenv("MAILWING_SPF"));
    Path beside = Path.of("../../shared/spf");
    return named != null ? Path.of(named) : beside;
  }

  @TestFactory
  Stream<DynamicTest> rfc7208() throws IOException {
    return suite("rfc7208-tests.yml");
  }

  @TestFactory
  Stream<DynamicTest> rfc7208AsOf2014() throws IOException {
    return suite("rfc7208-tests-2014-05.yml");
  }

  @TestFactory
  Stream<DynamicTest> pyspf() throws IOException {
    return suite("pyspf-tests.yml");
  }

  private static Stream<DynamicTest> suite(String name) throws IOException {
    Path file = suites().resolve(name);
    assumeTrue(Files.exists(file), "no suite at " + file);
    List<DynamicTest> tests = new ArrayList<>();
    for (Object document : new Yaml().loadAll(Files.readString(file))) {
      if (document instanceof Map<?, ?> scenario) {
        for (Map.Entry<?, ?> test : map(scenario.get("tests")).entrySet()) {
          tests.add(
              DynamicTest.dynamicTest(
                  scenario.get("description") + ": " + test.getKey(),
                  () -> run(zone(map(scenario.get("zonedata"))), map(test.getValue()))));
        }
      }
    }
    assertThat(tests).isNotEmpty();
    return tests.stream();
  }

  private static Map<?, ?> map(@Nullable Object value) {
    return value instanceof Map<?, ?> found ? found : Map.of();
  }

  private static List<?> list(@Nullable Object value) {
    return value instanceof List<?> found ? found : value == null ? List.of() : List.of(value);
  }

  private static TestZone zone(Map<?, ?> data) {
    TestZone zone = new TestZone();
    for (Map.Entry<?, ?> entry : data.entrySet()) {
      String name = String.valueOf(entry.getKey());
      boolean hasText = list(entry.getValue()).stream().anyMatch(r -> map(r).containsKey("TXT"));
      for (Object one : list(entry.getValue())) {
        if (one.equals("TIMEOUT")) {
          zone.fail(name, "*");
          continue;
        }
        Map.Entry<?, ?> found = map(one).entrySet().iterator().next();
        String type = String.valueOf(found.getKey());
        // Suites say a policy once for both types; the type SPF is asked no more.
        String asked = type.equals("SPF") ? "TXT" : type;
        Object value = found.getValue();
        if ((type.equals("SPF") && hasText) || value.equals("NONE")) {
          continue;
        }
        if (value.equals("TIMEOUT")) {
          zone.fail(name, asked);
          continue;
        }
        List<String> parts = list(value).stream().map(String::valueOf).toList();
        zone.add(name, asked, String.join(type.equals("MX") ? " " : "", parts));
      }
    }
    return zone;
  }

  private static void run(TestZone zone, Map<?, ?> test) {
    String helo = String.valueOf(test.get("helo"));
    String from = String.valueOf(test.get("mailfrom"));
    int at = from.lastIndexOf('@');
    String local = at <= 0 ? "postmaster" : from.substring(0, at);
    String domain = at >= 0 ? from.substring(at + 1) : from.isEmpty() ? helo : from;
    SpfCheck.Outcome outcome =
        SpfCheck.of(
            zone,
            new SpfRequest(
                InetAddress.ofLiteral(String.valueOf(test.get("host"))),
                local,
                domain,
                helo,
                "receiver.test"),
            Duration.ofSeconds(20));
    List<String> wanted =
        list(test.get("result")).stream()
            .map(result -> String.valueOf(result).toUpperCase(Locale.ROOT))
            .toList();
    assertThat(outcome.result().name()).isIn(wanted);
    if (test.get("explanation") != null) {
      String said = outcome.explanation().isEmpty() ? DEFAULT_EXPLANATION : outcome.explanation();
      assertThat(said).isEqualTo(String.valueOf(test.get("explanation")));
    }
  }
}
