package mailwing.store.accounts;

import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import mailwing.store.Address;
import mailwing.store.StoreConfig;
import mailwing.store.accounts.Resolution.Target;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.DomainRules;
import mailwing.store.persistence.Entry;

/// What addresses mean: domains, accounts, aliases, details, postmaster (RFC 5321 §4.5.1).
///
/// An address is looked up as it stands, then without its detail (user+detail is user), then as its
/// domain's catch-all. The addresses of an alias of a domain are the domain's. Every domain of ours
/// takes postmaster: where no user or alias has that name, its mail goes to the configured account,
/// else to the oldest; the bare word postmaster goes there too.
///
/// Answers are remembered for a short time, so that a delivery costs no statement of its own. What
/// this store changes it forgets at once; what another one changes is seen when the time is over.
/// That an address is unknown is remembered for a second at most.
public final class Directory {
  static final int MAX_DEPTH = 8;
  static final int MAX_TARGETS = 1000;
  private static final int MAX_REMEMBERED = 50_000;
  private static final Duration UNKNOWN_LIFE = Duration.ofSeconds(1);
  private static final String POSTMASTER = "postmaster";

  private record Remembered(Resolution resolution, long generation, long until) {}

  private final DirectoryStore store;
  private final DomainRules domains;
  private final StoreConfig.Addresses config;
  private final Map<String, Remembered> remembered = new ConcurrentHashMap<>();
  private final AtomicLong generation = new AtomicLong();

  public Directory(DirectoryStore store, DomainRules domains, StoreConfig.Addresses config) {
    this.store = store;
    this.domains = domains;
    this.config = config;
  }

  /// What `address` (local-part@domain, unquoted, or the bare word postmaster) leads to. Never
  /// fails on a malformed address: that is an unknown user, or not local.
  public Resolution resolve(String address) {
    long now = System.nanoTime();
    long current = generation.get();
    Remembered known = remembered.get(address);
    if (known != null && known.generation == current && known.until - now > 0) {
      return known.resolution;
    }
    Resolution found = lookUp(address);
    if (address.length() <= 400 && config.cacheLife().isPositive()) {
      remember(address, new Remembered(found, current, now + life(found).toNanos()), now);
    }
    return found;
  }

  /// To be called after a change of domains, accounts or aliases has been committed.
  public void forget() {
    generation.incrementAndGet();
    remembered.clear();
  }

  private Duration life(Resolution found) {
    boolean unknown =
        found instanceof Resolution.UnknownUser || found instanceof Resolution.NotLocal;
    return unknown && config.cacheLife().compareTo(UNKNOWN_LIFE) > 0
        ? UNKNOWN_LIFE
        : config.cacheLife();
  }

  private void remember(String address, Remembered answer, long now) {
    if (remembered.size() >= MAX_REMEMBERED) {
      remembered.values().removeIf(r -> r.until - now <= 0);
      if (remembered.size() >= MAX_REMEMBERED) {
        remembered.clear();
      }
    }
    remembered.put(address, answer);
  }

  private Resolution lookUp(String text) {
    if (text.equalsIgnoreCase(POSTMASTER)) {
      return answer(postmaster(), "");
    }
    Optional<Address> parsed = Address.parse(text);
    if (parsed.isEmpty()) {
      return unparsed(text);
    }
    return lookUp(parsed.get());
  }

  private Resolution lookUp(Address address) {
    Optional<Entry> entry = store.entry(address);
    if (entry.isPresent()) {
      return answer(entry, "");
    }
    if (!store.hasDomain(address.domain())) {
      // Never more than one step: an alias leads to a domain.
      Optional<String> target = domains.target(address.domain());
      return target.isPresent()
          ? lookUp(address.withDomain(target.get()))
          : new Resolution.NotLocal();
    }
    int separator = separator(address.localPart());
    Address base =
        separator > 0
            ? address.withLocalPart(address.localPart().substring(0, separator))
            : address;
    String detail = separator > 0 ? detail(address) : "";
    if (separator > 0) {
      entry = store.entry(base);
    }
    if (entry.isEmpty() && base.localPart().equals(POSTMASTER)) {
      entry = postmaster();
    }
    if (entry.isEmpty()) {
      entry = domains.catchAll(address.domain()).flatMap(store::entry);
      detail = "";
    }
    return answer(entry, detail);
  }

  private Resolution unparsed(String text) {
    int at = text.lastIndexOf('@');
    boolean ours =
        at >= 0
            && Address.canonicalDomain(text.substring(at + 1))
                .filter(name -> store.hasDomain(name) || domains.target(name).isPresent())
                .isPresent();
    return ours ? new Resolution.UnknownUser() : new Resolution.NotLocal();
  }

  private int separator(String localPart) {
    return config.detailSeparator().isEmpty() ? -1 : localPart.indexOf(config.detailSeparator());
  }

  /// As the sender spelt it.
  private String detail(Address address) {
    String spelling = address.spelling();
    String local = spelling.substring(0, spelling.length() - address.domain().length() - 1);
    return local.substring(separator(local) + config.detailSeparator().length());
  }

  private Optional<Entry> postmaster() {
    Optional<Entry> configured = config.postmaster().flatMap(Address::parse).flatMap(store::entry);
    return configured.isPresent() ? configured : store.oldestAccount().map(a -> a);
  }

  private Resolution answer(Optional<Entry> entry, String detail) {
    if (entry.isEmpty()) {
      return new Resolution.UnknownUser();
    }
    Map<Long, Target> targets = new LinkedHashMap<>();
    boolean disabled = expand(entry.get(), detail, 0, new HashSet<>(), targets);
    if (!targets.isEmpty()) {
      return new Resolution.Local(targets.values().stream().toList());
    }
    return disabled ? new Resolution.Disabled() : new Resolution.UnknownUser();
  }

  /// Adds the accounts behind an entry; true if a disabled one was among them. A loop ends where it
  /// closes.
  private boolean expand(
      Entry entry, String detail, int depth, Set<Address> seen, Map<Long, Target> targets) {
    switch (entry) {
      case Entry.Account account -> {
        if (account.enabled()) {
          targets.putIfAbsent(
              account.accountId(), new Target(account.accountId(), account.address(), detail));
        }
        return !account.enabled();
      }
      case Entry.Alias alias -> {
        boolean disabled = false;
        for (String spelling : alias.targets()) {
          Optional<Address> target = Address.parse(spelling).filter(seen::add);
          if (target.isPresent() && depth < MAX_DEPTH && targets.size() < MAX_TARGETS) {
            Optional<Entry> next = store.entry(target.get());
            disabled |= next.isPresent() && expand(next.get(), detail, depth + 1, seen, targets);
          }
        }
        return disabled;
      }
    }
  }
}
