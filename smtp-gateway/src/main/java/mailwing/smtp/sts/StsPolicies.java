package mailwing.smtp.sts;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;
import mailwing.smtp.https.HttpsClient;
import mailwing.store.v1.FindStsPolicyRequest;
import mailwing.store.v1.KeepStsPolicyRequest;
import mailwing.store.v1.LeaseStsPoliciesRequest;
import mailwing.store.v1.TlsPoliciesGrpc;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The policies of domains: found by their TXT records, fetched when those announce another one,
/// and kept in the store, so that they hold until they expire whatever happens to this gateway or
/// to the domain's DNS (RFC 8461 §5.1). In memory is what was used lately.
public final class StsPolicies {
  private static final Logger LOG = LoggerFactory.getLogger(StsPolicies.class);
  private static final int MOST_IN_MEMORY = 10_000;
  private static final int STRIPES = 256;
  private static final int REFRESHED_AT_ONCE = 20;
  private static final Duration IN_MEMORY = Duration.ofMinutes(5);

  /// RFC 8461 §3.3.
  private static final Duration AFTER_FAILURE = Duration.ofMinutes(5);

  private final StoreClient store;
  private final Dns dns;
  private final StsFetcher fetcher;
  private final List<ReentrantLock> stripes =
      IntStream.range(0, STRIPES).mapToObj(i -> new ReentrantLock()).toList();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Known> known = lru();
  private final Map<String, Failed> failed = lru();

  /// What the store has: no policy, or one.
  private record Known(@Nullable Kept kept, long loadedAt) {}

  private record Kept(String id, StsPolicy policy, Instant expiresAt) {
    boolean holds() {
      return Instant.now().isBefore(expiresAt);
    }
  }

  /// A policy that could not be had.
  private record Failed(String id, StsException why, long at) {}

  /// What holds for a domain.
  ///
  /// @param policy one that asks for something
  /// @param problem why one that is announced is not known; what was known before holds on
  public record Found(Optional<StsPolicy> policy, Optional<StsException> problem) {}

  public StsPolicies(StoreClient store, Dns dns, HttpsClient https) {
    this.store = store;
    this.dns = dns;
    this.fetcher = new StsFetcher(https);
  }

  private static <T> Map<String, T> lru() {
    return new LinkedHashMap<>(16, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
        return size() > MOST_IN_MEMORY;
      }
    };
  }

  private <T> T locked(java.util.function.Supplier<T> work) {
    lock.lock();
    try {
      return work.get();
    } finally {
      lock.unlock();
    }
  }

  /// The policy of a domain; asks the DNS each time whether there is another one.
  ///
  /// @param domain lower case, A-labels
  public Found of(String domain) {
    ReentrantLock stripe = stripes.get(Math.floorMod(domain.hashCode(), STRIPES));
    stripe.lock();
    try {
      return find(domain);
    } finally {
      stripe.unlock();
    }
  }

  private Found find(String domain) {
    Optional<String> announced = announced(domain);
    Kept kept = kept(domain, announced);
    if (announced.isEmpty() || (kept != null && kept.id().equals(announced.get()))) {
      return found(kept, null);
    }
    Failed before = locked(() -> failed.get(domain));
    if (before != null
        && before.id().equals(announced.get())
        && System.nanoTime() - before.at() < AFTER_FAILURE.toNanos()) {
      return found(kept, before.why());
    }
    try {
      return found(fetch(domain, announced.get()), null);
    } catch (StsException e) {
      LOG.warn(
          "event=sts-policy-failed domain={} id={} failure={} reason=\"{}\"",
          domain,
          announced.get(),
          e.failure().word(),
          e.reason());
      Failed now = new Failed(announced.get(), e, System.nanoTime());
      locked(() -> failed.put(domain, now));
      return found(kept, e);
    }
  }

  private static Found found(@Nullable Kept kept, @Nullable StsException problem) {
    return new Found(
        Optional.ofNullable(kept)
            .map(Kept::policy)
            .filter(policy -> policy.mode() != StsPolicy.Mode.NONE),
        Optional.ofNullable(problem));
  }

  private Optional<String> announced(String domain) {
    try {
      return StsRecord.id(dns.texts("_mta-sts." + domain));
    } catch (DnsFailureException e) {
      return Optional.empty();
    }
  }

  /// What is kept and holds: from memory, unless the DNS announces something else.
  private @Nullable Kept kept(String domain, Optional<String> announced) {
    Known one = locked(() -> known.get(domain));
    if (one != null && System.nanoTime() - one.loadedAt() < IN_MEMORY.toNanos()) {
      Kept kept = one.kept();
      boolean current = kept == null ? announced.isEmpty() : isCurrent(kept, announced);
      if (current) {
        return kept;
      }
    }
    var answer =
        store.repeatable(
            TlsPoliciesGrpc.getFindStsPolicyMethod(),
            FindStsPolicyRequest.newBuilder().setDomain(domain).build());
    return remember(domain, answer.hasPolicy() ? read(answer.getPolicy()) : null);
  }

  private static boolean isCurrent(Kept kept, Optional<String> announced) {
    return kept.holds() && (announced.isEmpty() || announced.get().equals(kept.id()));
  }

  private @Nullable Kept remember(String domain, @Nullable Kept kept) {
    Known one = new Known(kept, System.nanoTime());
    locked(() -> known.put(domain, one));
    return kept;
  }

  private static @Nullable Kept read(mailwing.store.v1.StsPolicy stored) {
    try {
      Kept kept =
          new Kept(
              stored.getRecordId(),
              StsPolicy.parse(stored.getText()),
              Instant.ofEpochMilli(stored.getExpiresAtMillis()));
      return kept.holds() ? kept : null;
    } catch (StsException e) {
      LOG.error("event=sts-policy-unreadable domain={}", stored.getDomain(), e);
      return null;
    }
  }

  /// Fetches the live policy and keeps it. One that is too short-lived to be kept holds for now.
  private Kept fetch(String domain, String id) throws StsException {
    StsPolicy policy = fetcher.fetch(domain);
    mailwing.store.v1.StsPolicy.Builder keep =
        mailwing.store.v1.StsPolicy.newBuilder()
            .setDomain(domain)
            .setRecordId(id)
            .setText(policy.text().replace("\0", ""))
            .setMaxAgeSeconds(policy.maxAge().toSeconds());
    long expires =
        store
            .repeatable(
                TlsPoliciesGrpc.getKeepStsPolicyMethod(),
                KeepStsPolicyRequest.newBuilder().setPolicy(keep).build())
            .getExpiresAtMillis();
    LOG.info("event=sts-policy domain={} id={} mode={}", domain, id, policy.mode());
    Kept kept = new Kept(id, policy, Instant.ofEpochMilli(expires));
    remember(domain, kept);
    locked(() -> failed.remove(domain));
    return kept;
  }

  /// Fetches again what was not fetched for a day, whatever the DNS says: who would suppress a
  /// policy must do so for as long as it holds (RFC 8461 §10.2). Call it every some minutes.
  public void refresh() {
    List<mailwing.store.v1.StsPolicy> due;
    try {
      due =
          store
              .once(
                  TlsPoliciesGrpc.getLeaseStsPoliciesMethod(),
                  LeaseStsPoliciesRequest.newBuilder().setMost(REFRESHED_AT_ONCE).build())
              .getPoliciesList();
    } catch (StoreException e) {
      LOG.warn("event=sts-refresh-failed code={}", e.code());
      return;
    }
    for (mailwing.store.v1.StsPolicy one : due) {
      refresh(one);
    }
  }

  private void refresh(mailwing.store.v1.StsPolicy stored) {
    String domain = stored.getDomain();
    try {
      fetch(domain, announced(domain).orElse(stored.getRecordId()));
    } catch (StsException e) {
      Kept kept = read(stored);
      if (kept != null && kept.policy().mode() != StsPolicy.Mode.NONE) {
        LOG.warn(
            "event=sts-refresh-failed domain={} expires={} failure={} reason=\"{}\"",
            domain,
            kept.expiresAt(),
            e.failure().word(),
            e.reason());
      }
    } catch (StoreException e) {
      LOG.warn("event=sts-refresh-failed domain={} code={}", domain, e.code());
    }
  }
}
