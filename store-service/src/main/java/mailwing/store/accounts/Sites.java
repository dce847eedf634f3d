package mailwing.store.accounts;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.store.Address;

/// Names of other sites as they stand in a URL (RFC 3986 §3.2).
///
/// An IPv6 address is none: its bracket would end the response code that it stands in (RFC 9051
/// §9).
final class Sites {
  private static final int MAX_SITE = 1024;
  private static final int MAX_PORT = 65535;
  private static final Pattern SITE = Pattern.compile("([^\\[\\]:/@]+)(?::([1-9][0-9]{0,4}))?");

  private Sites() {}

  /// host or host:port in lower case and A-labels. Empty for what is neither.
  static Optional<String> canonical(String site) {
    Matcher parts = SITE.matcher(site);
    if (site.length() > MAX_SITE || !parts.matches()) {
      return Optional.empty();
    }
    String port = parts.group(2);
    if (port != null && Integer.parseInt(port) > MAX_PORT) {
      return Optional.empty();
    }
    return Address.asciiDomain(parts.group(1)).map(h -> port == null ? h : h + ":" + port);
  }
}
