package mailwing.service;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/// The MTA-STS policy that we publish for our own domains (RFC 8461 §3.2), and the id that
/// announces it, which is another one whenever the policy is.
///
/// @param hosts names that MX records have, or `*.` and a domain
public record PublishedPolicy(Mode mode, List<String> hosts, Duration maxAge) {
  /// Where it is served, at `mta-sts.` and the domain.
  public static final String PATH = "/.well-known/mta-sts.txt";

  private static final int ID_OCTETS = 10;

  /// RFC 8461 §5.
  public enum Mode {
    TESTING,
    ENFORCE,
    NONE
  }

  public PublishedPolicy {
    hosts = List.copyOf(hosts);
    if (hosts.isEmpty() && mode != Mode.NONE) {
      throw new ConfigException("an MTA-STS policy names hosts");
    }
    for (String host : hosts) {
      if (!host.matches("(\\*\\.)?[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*")) {
        throw new ConfigException("not a host of an MTA-STS policy: " + host);
      }
    }
    if (maxAge.isNegative() || maxAge.toDays() > 365) {
      throw new ConfigException("an MTA-STS policy holds for a year at most");
    }
  }

  /// As it is served.
  public String text() {
    StringBuilder text = new StringBuilder("version: STSv1\r\nmode: ");
    text.append(mode.name().toLowerCase(Locale.ROOT)).append("\r\n");
    for (String host : hosts) {
      text.append("mx: ").append(host.toLowerCase(Locale.ROOT)).append("\r\n");
    }
    return text.append("max_age: ").append(maxAge.toSeconds()).append("\r\n").toString();
  }

  /// For the TXT record at `_mta-sts.` and the domain.
  public String id() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text().getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(digest, 0, ID_OCTETS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
