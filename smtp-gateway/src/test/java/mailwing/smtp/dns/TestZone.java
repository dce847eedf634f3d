package mailwing.smtp.dns;

import java.net.InetAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.xbill.DNS.ReverseMap;

/// A DNS under the test's control.
public final class TestZone implements Dns {
  private static final int MOST_ALIASES = 10;

  private final Map<String, List<String>> records = new ConcurrentHashMap<>();
  private final Set<String> failing = ConcurrentHashMap.newKeySet();
  private final Set<String> signed = ConcurrentHashMap.newKeySet();
  private int questions;

  /// Adds a record; MX data as `10 host`.
  public TestZone add(String name, String type, String data) {
    records.computeIfAbsent(key(name, type), k -> new CopyOnWriteArrayList<>()).add(data);
    return this;
  }

  /// Questions of this type have no answer; `*` stands for all types that have no record.
  public TestZone fail(String name, String type) {
    failing.add(key(name, type));
    return this;
  }

  /// DNSSEC vouches for all in a zone.
  public TestZone sign(String zone) {
    signed.add(zone);
    return this;
  }

  /// Such a name has no records of this type any more.
  public TestZone remove(String name, String type) {
    records.remove(key(name, type));
    return this;
  }

  /// The first record of a name.
  public String text(String name, String type) {
    return records.getOrDefault(key(name, type), List.of()).getFirst();
  }

  public int questions() {
    return questions;
  }

  private static String key(String name, String type) {
    String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    return bare.toLowerCase(Locale.ROOT) + " " + type;
  }

  private boolean isSigned(String name) {
    return signed.stream().anyMatch(zone -> name.equals(zone) || name.endsWith("." + zone));
  }

  private List<String> ask(String name, String type) throws DnsFailureException {
    return find(name, type).records();
  }

  private Secured<String> find(String name, String type) throws DnsFailureException {
    questions++;
    String at = name;
    boolean secure = true;
    for (int i = 0; i < MOST_ALIASES; i++) {
      List<String> found = records.get(key(at, type));
      if (failing.contains(key(at, type)) || (found == null && failing.contains(key(at, "*")))) {
        throw new DnsFailureException("no answer");
      }
      List<String> alias = records.get(key(at, "CNAME"));
      secure &= isSigned(at);
      if (found != null || alias == null) {
        return new Secured<>(found == null ? List.of() : found, secure, at);
      }
      at = alias.getFirst();
    }
    throw new DnsFailureException("aliases without end");
  }

  @Override
  public List<String> texts(String name) throws DnsFailureException {
    return ask(name, "TXT");
  }

  @Override
  public List<InetAddress> addresses(String name, Family family) throws DnsFailureException {
    return securedAddresses(name, family).records();
  }

  @Override
  public List<Exchange> exchanges(String name) throws DnsFailureException {
    return securedExchanges(name).records();
  }

  @Override
  public Secured<InetAddress> securedAddresses(String name, Family family)
      throws DnsFailureException {
    Secured<String> found = find(name, family == Family.IPV4 ? "A" : "AAAA");
    return new Secured<>(
        found.records().stream().map(InetAddress::ofLiteral).toList(),
        found.secure(),
        found.name());
  }

  @Override
  public Secured<Exchange> securedExchanges(String name) throws DnsFailureException {
    Secured<String> found = find(name, "MX");
    return new Secured<>(
        found.records().stream()
            .map(data -> data.split(" ", 2))
            .map(data -> new Exchange(Integer.parseInt(data[0]), data[1]))
            .sorted(Comparator.comparingInt(Exchange::preference))
            .toList(),
        found.secure(),
        found.name());
  }

  @Override
  public Secured<Association> associations(String name) throws DnsFailureException {
    Secured<String> found = find(name, "TLSA");
    return new Secured<>(
        found.records().stream()
            .map(data -> data.split(" ", 4))
            .map(
                data ->
                    new Association(
                        Integer.parseInt(data[0]),
                        Integer.parseInt(data[1]),
                        Integer.parseInt(data[2]),
                        data[3]))
            .toList(),
        found.secure(),
        found.name());
  }

  @Override
  public boolean isSecureAlias(String name) {
    return isSigned(name) && records.containsKey(key(name, "CNAME"));
  }

  @Override
  public List<String> names(InetAddress address) throws DnsFailureException {
    return ask(ReverseMap.fromAddress(address).toString(true), "PTR").stream()
        .map(name -> name.endsWith(".") ? name.substring(0, name.length() - 1) : name)
        .toList();
  }
}
