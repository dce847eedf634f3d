package mailwing.smtp.sts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import mailwing.smtp.tls.CertificateNames;

/// What a domain wants of its hosts' TLS (RFC 8461 §3.2).
///
/// @param mx names of hosts, or `*.` and a domain; lower case
/// @param text as it was fetched
public record StsPolicy(Mode mode, Duration maxAge, List<String> mx, String text) {
  /// RFC 8461 §5.
  public enum Mode {
    ENFORCE,
    TESTING,
    NONE
  }

  /// RFC 8461 §3.2: a year.
  private static final long LONGEST_AGE = 31_557_600;

  private static final Pattern FIELD =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.*?)[ \t]*");
  private static final Pattern HOST =
      Pattern.compile(
          "(?:\\*\\.)?[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
              + "(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*");

  public StsPolicy {
    mx = List.copyOf(mx);
  }

  /// Reads a policy; of a field that is there twice the first one counts.
  public static StsPolicy parse(String text) throws StsException {
    Map<String, String> fields = new HashMap<>();
    List<String> mx = new ArrayList<>();
    for (String line : text.split("\r?\n", -1)) {
      if (line.isBlank()) {
        continue;
      }
      var field = FIELD.matcher(line);
      if (!field.matches()) {
        throw invalid("a line that is no field");
      }
      if (!field.group(1).equals("mx")) {
        fields.putIfAbsent(field.group(1), field.group(2));
      } else if (HOST.matcher(field.group(2)).matches()) {
        mx.add(field.group(2).toLowerCase(Locale.ROOT));
      } else {
        throw invalid("mx is no host");
      }
    }
    if (!"STSv1".equals(fields.get("version"))) {
      throw invalid("an unknown version");
    }
    Mode mode =
        switch (fields.getOrDefault("mode", "")) {
          case "enforce" -> Mode.ENFORCE;
          case "testing" -> Mode.TESTING;
          case "none" -> Mode.NONE;
          default -> throw invalid("an unknown mode");
        };
    String age = fields.getOrDefault("max_age", "");
    if (!age.matches("[0-9]{1,10}")) {
      throw invalid("max_age is no number");
    }
    if (mx.isEmpty() && mode != Mode.NONE) {
      throw invalid("no mx");
    }
    return new StsPolicy(
        mode, Duration.ofSeconds(Math.min(Long.parseLong(age), LONGEST_AGE)), mx, text);
  }

  private static StsException invalid(String why) {
    return StsException.invalid(why);
  }

  /// May the domain's mail go to this host (RFC 8461 §4.1)?
  public boolean names(String host) {
    return mx.stream().anyMatch(pattern -> CertificateNames.matches(pattern, host));
  }

  /// As a report shows it (RFC 8460 §4.5).
  public List<String> lines() {
    return text.lines().map(String::strip).filter(line -> !line.isEmpty()).limit(100).toList();
  }
}
