package mailwing.store.accounts;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import mailwing.store.Address;
import mailwing.store.StoreConfig;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.DomainRules;
import mailwing.store.persistence.Entry;
import mailwing.store.persistence.ForwardRows;
import mailwing.store.persistence.GroupRow;
import mailwing.store.persistence.GroupRows;

/// What addresses mean: domains, accounts, aliases, groups, rewritten reverse-paths.
///
/// Answers are remembered for a short time, so that a delivery costs no statement of its own. What
/// this store changes it forgets at once; what another one changes is seen when the time is over.
/// That an address is unknown is remembered for a second at most.
public final class Directory {
  static final int MAX_TARGETS = 1000;

  /// Accounts and addresses elsewhere that one group leads to.
  public static final int MAX_MEMBERS = 10_000;

  private static final int MAX_REMEMBERED = 50_000;

  /// Of all answers together: details make any number of addresses of one alias.
  private static final int MAX_REMEMBERED_TARGETS = 500_000;

  private static final Duration UNKNOWN_LIFE = Duration.ofSeconds(1);

  private record Remembered(Resolution resolution, long generation, long until) {
    int targets() {
      return resolution instanceof Resolution.Local local
          ? local.targets().size() + local.outside().size()
          : 0;
    }
  }

  private final DirectoryStore store;
  private final DomainRules domains;
  private final ForwardRows forwards;
  private final GroupRows groups;
  private final Lookup lookup;
  private final Srs srs;
  private final StoreConfig.Addresses config;
  private final Map<String, Remembered> remembered = new ConcurrentHashMap<>();
  private final AtomicLong rememberedTargets = new AtomicLong();
  private final AtomicLong generation = new AtomicLong();

  public Directory(
      DirectoryStore store,
      DomainRules domains,
      ForwardRows forwards,
      GroupRows groups,
      Srs srs,
      StoreConfig.Addresses config) {
    this.store = store;
    this.domains = domains;
    this.forwards = forwards;
    this.groups = groups;
    this.lookup = new Lookup(store, domains, config);
    this.srs = srs;
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

  /// To be called after a change of domains, accounts, aliases or groups has been committed.
  public void forget() {
    generation.incrementAndGet();
    remembered.clear();
    rememberedTargets.set(0);
  }

  /// Who gets what is posted to a group: members of groups in it too, each once.
  public Resolution.Local members(GroupRow group) {
    Expansion expansion = expansion(MAX_MEMBERS, /* intoGroups= */ true);
    expansion.members(group);
    return expansion.result();
  }

  /// Is the address the account's own, with or without a detail?
  boolean isAccount(Address address, long accountId) {
    return lookup.find(address) instanceof Lookup.Found.Here here
        && here.entry() instanceof Entry.Account account
        && account.accountId() == accountId;
  }

  /// Is it a domain of ours, or an alias of one?
  public boolean isOurs(String domain) {
    return lookup.isOurs(domain);
  }

  /// The domain whose addresses the name's are: itself, where it is no alias.
  String canonicalDomain(String domain) {
    return domains.target(domain).orElse(domain);
  }

  private Expansion expansion(int most, boolean intoGroups) {
    return new Expansion(lookup, store, forwards, groups, most, intoGroups);
  }

  private Duration life(Resolution found) {
    boolean unknown =
        found instanceof Resolution.UnknownUser || found instanceof Resolution.NotLocal;
    return unknown && config.cacheLife().compareTo(UNKNOWN_LIFE) > 0
        ? UNKNOWN_LIFE
        : config.cacheLife();
  }

  private void remember(String address, Remembered answer, long now) {
    if (isFull()) {
      remembered.values().removeIf(r -> r.until - now <= 0);
      rememberedTargets.set(remembered.values().stream().mapToInt(Remembered::targets).sum());
      if (isFull()) {
        remembered.clear();
        rememberedTargets.set(0);
      }
    }
    remembered.put(address, answer);
    rememberedTargets.addAndGet(answer.targets());
  }

  private boolean isFull() {
    return remembered.size() >= MAX_REMEMBERED || rememberedTargets.get() >= MAX_REMEMBERED_TARGETS;
  }

  private Resolution lookUp(String text) {
    if (text.equalsIgnoreCase(Lookup.POSTMASTER)) {
      return answer(lookup.postmaster(""));
    }
    Optional<Address> parsed = Address.parse(text);
    if (parsed.isEmpty()) {
      return unparsed(text);
    }
    Address address = parsed.get();
    if (Srs.isRewritten(address.localPart())) {
      Optional<Resolution> bounce = bounce(address);
      if (bounce.isPresent()) {
        return bounce.get();
      }
    }
    return answer(lookup.find(address));
  }

  /// What it is as a reverse-path that we have rewritten.
  private Optional<Resolution> bounce(Address address) {
    String domain = canonicalDomain(address.domain());
    long number = store.domainId(domain);
    if (number == 0 || store.entry(address.withDomain(domain)).isPresent()) {
      return Optional.empty();
    }
    return srs.reverse(address)
        .map(
            returned ->
                switch (returned) {
                  case Srs.Returned.To(String sender) -> returned(-number, sender);
                  case Srs.Returned.Refused() -> new Resolution.BadBounce();
                });
  }

  private Resolution returned(long holder, String sender) {
    boolean ours =
        Address.canonicalDomain(sender.substring(sender.lastIndexOf('@') + 1))
            .filter(lookup::isOurs)
            .isPresent();
    // Shorter than what it was made of: this ends.
    return ours ? lookUp(sender) : new Resolution.Bounce(holder, sender);
  }

  private Resolution unparsed(String text) {
    int at = text.lastIndexOf('@');
    boolean ours =
        at >= 0
            && Address.canonicalDomain(text.substring(at + 1)).filter(lookup::isOurs).isPresent();
    return ours ? new Resolution.UnknownUser() : new Resolution.NotLocal();
  }

  private Resolution answer(Lookup.Found found) {
    if (found instanceof Lookup.Found.Elsewhere) {
      return new Resolution.NotLocal();
    }
    Expansion expansion = expansion(MAX_TARGETS, /* intoGroups= */ false);
    expansion.follow(found, 0);
    if (!expansion.isEmpty()) {
      return expansion.result();
    }
    return expansion.metDisabled() ? new Resolution.Disabled() : new Resolution.UnknownUser();
  }
}
