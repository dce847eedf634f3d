package mailwing.smtp.queue;

import java.util.List;
import java.util.Optional;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;
import mailwing.smtp.sts.StsException;
import mailwing.smtp.sts.StsPolicies;
import mailwing.smtp.sts.StsPolicy;
import mailwing.smtp.tls.DaneLookup;
import mailwing.store.v1.TlsPolicyUsed;

/// What the domain that mail is for wants of a host's TLS: DANE where DNSSEC vouches for the way to
/// the host, else MTA-STS, which never makes up for a failure of DANE (RFC 8461 §2).
final class HostPolicies {
  private final DaneLookup dane;
  private final Optional<StsPolicies> sts;

  /// What holds for one host.
  sealed interface Policy {
    /// As a report says it.
    TlsPolicyUsed used();

    /// None.
    ///
    /// @param problem why one that is announced is not known
    record Nothing(Optional<StsException> problem) implements Policy {
      @Override
      public TlsPolicyUsed used() {
        return TlsPolicyUsed.newBuilder().setType(TlsPolicyUsed.Type.NO_POLICY_FOUND).build();
      }
    }

    record Sts(StsPolicy policy) implements Policy {
      @Override
      public TlsPolicyUsed used() {
        return TlsPolicyUsed.newBuilder()
            .setType(TlsPolicyUsed.Type.STS)
            .addAllText(policy.lines())
            .addAllMx(policy.mx().stream().limit(100).toList())
            .build();
      }
    }

    record Dane(DaneLookup.Found found) implements Policy {
      @Override
      public TlsPolicyUsed used() {
        return tlsa(found.records().text());
      }
    }

    /// Whether there are TLSA records is not known: the host is not to be used (RFC 7672 §2.1.2).
    record Unknown(String why) implements Policy {
      @Override
      public TlsPolicyUsed used() {
        return tlsa(List.of());
      }
    }
  }

  HostPolicies(Dns dns, Optional<StsPolicies> sts) {
    this.dane = new DaneLookup(dns);
    this.sts = sts;
  }

  private static TlsPolicyUsed tlsa(List<String> records) {
    return TlsPolicyUsed.newBuilder()
        .setType(TlsPolicyUsed.Type.TLSA)
        .addAllText(records.stream().limit(100).toList())
        .build();
  }

  Policy of(NextHops.Host host) {
    NextHops.Origin origin = host.origin();
    if (origin.secure()) {
      try {
        Optional<DaneLookup.Found> found =
            dane.of(host.name(), origin.lookup(), host.address().getPort());
        if (found.isPresent()) {
          return new Policy.Dane(found.get());
        }
      } catch (DnsFailureException e) {
        return new Policy.Unknown("no TLSA records of " + host.name() + ": " + e.getMessage());
      }
    }
    if (sts.isEmpty() || origin.domain().isEmpty()) {
      return new Policy.Nothing(Optional.empty());
    }
    StsPolicies.Found found = sts.get().of(origin.domain());
    return found.policy().isPresent()
        ? new Policy.Sts(found.policy().get())
        : new Policy.Nothing(found.problem());
  }
}
