package mailwing.smtp.signing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;
import mailwing.smtp.dkim.DkimRecords;
import mailwing.smtp.dkim.SigningKey;
import mailwing.smtp.dkim.SigningKey.Kind;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;
import mailwing.store.v1.ActivateDkimKeyRequest;
import mailwing.store.v1.DkimGrpc;
import mailwing.store.v1.DkimKey;
import mailwing.store.v1.DkimKey.State;
import mailwing.store.v1.GetSigningKeysRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The keys that sign a domain's mail now: of each algorithm the newest one that the DNS shows. A
/// published key that it shows becomes the active one. While the DNS does not answer, active keys
/// sign all the same.
///
/// What was found is remembered for a short time. While one asks anew, the others go by what was
/// found before; if the store is away it holds a little longer.
public final class SigningKeys {
  private static final Logger LOG = LoggerFactory.getLogger(SigningKeys.class);
  private static final int MOST_REMEMBERED = 10_000;

  /// So many lives old keys are taken while no newer ones can be had.
  private static final int LIVES = 10;

  /// What was found of a domain.
  ///
  /// @param known whether it has keys at all
  public record Found(boolean known, List<SigningKey> keys) {
    public Found {
      keys = List.copyOf(keys);
    }
  }

  private record Remembered(Found found, long at, AtomicBoolean refreshing) {}

  private enum Shown {
    YES,
    NO,
    UNKNOWN
  }

  private final StoreClient store;
  private final Dns dns;
  private final long life;
  private final Map<String, Remembered> remembered = new ConcurrentHashMap<>();

  public SigningKeys(StoreClient store, Dns dns, Duration life) {
    this.store = store;
    this.dns = dns;
    this.life = life.toNanos();
  }

  /// Those of a domain. StoreException where they cannot be had.
  ///
  /// @param domain in A-labels and lower case
  public Found of(String domain) {
    Remembered last = remembered.get(domain);
    if (last != null && (isYoung(last, life) || !last.refreshing.compareAndSet(false, true))) {
      return last.found;
    }
    try {
      Found found = find(domain);
      remember(domain, found);
      return found;
    } catch (StoreException e) {
      if (last == null || !isYoung(last, LIVES * life)) {
        throw e;
      }
      LOG.warn("event=dkim-keys-old domain={} reason=\"{}\"", domain, e.getMessage());
      return last.found;
    } finally {
      if (last != null) {
        last.refreshing.set(false);
      }
    }
  }

  private static boolean isYoung(Remembered last, long age) {
    return System.nanoTime() - last.at < age;
  }

  private void remember(String domain, Found found) {
    if (remembered.size() >= MOST_REMEMBERED) {
      remembered.clear();
    }
    remembered.put(domain, new Remembered(found, System.nanoTime(), new AtomicBoolean()));
  }

  private Found find(String domain) {
    List<mailwing.store.v1.SigningKey> all =
        store
            .repeatable(
                DkimGrpc.getGetSigningKeysMethod(),
                GetSigningKeysRequest.newBuilder().setDomain(domain).build())
            .getKeysList();
    List<SigningKey> keys = new ArrayList<>();
    Set<Kind> found = EnumSet.noneOf(Kind.class);
    for (mailwing.store.v1.SigningKey candidate : all) {
      Kind kind = kind(candidate.getKey().getAlgorithm());
      if (kind == null || found.contains(kind) || !signs(candidate.getKey())) {
        continue;
      }
      found.add(kind);
      keys.add(
          SigningKey.read(
              domain,
              candidate.getKey().getSelector(),
              kind,
              candidate.getPrivateKey().toByteArray()));
    }
    return new Found(!all.isEmpty(), keys);
  }

  private static @Nullable Kind kind(DkimKey.Algorithm algorithm) {
    return switch (algorithm) {
      case RSA -> Kind.RSA;
      case ED25519 -> Kind.ED25519;
      case ALGORITHM_UNSPECIFIED, UNRECOGNIZED -> null;
    };
  }

  private boolean signs(DkimKey key) {
    return switch (shown(key)) {
      case YES -> key.getState() != State.PUBLISHED || activate(key);
      case NO -> {
        if (key.getState() == State.ACTIVE) {
          LOG.warn(
              "event=dkim-record-missing name={} reason=\"nothing is signed by this key\"",
              key.getRecordName());
        }
        yield false;
      }
      case UNKNOWN -> key.getState() == State.ACTIVE;
    };
  }

  private Shown shown(DkimKey key) {
    try {
      return DkimRecords.shows(dns.texts(key.getRecordName()), key.getRecordText())
          ? Shown.YES
          : Shown.NO;
    } catch (DnsFailureException e) {
      return Shown.UNKNOWN;
    }
  }

  /// False where someone else has ended it meanwhile, or the store does not answer.
  private boolean activate(DkimKey key) {
    try {
      store.repeatable(
          DkimGrpc.getActivateDkimKeyMethod(),
          ActivateDkimKeyRequest.newBuilder()
              .setDomain(key.getDomain())
              .setSelector(key.getSelector())
              .build());
      return true;
    } catch (StoreException e) {
      LOG.info("event=dkim-key-not-active name={} reason={}", key.getRecordName(), e.code());
      return false;
    }
  }
}
