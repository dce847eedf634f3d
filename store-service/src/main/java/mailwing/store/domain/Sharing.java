package mailwing.store.domain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.store.StoreException;
import mailwing.store.accounts.Administration;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.MailboxRows;
import mailwing.store.persistence.Shares;
import mailwing.store.v1.AclEntry;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Right;
import mailwing.store.v1.SetAclRequest;

/// Mailboxes of other accounts: under which names one sees them, and who may do what (RFC 4314).
public final class Sharing {
  /// What others' mailboxes are below, by address (RFC 2342).
  private static final String OTHERS = "Other Users";

  /// And those of accounts that belong to nobody.
  private static final String SHARED = "Shared";

  private static final String ANYONE = "anyone";

  private static final int NAMEABLE =
      Right.RIGHT_LOOKUP_VALUE
          | Right.RIGHT_READ_VALUE
          | Right.RIGHT_INSERT_VALUE
          | Right.RIGHT_CREATE_VALUE
          | Right.RIGHT_DELETE_MAILBOX_VALUE
          | Right.RIGHT_ADMINISTER_VALUE;

  private final MailStore store;
  private final Shares shares;
  private final Administration administration;

  public Sharing(MailStore store, Administration administration) {
    this.store = store;
    this.shares = new Shares(store.sql());
    this.administration = administration;
  }

  /// Names that no account can give to mailboxes of its own.
  public static boolean isReserved(String name) {
    return within(OTHERS, name) || within(SHARED, name);
  }

  private static boolean within(String namespace, String name) {
    return name.equals(namespace) || name.startsWith(namespace + "/");
  }

  /// An account that shares, or may.
  ///
  /// @param prefix what others put before the names of its mailboxes
  /// @param shared it belongs to nobody
  public record Sharer(long accountId, String address, String prefix, boolean shared) {}

  private static Sharer sharer(AccountRow account) {
    return new Sharer(
        account.accountId(),
        account.address(),
        namespace(account) + "/" + account.address() + "/",
        account.shared());
  }

  private static String namespace(AccountRow account) {
    return account.shared() ? SHARED : OTHERS;
  }

  /// A name of another's mailbox: whose, and how the owner calls it.
  ///
  /// @param name as the owner sees it
  public record Named(Sharer sharer, String name) {}

  /// Reads a name that [#isReserved]. A local part may hold a `/`; behind the `@` one ends the
  /// address. MAILBOX_NOT_FOUND.
  public Named named(String given) {
    String namespace = within(OTHERS, given) ? OTHERS : SHARED;
    int address = namespace.length() + 1;
    int at = given.indexOf('@', address);
    int end = at < 0 ? -1 : given.indexOf('/', at);
    if (end < 0) {
      throw notFound();
    }
    try {
      AccountRow owner = administration.user(given.substring(address, end));
      if (!namespace(owner).equals(namespace)) {
        throw notFound();
      }
      return new Named(sharer(owner), MailboxName.lookup(given.substring(end + 1)));
    } catch (StoreException e) {
      if (e.code() == ErrorCode.ACCOUNT_NOT_FOUND) {
        throw notFound();
      }
      throw e;
    }
  }

  /// Another's mailbox, with whatever rights the holder has there. MAILBOX_NOT_FOUND.
  public Place place(long owner, long mailboxId, String name, String prefix, long holder) {
    Shares.Found found =
        shares
            .find(owner, mailboxId, MailboxName.lookup(name), holder)
            .orElseThrow(Sharing::notFound);
    return new Place(found.access(), found.mailboxId(), found.name(), prefix);
  }

  /// As [#place], or the nearest superior that there is.
  public Place placeAbove(long owner, String name, String prefix, long holder) {
    List<String> superiors = MailboxName.superiors(MailboxName.of(name));
    for (int i = superiors.size() - 1; i >= 0; i--) {
      Optional<Shares.Found> found = shares.find(owner, 0, superiors.get(i), holder);
      if (found.isPresent()) {
        return new Place(found.get().access(), 0, MailboxName.of(name), prefix);
      }
    }
    throw notFound();
  }

  /// The accounts of which the holder may see something, by address.
  public List<Sharer> sharers(long holder) {
    List<Sharer> sharers = new ArrayList<>();
    for (long owner : shares.owners(holder)) {
      if (!shares.listed(owner, holder).isEmpty()) {
        account(owner).ifPresent(row -> sharers.add(sharer(row)));
      }
    }
    sharers.sort(Comparator.comparing(Sharer::address));
    return sharers;
  }

  /// What the holder may see of an owner's mailboxes, by name.
  public List<MailboxRows.Listed> listed(long owner, long holder) {
    return shares.listed(owner, holder);
  }

  /// Whether the holder may read anything of the owner's.
  public boolean reads(long owner, long holder) {
    return shares.listed(owner, holder).stream()
        .anyMatch(listed -> (listed.status().getRights() & Right.RIGHT_READ_VALUE) != 0);
  }

  private Optional<AccountRow> account(long id) {
    try {
      return Optional.of(administration.account(id));
    } catch (StoreException e) {
      if (e.code() == ErrorCode.ACCOUNT_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  public String address(long account) {
    return administration.account(account).address();
  }

  /// The caller's own rights; refused to one who has none that would let it know of the mailbox.
  public int rights(Place place) {
    if (!place.access().mayAny(NAMEABLE)) {
      throw place.access().refusal();
    }
    return existing(place).access().rights();
  }

  /// Who may do what, the owner first.
  public List<AclEntry> acl(Place place) {
    Place found = existing(place);
    List<AclEntry> entries = new ArrayList<>();
    entries.add(entry(address(found.account()), Access.ALL));
    entries.addAll(granted(found.account(), found.mailboxId()));
    return entries;
  }

  private static AclEntry entry(String identifier, int rights) {
    return AclEntry.newBuilder().setIdentifier(identifier).setRights(rights).build();
  }

  /// What others than the owner may do with the mailboxes of an account, as an administrator is
  /// told.
  ///
  /// @param name of the one mailbox that is asked about; empty: all. MAILBOX_NOT_FOUND
  public Map<String, List<AclEntry>> shares(AccountRow owner, String name) {
    Map<String, List<AclEntry>> shares = new LinkedHashMap<>();
    if (name.isEmpty()) {
      for (Shares.MailboxName mailbox : this.shares.shared(owner.accountId())) {
        shares.put(mailbox.name(), granted(owner.accountId(), mailbox.mailboxId()));
      }
    } else {
      Place place = ownersPlace(owner, name);
      shares.put(place.name(), granted(owner.accountId(), place.mailboxId()));
    }
    return shares;
  }

  /// A mailbox as its owner sees it. MAILBOX_NOT_FOUND.
  public Place ownersPlace(AccountRow owner, String name) {
    return place(owner.accountId(), 0, name, "", owner.accountId());
  }

  private List<AclEntry> granted(long owner, long mailboxId) {
    List<AclEntry> entries = new ArrayList<>();
    for (Shares.Grant grant : shares.grants(owner, mailboxId)) {
      Shares.Identifier who = grant.identifier();
      Optional<String> name =
          who.grantee() == Shares.ANYONE
              ? Optional.of(ANYONE)
              : account(who.grantee()).map(AccountRow::address);
      // One whose account is gone has no rights.
      name.ifPresent(n -> entries.add(entry((who.negative() ? "-" : "") + n, grant.rights())));
    }
    return entries;
  }

  /// Changes an identifier's rights. ACCOUNT_NOT_FOUND, CANNOT, LIMIT.
  public void setAcl(Place place, SetAclRequest request) {
    if ((request.getRights() & ~Access.ALL) != 0) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such right");
    }
    Place found = existing(place);
    Shares.Identifier identifier = identifier(request.getIdentifier());
    if (identifier.grantee() == found.account()) {
      boolean asItIs =
          !identifier.negative()
              && (request.getChange() == SetAclRequest.Change.ADD
                  || request.getRights() == Access.ALL);
      if (asItIs) {
        return;
      }
      throw new StoreException(ErrorCode.CANNOT, "the owner has all rights");
    }
    shares.set(
        found.account(), found.mailboxId(), identifier, request.getChange(), request.getRights());
    store.changed();
  }

  private Shares.Identifier identifier(String given) {
    boolean negative = given.startsWith("-");
    String name = negative ? given.substring(1) : given;
    long grantee = name.equals(ANYONE) ? Shares.ANYONE : administration.user(name).accountId();
    return new Shares.Identifier(grantee, negative);
  }

  /// With its id; own ones were not looked for before.
  private Place existing(Place place) {
    return place.mailboxId() != 0
        ? place
        : place(place.account(), 0, place.name(), place.prefix(), place.access().holder());
  }

  private static StoreException notFound() {
    return new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox");
  }
}
