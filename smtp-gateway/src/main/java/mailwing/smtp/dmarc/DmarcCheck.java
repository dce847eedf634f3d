package mailwing.smtp.dmarc;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;

/// One message's check (RFC 9989 §4.10, §5.3). No list of public suffixes is needed: the DNS is
/// walked up, in at most eight questions a domain.
public final class DmarcCheck {
  /// What the check came to.
  ///
  /// @param policy what the domain asks for where the message fails
  public record Outcome(DmarcResult result, DmarcPolicy policy) {}

  private static final int LABELS = 8;

  private record Found(String domain, DmarcRecord record) {}

  private final Dns dns;
  private final Map<String, Optional<DmarcRecord>> known = new HashMap<>();

  private DmarcCheck(Dns dns) {
    this.dns = dns;
  }

  /// Checks; never fails.
  ///
  /// @param author the domain of From, in A-labels and lower case, as are the others
  /// @param spf the domain of the reverse-path where SPF has passed
  /// @param dkim domains whose signatures have passed
  public static Outcome of(Dns dns, String author, Optional<String> spf, List<String> dkim) {
    try {
      return new DmarcCheck(dns).check(author, spf, dkim);
    } catch (DnsFailureException e) {
      return new Outcome(DmarcResult.TEMPERROR, DmarcPolicy.NONE);
    }
  }

  private Outcome check(String author, Optional<String> spf, List<String> dkim)
      throws DnsFailureException {
    Optional<Found> found = discover(author);
    if (found.isEmpty()) {
      return new Outcome(DmarcResult.NONE, DmarcPolicy.NONE);
    }
    DmarcRecord record = found.get().record;
    DmarcPolicy policy =
        found.get().domain.equals(author)
            ? record.policy()
            : exists(author) ? record.subdomains() : record.missing();
    boolean passes = spf.isPresent() && aligned(author, spf.get(), record.strictSpf());
    for (String domain : dkim) {
      passes = passes || aligned(author, domain, record.strictDkim());
    }
    return new Outcome(passes ? DmarcResult.PASS : DmarcResult.FAIL, policy);
  }

  /// The record that applies: the author's domain's, its organization's or its public suffix's.
  private Optional<Found> discover(String author) throws DnsFailureException {
    Optional<DmarcRecord> own = record(author);
    if (own.isPresent()) {
      return Optional.of(new Found(author, own.get()));
    }
    List<Found> above = walk(author);
    if (above.isEmpty()) {
      return Optional.empty();
    }
    String organization = organization(author, above);
    return above.stream()
        .filter(found -> found.domain.equals(organization))
        .findFirst()
        .or(() -> Optional.of(above.getLast()));
  }

  private boolean aligned(String author, String domain, boolean strict) throws DnsFailureException {
    if (author.equals(domain)) {
      return true;
    }
    return !strict && organization(author, walk(author)).equals(organization(domain, walk(domain)));
  }

  /// Records from the domain upwards, until one says what it is (RFC 9989 §4.10).
  private List<Found> walk(String domain) throws DnsFailureException {
    List<Found> found = new ArrayList<>();
    String at = domain;
    while (!at.isEmpty()) {
      Optional<DmarcRecord> record = record(at);
      if (record.isPresent()) {
        found.add(new Found(at, record.get()));
        if (record.get().publicSuffix() != DmarcRecord.PublicSuffix.UNSAID) {
          break;
        }
      }
      at = above(at);
    }
    return found;
  }

  /// The next name to ask for: one label less, and at most seven.
  private static String above(String domain) {
    String rest = domain;
    do {
      int dot = rest.indexOf('.');
      rest = dot < 0 ? "" : rest.substring(dot + 1);
    } while (labels(rest) >= LABELS);
    return rest;
  }

  private static long labels(String domain) {
    return domain.chars().filter(c -> c == '.').count() + 1;
  }

  /// RFC 9989 §4.10.2.
  private static String organization(String domain, List<Found> found) {
    for (Found one : found) {
      switch (one.record.publicSuffix()) {
        case NO -> {
          return one.domain;
        }
        case YES -> {
          if (!one.domain.equals(domain)) {
            String below = domain.substring(0, domain.length() - one.domain.length() - 1);
            return below.substring(below.lastIndexOf('.') + 1) + "." + one.domain;
          }
        }
        case UNSAID -> {}
      }
    }
    return found.isEmpty() ? domain : found.getLast().domain;
  }

  private Optional<DmarcRecord> record(String domain) throws DnsFailureException {
    Optional<DmarcRecord> remembered = known.get(domain);
    if (remembered != null) {
      return remembered;
    }
    List<DmarcRecord> records =
        dns.texts("_dmarc." + domain).stream()
            .map(DmarcRecord::parse)
            .flatMap(Optional::stream)
            .toList();
    Optional<DmarcRecord> one =
        records.size() == 1 ? Optional.of(records.getFirst()) : Optional.empty();
    known.put(domain, one);
    return one;
  }

  private boolean exists(String domain) throws DnsFailureException {
    return !dns.addresses(domain, Dns.Family.IPV4).isEmpty()
        || !dns.addresses(domain, Dns.Family.IPV6).isEmpty()
        || !dns.exchanges(domain).isEmpty();
  }
}
