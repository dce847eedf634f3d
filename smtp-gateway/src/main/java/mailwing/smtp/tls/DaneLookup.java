package mailwing.smtp.tls;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;

/// Finds the TLSA records of a host that DNSSEC vouches for (RFC 7672 §2.2.2, §2.2.3).
public final class DaneLookup {
  private final Dns dns;

  public DaneLookup(Dns dns) {
    this.dns = dns;
  }

  /// Secure records of a host.
  ///
  /// @param base the name whose records they are: it is asked for by SNI
  public record Found(TlsaRecords records, String base) {}

  /// The records of a host; none where DNSSEC does not vouch for its addresses.
  ///
  /// @param host as the MX record has it
  /// @param address the answer for one of its addresses
  public Optional<Found> of(String host, Dns.Secured<?> address, int port)
      throws DnsFailureException {
    boolean alias = !address.name().equalsIgnoreCase(host);
    List<String> bases = new ArrayList<>();
    if (address.secure()) {
      bases.add(address.name());
    }
    if (alias && (address.secure() || dns.isSecureAlias(host))) {
      bases.add(host);
    }
    for (String base : bases) {
      Dns.Secured<Dns.Association> found = dns.associations("_" + port + "._tcp." + base);
      if (found.secure() && !found.records().isEmpty()) {
        return Optional.of(new Found(new TlsaRecords(found.records()), base));
      }
    }
    return Optional.empty();
  }
}
