package mailwing.smtp.spf;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;
import org.jspecify.annotations.Nullable;

/// One evaluation: check_host() (RFC 7208 §4), bounded in lookups, in void lookups and in time.
public final class SpfCheck {
  /// What the evaluation came to.
  ///
  /// @param explanation what the domain says of a failure; empty where it says nothing
  public record Outcome(SpfResult result, String explanation) {}

  private static final int LOOKUPS = 10;
  private static final int VOID_LOOKUPS = 2;
  private static final int EXCHANGES = 10;
  private static final int POINTERS = 10;
  private static final int NAME_MAX = 253;
  private static final int LABEL_MAX = 63;
  private static final String VERSION = "v=spf1";

  private final Dns dns;
  private final SpfRequest request;
  private final SpfMacros macros;
  private final long until;
  private int lookups;
  private int voidLookups;
  private String explanation = "";

  private SpfCheck(Dns dns, SpfRequest request, Duration time) {
    this.dns = dns;
    this.request = request;
    this.macros = new SpfMacros(request, this::validatedName);
    this.until = System.nanoTime() + time.toNanos();
  }

  /// Evaluates the sender's domain's policy; never fails.
  public static Outcome of(Dns dns, SpfRequest request, Duration time) {
    SpfCheck check = new SpfCheck(dns, request, time);
    try {
      SpfResult result = check.host(request.senderDomain(), true);
      return new Outcome(result, result == SpfResult.FAIL ? check.explanation : "");
    } catch (SpfErrorException e) {
      return new Outcome(e.result(), "");
    }
  }

  /// @param explains whether the explanation of a failure is wanted from this domain's record
  private SpfResult host(String domain, boolean explains) throws SpfErrorException {
    if (!isDomain(domain) || domain.indexOf('.') < 0) {
      return SpfResult.NONE;
    }
    String text = record(domain);
    if (text == null) {
      return SpfResult.NONE;
    }
    if (text.chars().anyMatch(c -> c > 126 || c < ' ')) {
      throw SpfErrorException.permanent("a record that is not ASCII");
    }
    SpfRecord record = SpfRecordParser.parse(text.substring(VERSION.length()));
    for (SpfRecord.Directive directive : record.directives()) {
      if (matches(directive.mechanism(), domain)) {
        if (explains && directive.qualifier() == SpfResult.FAIL && record.explanation() != null) {
          explanation = explanation(record.explanation(), domain);
        }
        return directive.qualifier();
      }
    }
    String redirect = record.redirect();
    if (redirect == null) {
      return SpfResult.NEUTRAL;
    }
    lookup();
    SpfResult result = host(macros.domain(redirect, domain), explains);
    if (result == SpfResult.NONE) {
      throw SpfErrorException.permanent("a redirect to a domain without a record");
    }
    return result;
  }

  /// The one record of the domain, null where there is none (RFC 7208 §4.5).
  private @Nullable String record(String domain) throws SpfErrorException {
    List<String> records = new ArrayList<>();
    for (String text : ask(() -> dns.texts(domain))) {
      String lower = text.toLowerCase(Locale.ROOT);
      if (lower.equals(VERSION) || lower.startsWith(VERSION + " ")) {
        records.add(text);
      }
    }
    if (records.size() > 1) {
      throw SpfErrorException.permanent("several records");
    }
    return records.isEmpty() ? null : records.getFirst();
  }

  private boolean matches(SpfRecord.Mechanism mechanism, String domain) throws SpfErrorException {
    return switch (mechanism) {
      case SpfRecord.Mechanism.All() -> true;
      case SpfRecord.Mechanism.Network(SpfNetwork network) -> network.contains(request.client());
      case SpfRecord.Mechanism.Include(String target) -> includes(target(target, domain));
      case SpfRecord.Mechanism.Exists(String target) -> {
        lookup();
        String name = target(target, domain);
        yield isDomain(name) && !counted(ask(() -> dns.addresses(name, Dns.Family.IPV4))).isEmpty();
      }
      case SpfRecord.Mechanism.Address(String target, int prefix4, int prefix6) -> {
        lookup();
        yield isAt(counted(addresses(target(target, domain))), prefix4, prefix6);
      }
      case SpfRecord.Mechanism.Exchange(String target, int prefix4, int prefix6) -> {
        lookup();
        yield isExchange(target(target, domain), prefix4, prefix6);
      }
      case SpfRecord.Mechanism.Pointer(String target) -> {
        lookup();
        String name = target(target, domain);
        yield validatedNames().stream().anyMatch(found -> isWithin(found, name));
      }
    };
  }

  private String target(String macroString, String domain) throws SpfErrorException {
    return macroString.isEmpty() ? domain : macros.domain(macroString, domain);
  }

  private boolean includes(String domain) throws SpfErrorException {
    lookup();
    return switch (host(domain, false)) {
      case PASS -> true;
      case FAIL, SOFTFAIL, NEUTRAL -> false;
      case NONE, TEMPERROR, PERMERROR ->
          throw SpfErrorException.permanent("an include of a domain without a record");
    };
  }

  private boolean isExchange(String domain, int prefix4, int prefix6) throws SpfErrorException {
    List<Dns.Exchange> exchanges =
        isDomain(domain) ? counted(ask(() -> dns.exchanges(domain))) : List.of();
    if (exchanges.size() > EXCHANGES) {
      throw SpfErrorException.permanent("too many MX records");
    }
    for (Dns.Exchange exchange : exchanges) {
      if (isAt(counted(addresses(exchange.host())), prefix4, prefix6)) {
        return true;
      }
    }
    return false;
  }

  private boolean isAt(List<InetAddress> addresses, int prefix4, int prefix6) {
    int prefix = request.client() instanceof Inet4Address ? prefix4 : prefix6;
    return addresses.stream()
        .anyMatch(address -> new SpfNetwork(address, prefix).contains(request.client()));
  }

  private List<InetAddress> addresses(String domain) throws SpfErrorException {
    Dns.Family family =
        request.client() instanceof Inet4Address ? Dns.Family.IPV4 : Dns.Family.IPV6;
    return isDomain(domain) ? ask(() -> dns.addresses(domain, family)) : List.of();
  }

  /// The client's names whose addresses include the client's (RFC 7208 §5.5); an error of the DNS
  /// is no name.
  private List<String> validatedNames() throws SpfErrorException {
    List<String> names;
    try {
      names = inTime(() -> dns.names(request.client()));
    } catch (DnsFailureException e) {
      return List.of();
    }
    counted(names);
    List<String> valid = new ArrayList<>();
    for (String name : names.subList(0, Math.min(names.size(), POINTERS))) {
      if (isDomain(name) && leadsBack(name)) {
        valid.add(name);
      }
    }
    return valid;
  }

  private boolean leadsBack(String name) throws SpfErrorException {
    Dns.Family family =
        request.client() instanceof Inet4Address ? Dns.Family.IPV4 : Dns.Family.IPV6;
    try {
      return inTime(() -> dns.addresses(name, family)).contains(request.client());
    } catch (DnsFailureException e) {
      return false;
    }
  }

  /// The domain itself if it is among the names, else one below it, else any (RFC 7208 §7.3).
  private String validatedName(String domain) throws SpfErrorException {
    List<String> names = validatedNames();
    for (String name : names) {
      if (name.equalsIgnoreCase(domain)) {
        return name;
      }
    }
    for (String name : names) {
      if (isWithin(name, domain)) {
        return name;
      }
    }
    return names.isEmpty() ? "unknown" : names.getFirst();
  }

  private static boolean isWithin(String name, String domain) {
    String lower = name.toLowerCase(Locale.ROOT);
    String above = domain.toLowerCase(Locale.ROOT);
    return lower.equals(above) || lower.endsWith("." + above);
  }

  /// Whatever is wrong with it, there is none then (RFC 7208 §6.2).
  private String explanation(String target, String domain) {
    try {
      String name = macros.domain(target, domain);
      List<String> texts = isDomain(name) ? ask(() -> dns.texts(name)) : List.of();
      if (texts.size() != 1
          || texts.getFirst().chars().anyMatch(c -> c > 126 || c < ' ')
          || !SpfRecordParser.isMacroString(texts.getFirst().replace(" ", ""))) {
        return "";
      }
      return macros.expand(texts.getFirst(), domain);
    } catch (SpfErrorException e) {
      return "";
    }
  }

  private void lookup() throws SpfErrorException {
    if (++lookups > LOOKUPS) {
      throw SpfErrorException.permanent("too many lookups");
    }
  }

  private <T> List<T> counted(List<T> found) throws SpfErrorException {
    if (found.isEmpty() && ++voidLookups > VOID_LOOKUPS) {
      throw SpfErrorException.permanent("too many lookups that find nothing");
    }
    return found;
  }

  private interface Question<T> {
    T ask() throws DnsFailureException;
  }

  private <T> T ask(Question<T> question) throws SpfErrorException {
    try {
      return inTime(question);
    } catch (DnsFailureException e) {
      throw SpfErrorException.temporary("the DNS does not answer");
    }
  }

  private <T> T inTime(Question<T> question) throws SpfErrorException, DnsFailureException {
    if (System.nanoTime() > until) {
      throw SpfErrorException.temporary("the evaluation takes too long");
    }
    return question.ask();
  }

  /// Can it be a name of the DNS? (RFC 7208 §4.3)
  private static boolean isDomain(String name) {
    String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    if (bare.isEmpty() || bare.length() > NAME_MAX || bare.startsWith("[")) {
      return false;
    }
    for (String label : bare.split("\\.", -1)) {
      if (label.isEmpty() || label.length() > LABEL_MAX) {
        return false;
      }
    }
    return true;
  }
}
