package mailwing.smtp.dns;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Who answers questions to the DNS.
///
/// @param servers `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:5353`; empty: the machine's own
/// @param time how long one try may take
/// @param validates they validate DNSSEC, and nobody is between them and this gateway
public record DnsConfig(List<String> servers, Duration time, boolean validates) {
  /// The documented defaults.
  public static final DnsConfig DEFAULTS = new DnsConfig(List.of(), Duration.ofSeconds(5), false);

  private static final int PORT = 53;

  public DnsConfig {
    servers = List.copyOf(servers);
  }

  /// A resolver that asks them. An `IllegalArgumentException` for what is no address.
  public DnsResolver resolver() throws UnknownHostException {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (String server : servers) {
      addresses.add(address(server));
    }
    return new DnsResolver(addresses, time, validates);
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    boolean withPort = colon > 0 && (text.charAt(colon - 1) == ']' || text.indexOf(':') == colon);
    String host = withPort ? text.substring(0, colon) : text;
    String literal =
        host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    return new InetSocketAddress(
        InetAddress.ofLiteral(literal),
        withPort ? Integer.parseInt(text.substring(colon + 1)) : PORT);
  }
}
