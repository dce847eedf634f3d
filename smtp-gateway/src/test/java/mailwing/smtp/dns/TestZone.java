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

  /// Such a name has no records of this type any more.
  public TestZone remove(String name, String type) {
    records.remove(key(name, type));
    return this;
  }

  public int questions() {
    return questions;
  }

  private static String key(String name, String type) {
    String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    return bare.toLowerCase(Locale.ROOT) + " " + type;
  }

  private List<String> ask(String name, String type) throws DnsFailureException {
    questions++;
    String at = name;
    for (int i = 0; i < MOST_ALIASES; i++) {
      List<String> found = records.get(key(at, type));
      if (failing.contains(key(at, type)) || (found == null && failing.contains(key(at, "*")))) {
        throw new DnsFailureException("no answer");
      }
      List<String> alias = records.get(key(at, "CNAME"));
      if (found != null || alias == null) {
        return found == null ? List.of() : found;
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
    return ask(name, family == Family.IPV4 ? "A" : "AAAA").stream()
        .map(InetAddress::ofLiteral)
        .toList();
  }

  @Override
  public List<Exchange> exchanges(String name) throws DnsFailureException {
    return ask(name, "MX").stream()
        .map(data -> data.split(" ", 2))
        .map(data -> new Exchange(Integer.parseInt(data[0]), data[1]))
        .sorted(Comparator.comparingInt(Exchange::preference))
        .toList();
  }

  @Override
  public List<String> names(InetAddress address) throws DnsFailureException {
    return ask(ReverseMap.fromAddress(address).toString(true), "PTR").stream()
        .map(name -> name.endsWith(".") ? name.substring(0, name.length() - 1) : name)
        .toList();
  }
}
