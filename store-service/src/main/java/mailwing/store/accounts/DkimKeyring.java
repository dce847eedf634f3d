package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import mailwing.store.Address;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.DkimKeyRows;
import mailwing.store.persistence.DkimKeyRows.NewKey;
import mailwing.store.persistence.DkimKeyRows.Row;
import mailwing.store.persistence.DomainRules;
import mailwing.store.v1.DkimKey;
import mailwing.store.v1.DkimKey.Algorithm;
import mailwing.store.v1.DkimKey.State;
import mailwing.store.v1.ErrorCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The keys that sign mail of our domains: makes them here, so that a private key leaves the store
/// only towards a gateway that signs by it.
public final class DkimKeyring {
  private static final Logger LOG = LoggerFactory.getLogger(DkimKeyring.class);

  /// RFC 8301 §3.2 asks for it; a longer key's record is too much for one UDP answer.
  private static final int RSA_BITS = 2048;

  /// The end of a SubjectPublicKeyInfo is the key itself (RFC 8410 §4).
  private static final int ED25519_OCTETS = 32;

  private static final Pattern SELECTOR =
      Pattern.compile(
          "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?){0,3}");

  private final DkimKeyRows rows;
  private final DirectoryStore directory;
  private final DomainRules domains;
  private final StoreConfig.Dkim config;
  private final Clock clock;

  public DkimKeyring(
      DkimKeyRows rows,
      DirectoryStore directory,
      DomainRules domains,
      StoreConfig.Dkim config,
      Clock clock) {
    this.rows = rows;
    this.directory = directory;
    this.domains = domains;
    this.config = config;
    this.clock = clock;
  }

  /// Keys that may sign mail of a domain, the newest first; none for a name that is not ours.
  public List<Row> signing(String name) {
    return Address.canonicalDomain(name).filter(this::isOurs).map(rows::signing).orElse(List.of());
  }

  /// STALE where the key does not wait to be active.
  public void activate(String name, String selector) {
    String domain = canonical(name);
    rows.activate(domain, selector);
    LOG.info("event=dkim-key-active domain={} selector={}", domain, selector);
  }

  /// DOMAIN_NOT_FOUND.
  public List<Row> ofDomain(String name) {
    return rows.ofDomain(ours(name));
  }

  /// Domains with keys, by name.
  public List<String> domains(String after, int limit) {
    return rows.domains(after, limit);
  }

  /// Makes published keys.
  ///
  /// @param algorithms none: all that there are
  /// @param selector empty: one is made
  /// @param wait how long they wait at least; empty: as configured
  public List<Row> add(
      String name, List<Algorithm> algorithms, String selector, Optional<Duration> wait) {
    String domain = ours(name);
    Set<Algorithm> wanted =
        algorithms.isEmpty()
            ? EnumSet.of(Algorithm.RSA, Algorithm.ED25519)
            : EnumSet.copyOf(algorithms);
    if (wanted.contains(Algorithm.ALGORITHM_UNSPECIFIED)
        || wanted.contains(Algorithm.UNRECOGNIZED)) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "an algorithm is rsa or ed25519");
    }
    if (!selector.isEmpty()) {
      requireSelector(domain, selector);
      if (wanted.size() != 1) {
        throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a selector is of one key");
      }
    }
    return make(domain, wanted, selector, wait);
  }

  private static void requireSelector(String domain, String selector) {
    String name = recordName(domain, selector);
    if (!SELECTOR.matcher(selector).matches() || name.length() > 253) {
      throw new StoreException(
          ErrorCode.INVALID_ARGUMENT, "a selector is of lower-case letters, digits and hyphens");
    }
  }

  /// A successor for each active key. CANNOT.
  public List<Row> rotate(String name, Optional<Duration> wait) {
    String domain = ours(name);
    Set<Algorithm> active = EnumSet.noneOf(Algorithm.class);
    for (Row row : rows.ofDomain(domain)) {
      if (row.state() == State.ACTIVE) {
        active.add(row.algorithm());
      }
    }
    if (active.isEmpty()) {
      throw new StoreException(ErrorCode.CANNOT, "the domain has no active key");
    }
    return make(domain, active, "", wait);
  }

  /// True where the key had never signed and is removed. INVALID_ARGUMENT.
  public boolean retire(String name, String selector) {
    return rows.retire(canonical(name), selector);
  }

  /// To be run now and then: forgets what is old, and makes successors where that is asked for.
  public void turnOver() {
    rows.trim(config.keepRetired());
    if (!config.rotateEvery().isPositive()) {
      return;
    }
    for (DkimKeyRows.Due due : rows.due(config.rotateEvery())) {
      for (Row made : make(due.domain(), Set.of(due.algorithm()), "", Optional.empty())) {
        LOG.warn(
            "event=dkim-key-made domain={} selector={} reason=\"its record is to be published\"",
            made.domain(),
            made.selector());
      }
    }
  }

  private List<Row> make(
      String domain, Set<Algorithm> algorithms, String selector, Optional<Duration> wait) {
    Set<String> used = new HashSet<>();
    rows.ofDomain(domain).forEach(row -> used.add(row.selector()));
    List<NewKey> made = new ArrayList<>();
    for (Algorithm algorithm : algorithms) {
      made.add(generate(algorithm, selector.isEmpty() ? freshSelector(algorithm, used) : selector));
    }
    return rows.add(domain, made, wait.orElse(config.publishWait()));
  }

  /// The day and the algorithm: `20261122r`, and `20261122r2` for the day's second.
  private String freshSelector(Algorithm algorithm, Set<String> used) {
    String base =
        LocalDate.now(clock).toString().replace("-", "")
            + algorithm.name().substring(0, 1).toLowerCase(Locale.ROOT);
    String selector = base;
    for (int i = 2; used.contains(selector); i++) {
      selector = base + i;
    }
    return selector;
  }

  private static NewKey generate(Algorithm algorithm, String selector) {
    try {
      boolean rsa = algorithm == Algorithm.RSA;
      KeyPairGenerator generator = KeyPairGenerator.getInstance(rsa ? "RSA" : "Ed25519");
      if (rsa) {
        generator.initialize(RSA_BITS);
      }
      KeyPair pair = generator.generateKeyPair();
      ByteString whole = UnsafeByteOperations.unsafeWrap(pair.getPublic().getEncoded());
      return new NewKey(
          selector,
          algorithm,
          rsa ? whole : whole.substring(whole.size() - ED25519_OCTETS),
          UnsafeByteOperations.unsafeWrap(pair.getPrivate().getEncoded()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What is told of a key: never its private half.
  public DkimKey told(Row row) {
    DkimKey.Builder key =
        DkimKey.newBuilder()
            .setDomain(row.domain())
            .setSelector(row.selector())
            .setAlgorithm(row.algorithm())
            .setState(row.state())
            .setCreatedAtSeconds(row.createdAt())
            .setSignAfterSeconds(row.signAfter())
            .setChangedAtSeconds(row.changedAt())
            .setRecordName(recordName(row.domain(), row.selector()))
            .setRecordText(recordText(row));
    if (row.state() == State.RETIRED) {
      key.setForgottenAtSeconds(row.changedAt() + config.keepRetired().toSeconds());
    }
    return key.build();
  }

  private static String recordName(String domain, String selector) {
    return selector + "._domainkey." + Address.asciiDomain(domain).orElse(domain);
  }

  /// RFC 6376 §3.6.1, RFC 8463 §4.
  private static String recordText(Row row) {
    return "v=DKIM1; k="
        + row.algorithm().name().toLowerCase(Locale.ROOT)
        + "; p="
        + Base64.getEncoder().encodeToString(row.publicKey().toByteArray());
  }

  private boolean isOurs(String canonical) {
    return directory.hasDomain(canonical) || domains.target(canonical).isPresent();
  }

  private String ours(String name) {
    String canonical = canonical(name);
    if (!isOurs(canonical)) {
      throw new StoreException(ErrorCode.DOMAIN_NOT_FOUND, "no such domain");
    }
    return canonical;
  }

  private static String canonical(String name) {
    return Address.canonicalDomain(name)
        .orElseThrow(() -> new StoreException(ErrorCode.INVALID_ARGUMENT, "not a domain name"));
  }
}
