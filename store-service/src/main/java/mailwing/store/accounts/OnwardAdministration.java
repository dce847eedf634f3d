package mailwing.store.accounts;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.persistence.AliasRows;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.ForwardRows;
import mailwing.store.persistence.GroupRow;
import mailwing.store.persistence.GroupRow.Posters;
import mailwing.store.persistence.GroupRows;
import mailwing.store.persistence.GroupRows.Described;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Changing which addresses send their mail on, and to whom: aliases, groups, forwarding.
///
/// An address elsewhere is CANNOT while no mail may leave the house.
public final class OnwardAdministration {
  private static final int MAX_FORWARDS = 20;
  private static final int MAX_NAMED = 1000;
  private static final int MAX_TITLE = 100;

  private final DirectoryStore store;
  private final AliasRows aliases;
  private final ForwardRows forwards;
  private final GroupRows groups;
  private final Directory directory;
  private final boolean leaves;

  /// @param leaves mail may leave the house
  public OnwardAdministration(
      DirectoryStore store,
      AliasRows aliases,
      ForwardRows forwards,
      GroupRows groups,
      Directory directory,
      boolean leaves) {
    this.store = store;
    this.aliases = aliases;
    this.forwards = forwards;
    this.groups = groups;
    this.directory = directory;
    this.leaves = leaves;
  }

  /// INVALID_ARGUMENT for too many addresses, the account's own, or one of ours that is unknown;
  /// CANNOT.
  public void setForwarding(long accountId, List<String> targets, boolean keepsCopy) {
    if (targets.size() > MAX_FORWARDS) {
      throw invalid("mail goes on to at most " + MAX_FORWARDS + " addresses");
    }
    List<String> named = new ArrayList<>();
    for (Address target : distinct(targets)) {
      mayBeNamed(target);
      if (directory.isAccount(target, accountId)) {
        throw invalid("the mail would go on to the account itself");
      }
      named.add(target.spelling());
    }
    forwards.set(accountId, named, keepsCopy);
    directory.forget();
  }

  /// INVALID_ARGUMENT without targets, with too many, or where the alias leads to itself; CANNOT.
  public AliasRows.AliasRow addAlias(String address, List<String> targets) {
    Address alias = Administration.newAddress(address);
    List<Address> parsed = distinct(targets);
    if (parsed.isEmpty() || parsed.size() > Directory.MAX_TARGETS) {
      throw invalid("an alias has 1 to 1000 targets");
    }
    List<AliasRows.NewTarget> named = new ArrayList<>();
    for (Address target : parsed) {
      if (isSame(target, alias)) {
        throw invalid("the alias leads to itself");
      }
      named.add(new AliasRows.NewTarget(target, isOutside(target)));
    }
    aliases.addAlias(alias, named);
    directory.forget();
    return new AliasRows.AliasRow(
        new AliasRows.Key(alias.domain(), alias.localPart()),
        alias.spelling(),
        parsed.stream().map(Address::spelling).toList());
  }

  /// ALIAS_NOT_FOUND.
  public void removeAlias(String address) {
    boolean removed = Address.parse(address).map(aliases::removeAlias).orElse(false);
    if (!removed) {
      throw new StoreException(ErrorCode.ALIAS_NOT_FOUND, "no alias has this address");
    }
    directory.forget();
  }

  /// ALREADY_EXISTS, DOMAIN_NOT_FOUND, INVALID_ARGUMENT.
  ///
  /// @param owner empty: postmaster
  public Described addGroup(
      String address, String title, Posters posters, List<String> named, String owner) {
    Address group = Administration.newAddress(address);
    List<Address> posting = named(named);
    GroupRow made = groups.add(group, title(title), posters, owner(owner, group));
    groups.setNamed(made.groupId(), posting);
    directory.forget();
    return groups.describe(made);
  }

  /// GROUP_NOT_FOUND, INVALID_ARGUMENT.
  ///
  /// @param title null stays, as do posters and owner
  public Described updateGroup(
      String address,
      @Nullable String title,
      @Nullable Posters posters,
      @Nullable String owner,
      List<String> namedMore,
      List<String> namedLess) {
    GroupRow group = group(address);
    List<String> named = new ArrayList<>(groups.describe(group).named());
    List<Address> less = named(namedLess);
    named.removeIf(
        one ->
            Address.parse(one).filter(a -> less.stream().anyMatch(b -> isSame(a, b))).isPresent());
    named.addAll(namedMore);
    List<Address> posting = named(named);
    GroupRow changed =
        new GroupRow(
            group.groupId(),
            group.address(),
            group.domainId(),
            title == null ? group.title() : title(title),
            posters == null ? group.posters() : posters,
            owner == null ? group.owner() : owner(owner, group.address()));
    groups.set(changed);
    groups.setNamed(group.groupId(), posting);
    directory.forget();
    return groups.describe(changed);
  }

  /// GROUP_NOT_FOUND.
  public void removeGroup(String address) {
    groups.remove(group(address).groupId());
    directory.forget();
  }

  /// GROUP_NOT_FOUND.
  public GroupRow group(String address) {
    return Address.parse(address)
        .flatMap(groups::group)
        .orElseThrow(
            () -> new StoreException(ErrorCode.GROUP_NOT_FOUND, "no group has this address"));
  }

  /// Adds and removes members, all or none; how many came or went. INVALID_ARGUMENT for the group
  /// itself, or an address of ours that is unknown; CANNOT; LIMIT.
  public long changeMembers(String address, List<String> added, List<String> removed) {
    GroupRow group = group(address);
    if (added.size() > Directory.MAX_MEMBERS || removed.size() > Directory.MAX_MEMBERS) {
      throw new StoreException(
          ErrorCode.LIMIT, "a group has at most " + Directory.MAX_MEMBERS + " members");
    }
    List<GroupRows.NewMember> more = new ArrayList<>();
    for (Address member : distinct(added)) {
      if (isSame(member, group.address())) {
        throw invalid("a group is no member of itself");
      }
      boolean outside = mayBeNamed(member);
      Address kept =
          outside ? member : member.withDomain(directory.canonicalDomain(member.domain()));
      more.add(new GroupRows.NewMember(kept, outside || store.entry(kept).isEmpty()));
    }
    long changed = groups.change(group.groupId(), more, distinct(removed), Directory.MAX_MEMBERS);
    directory.forget();
    return changed;
  }

  /// Whether it is elsewhere. INVALID_ARGUMENT, CANNOT.
  private boolean mayBeNamed(Address address) {
    boolean outside = isOutside(address);
    Resolution found = outside ? new Resolution.NotLocal() : directory.resolve(address.spelling());
    if (found instanceof Resolution.UnknownUser) {
      throw invalid(address + " is no user, alias or group here");
    }
    return outside;
  }

  private boolean isOutside(Address address) {
    if (directory.isOurs(address.domain())) {
      return false;
    }
    if (!leaves) {
      throw new StoreException(
          ErrorCode.CANNOT,
          address + " is elsewhere, and no mail leaves here: set outbound.enabled");
    }
    return true;
  }

  private static List<Address> distinct(List<String> texts) {
    List<Address> parsed = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String text : texts) {
      Address address =
          Address.parse(text).orElseThrow(() -> invalid("\"" + text + "\" is no address"));
      if (seen.add(address.localPart() + "@" + address.domain())) {
        parsed.add(address);
      }
    }
    return parsed;
  }

  private static List<Address> named(List<String> texts) {
    List<Address> named = distinct(texts);
    if (named.size() > MAX_NAMED) {
      throw new StoreException(ErrorCode.LIMIT, "at most " + MAX_NAMED + " are named");
    }
    return named;
  }

  private static String title(String title) {
    if (title.codePointCount(0, title.length()) > MAX_TITLE
        || title.chars().anyMatch(Character::isISOControl)) {
      throw invalid("a title is one line of at most " + MAX_TITLE + " characters");
    }
    return title;
  }

  private String owner(String owner, Address group) {
    if (owner.isEmpty()) {
      return "";
    }
    Address parsed = Address.parse(owner).orElseThrow(() -> invalid("the owner is no address"));
    if (isSame(parsed, group)) {
      throw invalid("a group does not own itself");
    }
    mayBeNamed(parsed);
    return parsed.spelling();
  }

  private static boolean isSame(Address one, Address other) {
    return one.domain().equals(other.domain()) && one.localPart().equals(other.localPart());
  }

  private static StoreException invalid(String why) {
    return new StoreException(ErrorCode.INVALID_ARGUMENT, why);
  }
}
