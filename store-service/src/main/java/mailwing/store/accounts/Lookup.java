package mailwing.store.accounts;

import java.util.Optional;
import mailwing.store.Address;
import mailwing.store.StoreConfig;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.DomainRules;
import mailwing.store.persistence.Entry;

/// Finds what stands behind one address, without following it.
///
/// An address is looked up as it stands, then as one that a group has for its owner, then without
/// its detail (user+detail is user), then as its domain's catch-all. The addresses of an alias of a
/// domain are the domain's. Every domain of ours takes postmaster (RFC 5321 §4.5.1): where no user
/// or alias has that name, its mail goes to the configured account, else to the oldest.
final class Lookup {
  static final String POSTMASTER = "postmaster";

  /// What a group's bounces come to.
  static final String BOUNCES = "-bounces";

  /// RFC 2142 §6, and what people write to.
  private static final String[] OWNERS = {BOUNCES, "-request", "-owner"};

  private final DirectoryStore store;
  private final DomainRules domains;
  private final StoreConfig.Addresses config;

  /// What is behind an address.
  sealed interface Found {
    /// Something of ours.
    ///
    /// @param at the address under which it is
    /// @param detail as the sender spelt it
    record Here(Address at, Entry entry, String detail) implements Found {}

    /// The mail is for the owner of the group.
    record OwnerOf(Address at, long groupId) implements Found {}

    /// The domain is ours, and nobody has the address.
    record Nobody() implements Found {}

    record Elsewhere() implements Found {}
  }

  Lookup(DirectoryStore store, DomainRules domains, StoreConfig.Addresses config) {
    this.store = store;
    this.domains = domains;
    this.config = config;
  }

  Found find(Address address) {
    Optional<Entry> entry = store.entry(address);
    if (entry.isPresent()) {
      return new Found.Here(address, entry.get(), "");
    }
    if (!store.hasDomain(address.domain())) {
      // Never more than one step: an alias leads to a domain.
      Optional<String> target = domains.target(address.domain());
      return target.isPresent() ? find(address.withDomain(target.get())) : new Found.Elsewhere();
    }
    Optional<Long> owned = owned(address);
    if (owned.isPresent()) {
      return new Found.OwnerOf(address, owned.get());
    }
    int separator = separator(address.localPart());
    Address base =
        separator > 0
            ? address.withLocalPart(address.localPart().substring(0, separator))
            : address;
    if (separator > 0) {
      entry = store.entry(base);
      if (entry.isPresent()) {
        return new Found.Here(base, entry.get(), detail(address));
      }
    }
    if (base.localPart().equals(POSTMASTER)) {
      return postmaster(separator > 0 ? detail(address) : "");
    }
    return domains
        .catchAll(address.domain())
        .<Found>flatMap(to -> store.entry(to).map(all -> new Found.Here(to, all, "")))
        .orElse(new Found.Nobody());
  }

  /// The group whose owner the address is for.
  private Optional<Long> owned(Address address) {
    for (String suffix : OWNERS) {
      if (address.localPart().length() > suffix.length() && address.localPart().endsWith(suffix)) {
        String name =
            address.localPart().substring(0, address.localPart().length() - suffix.length());
        return store
            .entry(address.withLocalPart(name))
            .filter(Entry.Group.class::isInstance)
            .map(group -> ((Entry.Group) group).groupId());
      }
    }
    return Optional.empty();
  }

  /// Whoever gets the mail of postmaster.
  Found postmaster(String detail) {
    Optional<Address> configured = config.postmaster().flatMap(Address::parse);
    Optional<Entry> entry = configured.flatMap(store::entry);
    if (entry.isPresent()) {
      return new Found.Here(configured.get(), entry.get(), detail);
    }
    Optional<Entry.Account> oldest = store.oldestAccount();
    return oldest.isPresent()
        ? new Found.Here(Address.parse(oldest.get().address()).orElseThrow(), oldest.get(), detail)
        : new Found.Nobody();
  }

  /// Is it a domain of ours, or an alias of one?
  boolean isOurs(String domain) {
    return store.hasDomain(domain) || domains.target(domain).isPresent();
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
}
