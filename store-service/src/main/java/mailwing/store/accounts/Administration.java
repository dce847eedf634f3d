package mailwing.store.accounts;

import java.util.List;
import java.util.Optional;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountMail;
import mailwing.store.persistence.AccountMail.Limits;
import mailwing.store.persistence.AccountMail.Quota;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.DomainRules;
import mailwing.store.persistence.Verifiers;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Changing the directory: checks what is asked for, changes it, and has the memories forget.
public final class Administration {
  private static final int REMOVE_ROWS = 1000;

  private final DirectoryStore store;
  private final DomainRules domains;
  private final Directory directory;
  private final Passwords passwords;
  private final ApiKeys apiKeys;

  public Administration(
      DirectoryStore store,
      DomainRules domains,
      Directory directory,
      Passwords passwords,
      ApiKeys apiKeys) {
    this.store = store;
    this.domains = domains;
    this.directory = directory;
    this.passwords = passwords;
    this.apiKeys = apiKeys;
  }

  /// The name as it is kept. INVALID_ARGUMENT, ALREADY_EXISTS.
  public String addDomain(String name) {
    String canonical = domain(name);
    if (!canonical.contains(".") && !canonical.equals("localhost")) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a domain has a dot");
    }
    if (domains.target(canonical).isPresent() || !store.addDomain(canonical)) {
      throw new StoreException(ErrorCode.ALREADY_EXISTS, "the domain is there already");
    }
    directory.forget();
    return canonical;
  }

  /// See [DomainRules#change].
  ///
  /// @param catchAll null: stays; empty: none
  public DomainRules.DomainRow updateDomain(
      String name, List<String> added, List<String> removed, @Nullable String catchAll) {
    Optional<Address> to =
        catchAll == null || catchAll.isEmpty()
            ? Optional.empty()
            : Optional.of(
                Address.parse(catchAll)
                    .orElseThrow(
                        () ->
                            new StoreException(
                                ErrorCode.INVALID_ARGUMENT, "the catch-all is no address")));
    String canonical = domain(name);
    domains.change(
        canonical,
        added.stream().map(Administration::domain).toList(),
        removed.stream().map(Administration::domain).toList(),
        catchAll != null,
        to);
    directory.forget();
    return domains.domain(canonical);
  }

  public void removeDomain(String name) {
    store.removeDomain(domain(name));
    directory.forget();
  }

  /// An empty password makes an account that cannot log in with one.
  public long addUser(String address, byte[] password, Limits limits) {
    return add(
        address,
        password.length == 0 ? null : passwords.verifiersOf(password),
        limits,
        /* shared= */ false);
  }

  /// An account that belongs to nobody: nobody can log in, and its mailboxes are for whom they are
  /// shared with.
  public long addSharedAccount(String address, Limits limits) {
    return add(address, null, limits, /* shared= */ true);
  }

  private long add(String address, @Nullable Verifiers verifiers, Limits limits, boolean shared) {
    Address parsed = newAddress(address);
    long made = store.addAccount(parsed, verifiers, checked(limits), shared);
    directory.forget();
    return made;
  }

  /// ACCOUNT_NOT_FOUND.
  public AccountRow user(String address) {
    return Address.parse(address)
        .flatMap(store::account)
        .orElseThrow(
            () -> new StoreException(ErrorCode.ACCOUNT_NOT_FOUND, "no user has this address"));
  }

  /// ACCOUNT_NOT_FOUND; CANNOT for an account that belongs to nobody.
  public void setPassword(String address, byte[] password) {
    AccountRow account = user(address);
    if (account.shared()) {
      throw new StoreException(ErrorCode.CANNOT, "nobody logs in to a shared account");
    }
    store.setPassword(account.accountId(), passwords.verifiersOf(password));
  }

  public void setEnabled(AccountRow account, boolean enabled) {
    store.setEnabled(account.accountId(), enabled);
    directory.forget();
    apiKeys.forget();
  }

  /// An account by its id. ACCOUNT_NOT_FOUND.
  public AccountRow account(long accountId) {
    return store
        .account(accountId)
        .orElseThrow(() -> new StoreException(ErrorCode.ACCOUNT_NOT_FOUND, "no such account"));
  }

  public void setAdministrator(AccountRow account, boolean administrator) {
    store.setAdministrator(account.accountId(), administrator);
  }

  /// Sends logins to another site, and sessions here to their end; mail is still taken here.
  /// INVALID_ARGUMENT.
  ///
  /// @param site host or host:port; empty: the account lives here
  public void setHomeSite(AccountRow account, String site) {
    String kept =
        site.isEmpty()
            ? ""
            : Sites.canonical(site)
                .orElseThrow(
                    () ->
                        new StoreException(
                            ErrorCode.INVALID_ARGUMENT, "a site is host or host:port"));
    store.setHomeSite(account.accountId(), kept);
  }

  public Quota quota(AccountRow account) {
    return store.quota(account.accountId());
  }

  public void setLimits(AccountRow account, Limits limits) {
    store.setLimits(account.accountId(), checked(limits));
  }

  /// The account is gone for everyone when this returns; its mail goes by [#removeMail].
  public void removeUser(String address) {
    store.markRemoved(user(address).accountId());
    directory.forget();
    apiKeys.forget();
  }

  /// Removes what removed accounts have left, in small transactions. To be run now and then.
  public void removeMail() {
    for (long accountId : store.removedAccounts(100)) {
      AccountMail.Removal removal;
      do {
        removal = store.removeSomeMail(accountId, REMOVE_ROWS);
      } while (removal == AccountMail.Removal.SOME && !Thread.currentThread().isInterrupted());
      if (removal == AccountMail.Removal.DONE) {
        store.forgetAccount(accountId);
      }
    }
  }

  /// The form in which a domain is kept; empty stays empty. INVALID_ARGUMENT.
  public String domainOrAll(String name) {
    return name.isEmpty() ? "" : domain(name);
  }

  private static String domain(String name) {
    return Address.canonicalDomain(name)
        .orElseThrow(() -> new StoreException(ErrorCode.INVALID_ARGUMENT, "not a domain name"));
  }

  static Address newAddress(String address) {
    return Address.parseNew(address)
        .orElseThrow(
            () ->
                new StoreException(
                    ErrorCode.INVALID_ARGUMENT, "not an address that a user can have"));
  }

  private static Limits checked(Limits limits) {
    if (limits.octets() < 0 || limits.messages() < 0 || limits.mailboxes() < 0) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a limit is not negative");
    }
    return limits;
  }
}
