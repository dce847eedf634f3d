package mailwing.smtp.queue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mailwing.smtp.client.Answer;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;

/// Where mail for a domain goes: a configured hop, or the hosts that its MX records name, or the
/// domain itself where it has none (RFC 5321 §5.1, RFC 7505).
public final class NextHops {
  private static final int MOST_HOSTS = 10;

  private final OutboundConfig config;
  private final Dns dns;
  private final String own;

  /// A host to try: one address of it.
  public record Host(
      String name, InetSocketAddress address, OutboundConfig.Tls tls, Origin origin) {}

  /// How a host was found.
  ///
  /// @param domain whose policies hold for it, A-labels in lower case; empty for none
  /// @param names the domain, and what it is an alias of
  /// @param vouched the host is not only what some DNS answer says: it is the domain itself or was
  ///   configured, or DNSSEC vouches for the MX record
  /// @param secure DNSSEC vouches for the MX record, or for there being none
  /// @param lookup the answer for its addresses
  public record Origin(
      String domain,
      List<String> names,
      boolean vouched,
      boolean secure,
      Dns.Secured<InetAddress> lookup) {
    public Origin {
      names = List.copyOf(names);
    }

    static Origin unnamed(String host) {
      return new Origin("", List.of(), false, false, new Dns.Secured<>(List.of(), false, host));
    }

    /// RFC 8461 §3.4: the host is its own domain.
    static Origin configured(String host) {
      boolean named = host.contains(".") && !host.contains(":") && !host.matches("[0-9.]+");
      return new Origin(
          named ? host.toLowerCase(Locale.ROOT) : "",
          List.of(),
          true,
          false,
          new Dns.Secured<>(List.of(), false, host));
    }
  }

  /// Where to go, in order, or why nowhere.
  public sealed interface Found {
    record Hosts(List<Host> hosts) implements Found {
      public Hosts {
        hosts = List.copyOf(hosts);
      }
    }

    record Nowhere(Answer why) implements Found {}
  }

  /// @param own the name of this host: a domain whose best MX is this host loops
  public NextHops(OutboundConfig config, Dns dns, String own) {
    this.config = config;
    this.dns = dns;
    this.own = own;
  }

  /// What a destination is known by: domains with one configured hop are one destination.
  public String destination(String domain) {
    return transport(domain).map(hop -> hop.host() + ":" + hop.port()).orElse(domain);
  }

  private Optional<OutboundConfig.Hop> transport(String domain) {
    OutboundConfig.Hop hop = config.transports().get(domain);
    return Optional.ofNullable(hop != null ? hop : config.transports().get(OutboundConfig.ANY));
  }

  /// The hosts to try for a domain.
  ///
  /// @param domain lower case, A-labels; or an address literal
  public Found of(String domain) {
    Optional<OutboundConfig.Hop> hop = transport(domain);
    if (hop.isPresent()) {
      return configured(hop.get());
    }
    if (domain.startsWith("[")) {
      return literal(domain);
    }
    return exchanges(domain);
  }

  /// The operator's word: as the machine knows the name, wherever that leads.
  private static Found configured(OutboundConfig.Hop hop) {
    try {
      List<Host> hosts = new ArrayList<>();
      for (InetAddress address : InetAddress.getAllByName(hop.host())) {
        hosts.add(
            new Host(
                hop.host(),
                new InetSocketAddress(address, hop.port()),
                hop.tls(),
                Origin.configured(hop.host())));
      }
      return new Found.Hosts(hosts);
    } catch (UnknownHostException e) {
      return nowhere("4.4.3", "the configured host " + hop.host() + " is not known");
    }
  }

  /// RFC 5321 §4.1.3.
  private Found literal(String domain) {
    String text = domain.substring(1, Math.max(1, domain.length() - 1));
    boolean v6 = text.regionMatches(true, 0, "IPv6:", 0, 5);
    InetAddress address;
    try {
      address = InetAddress.ofLiteral(v6 ? text.substring(5) : text);
    } catch (IllegalArgumentException e) {
      return nowhere("5.1.2", "there is no host at " + domain);
    }
    return config.mayReach(address)
        ? new Found.Hosts(
            List.of(
                new Host(
                    domain,
                    new InetSocketAddress(address, config.port()),
                    OutboundConfig.Tls.OPPORTUNISTIC,
                    Origin.unnamed(domain))))
        : nowhere("5.4.6", domain + " is this system itself");
  }

  private static Found nowhere(String status, String why) {
    return new Found.Nowhere(
        status.startsWith("5") ? Answer.permanent(status, why) : Answer.later(status, why));
  }

  private Found exchanges(String domain) {
    Dns.Secured<Dns.Exchange> answer;
    try {
      answer = dns.securedExchanges(domain);
    } catch (DnsFailureException e) {
      return nowhere("4.4.3", "DNS does not answer for " + domain + ": " + e.getMessage());
    }
    List<Dns.Exchange> exchanges = new ArrayList<>(answer.records());
    if (exchanges.isEmpty()) {
      return hosts(domain, answer, List.of(new Dns.Exchange(0, domain)));
    }
    if (exchanges.size() == 1 && List.of("", ".").contains(exchanges.getFirst().host())) {
      return nowhere("5.1.10", domain + " takes no mail (null MX)");
    }
    // Equal ones in a random order, the better ones first.
    Collections.shuffle(exchanges);
    exchanges.sort(Comparator.comparingInt(Dns.Exchange::preference));
    Optional<Dns.Exchange> self =
        exchanges.stream().filter(exchange -> exchange.host().equalsIgnoreCase(own)).findFirst();
    if (self.isPresent()) {
      exchanges.removeIf(exchange -> exchange.preference() >= self.get().preference());
      if (exchanges.isEmpty()) {
        return nowhere("5.4.6", "mail for " + domain + " loops back to " + own);
      }
    }
    return hosts(domain, answer, exchanges);
  }

  /// The addresses of hosts, in order.
  private Found hosts(
      String domain, Dns.Secured<Dns.Exchange> answer, List<Dns.Exchange> exchanges) {
    List<Host> hosts = new ArrayList<>();
    boolean uncertain = false;
    boolean refused = false;
    for (Dns.Exchange exchange : exchanges) {
      if (hosts.size() >= MOST_HOSTS) {
        break;
      }
      List<Dns.Secured<InetAddress>> lookups = new ArrayList<>();
      uncertain |= !addresses(exchange.host(), lookups);
      for (Dns.Secured<InetAddress> lookup : lookups) {
        Origin origin =
            new Origin(
                domain.toLowerCase(Locale.ROOT),
                List.of(domain, answer.name()),
                answer.records().isEmpty() || answer.secure(),
                answer.secure(),
                lookup);
        for (InetAddress address : lookup.records()) {
          if (config.mayReach(address)) {
            hosts.add(
                new Host(
                    exchange.host(),
                    new InetSocketAddress(address, config.port()),
                    OutboundConfig.Tls.OPPORTUNISTIC,
                    origin));
          } else {
            refused = true;
          }
        }
      }
    }
    if (!hosts.isEmpty()) {
      return new Found.Hosts(hosts.subList(0, Math.min(hosts.size(), MOST_HOSTS)));
    }
    if (uncertain) {
      return nowhere("4.4.3", "DNS does not answer for the next hosts");
    }
    return refused
        ? nowhere("5.4.6", "the next hosts' addresses are this system itself")
        : nowhere("5.1.2", "there is no host that takes mail for " + domain);
  }

  /// AAAA and A; false where DNS did not tell all.
  private boolean addresses(String name, List<Dns.Secured<InetAddress>> found) {
    boolean certain = true;
    for (Dns.Family family : List.of(Dns.Family.IPV6, Dns.Family.IPV4)) {
      try {
        Dns.Secured<InetAddress> answer = dns.securedAddresses(name, family);
        List<InetAddress> addresses = new ArrayList<>(answer.records());
        Collections.shuffle(addresses);
        found.add(new Dns.Secured<>(addresses, answer.secure(), answer.name()));
      } catch (DnsFailureException e) {
        certain = false;
      }
    }
    return certain;
  }
}
