package mailwing.store.accounts;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.store.Address;
import mailwing.store.accounts.Resolution.Outside;
import mailwing.store.accounts.Resolution.Target;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.Entry;
import mailwing.store.persistence.ForwardRows;
import mailwing.store.persistence.GroupRow;
import mailwing.store.persistence.GroupRows;

/// Follows addresses to where their mail goes: through aliases and forwarding, and through groups
/// where that is asked for. Each account and each address elsewhere is found once; a loop ends
/// where it closes.
final class Expansion {
  static final int MAX_DEPTH = 8;
  private static final int PAGE = 1000;

  private final Lookup lookup;
  private final DirectoryStore store;
  private final ForwardRows forwards;
  private final GroupRows groupRows;
  private final int most;
  private final boolean intoGroups;

  /// Whether what was followed leads anywhere; false while it is being followed.
  private final Map<Object, Boolean> reached = new HashMap<>();

  private final Map<String, Boolean> elsewhere = new HashMap<>();
  private final Map<String, Long> domainIds = new HashMap<>();
  private final Map<Long, Target> targets = new LinkedHashMap<>();
  private final Map<String, Outside> outside = new LinkedHashMap<>();
  private final Map<Long, GroupRow> groups = new LinkedHashMap<>();
  private boolean disabled;

  /// On whose behalf mail goes on.
  ///
  /// @param holder the account that forwards; below 0 the domain of an alias or a group
  private record Via(long holder, Address through, String detail, int depth) {}

  /// @param most accounts and addresses elsewhere
  /// @param intoGroups a group is its members; else it is told as a group
  Expansion(
      Lookup lookup,
      DirectoryStore store,
      ForwardRows forwards,
      GroupRows groupRows,
      int most,
      boolean intoGroups) {
    this.lookup = lookup;
    this.store = store;
    this.forwards = forwards;
    this.groupRows = groupRows;
    this.most = most;
    this.intoGroups = intoGroups;
  }

  /// Adds what is behind an address; false where that is nothing.
  boolean follow(Lookup.Found found, int depth) {
    return switch (found) {
      case Lookup.Found.Here(Address at, Entry entry, String detail) ->
          entry(at, entry, detail, depth);
      case Lookup.Found.OwnerOf(Address at, long groupId) -> owner(at, groupId, depth);
      case Lookup.Found.Nobody(), Lookup.Found.Elsewhere() -> false;
    };
  }

  /// Adds the members of a group.
  void members(GroupRow group) {
    group(group.groupId(), 0);
  }

  Resolution.Local result() {
    return new Resolution.Local(
        new ArrayList<>(targets.values()),
        new ArrayList<>(outside.values()),
        new ArrayList<>(groups.values()));
  }

  boolean isEmpty() {
    return targets.isEmpty() && outside.isEmpty() && groups.isEmpty();
  }

  /// Was a disabled account among what was followed?
  boolean metDisabled() {
    return disabled;
  }

  private boolean entry(Address at, Entry entry, String detail, int depth) {
    return switch (entry) {
      case Entry.Account account -> account(account, detail, depth);
      case Entry.Alias(List<Entry.Target> named) -> alias(at, named, detail, depth);
      case Entry.Group(long groupId) -> group(groupId, depth);
    };
  }

  private boolean account(Entry.Account account, String detail, int depth) {
    if (!account.enabled()) {
      disabled = true;
      return false;
    }
    Boolean before = reached.putIfAbsent(account.accountId(), false);
    if (before != null) {
      return before;
    }
    boolean keeps = account.forwarding() != Entry.Forwarding.AWAY;
    if (account.forwarding() != Entry.Forwarding.NONE) {
      Address own = Address.parse(account.address()).orElseThrow();
      Via via = new Via(account.accountId(), own, "", depth + 1);
      boolean gone = false;
      for (String to : forwards.targets(account.accountId())) {
        gone |= Address.parse(to).map(address -> to(address, via, true)).orElse(false);
      }
      // Who forwards to nowhere keeps the mail.
      keeps |= !gone;
    }
    if (keeps) {
      targets.put(account.accountId(), new Target(account.accountId(), account.address(), detail));
    }
    reached.put(account.accountId(), true);
    return true;
  }

  private boolean alias(Address at, List<Entry.Target> named, String detail, int depth) {
    Via via = new Via(-domainId(at.domain()), at, detail, depth + 1);
    boolean any = false;
    for (Entry.Target one : named) {
      any |=
          Address.parse(one.spelling())
              .map(address -> to(address, via, one.outside()))
              .orElse(false);
    }
    return any;
  }

  private boolean owner(Address at, long groupId, int depth) {
    Optional<GroupRow> group = groupRows.group(groupId);
    Optional<Address> owner = group.map(GroupRow::owner).flatMap(Address::parse);
    if (owner.isEmpty()) {
      return group.isPresent() && follow(lookup.postmaster(""), depth + 1);
    }
    return to(owner.get(), new Via(-group.get().domainId(), at, "", depth + 1), true);
  }

  private boolean group(long groupId, int depth) {
    Object key = "group " + groupId;
    Boolean before = reached.putIfAbsent(key, false);
    if (before != null) {
      return before;
    }
    Optional<GroupRow> group = groupRows.group(groupId);
    boolean any = false;
    if (group.isPresent() && !intoGroups) {
      groups.put(groupId, group.get());
      any = true;
    } else if (group.isPresent() && depth < MAX_DEPTH) {
      any = membersOf(group.get(), depth);
    }
    reached.put(key, any);
    return any;
  }

  private boolean membersOf(GroupRow group, int depth) {
    Via via = new Via(-group.domainId(), group.address(), "", depth + 1);
    boolean any = false;
    String afterDomain = "";
    String afterLocal = "";
    List<GroupRows.Member> page;
    do {
      page = groupRows.members(group.groupId(), afterDomain, afterLocal, PAGE);
      for (GroupRows.Member member : page) {
        if (isFull()) {
          return any;
        }
        if (!member.ours()) {
          elsewhere.put(member.address().domain(), true);
        }
        Optional<Entry.Account> account = member.account();
        any |=
            account.isPresent()
                ? account(account.get(), "", depth + 1)
                : (member.known() || member.outside()) && to(member.address(), via, true);
      }
      if (!page.isEmpty()) {
        afterDomain = page.getLast().address().domain();
        afterLocal = page.getLast().address().localPart();
      }
    } while (page.size() == PAGE);
    return any;
  }

  private boolean isFull() {
    return targets.size() + outside.size() >= most;
  }

  /// @param mayLeave the address need not be ours
  private boolean to(Address address, Via via, boolean mayLeave) {
    String key = address.localPart() + "@" + address.domain();
    Boolean before = reached.putIfAbsent(key, false);
    if (before != null) {
      return before;
    }
    if (isFull() || via.depth() > MAX_DEPTH) {
      return false;
    }
    boolean any;
    Lookup.Found found =
        elsewhere.getOrDefault(address.domain(), false)
            ? new Lookup.Found.Elsewhere()
            : lookup.find(address);
    if (found instanceof Lookup.Found.Elsewhere) {
      elsewhere.put(address.domain(), true);
      any = mayLeave;
      if (any) {
        outside.put(key, new Outside(via.holder(), via.through(), address));
      }
    } else if (found instanceof Lookup.Found.Here(Address at, Entry entry, String detail)) {
      any = entry(at, entry, detail.isEmpty() ? via.detail() : detail, via.depth());
    } else {
      any = follow(found, via.depth());
    }
    reached.put(key, any);
    return any;
  }

  private long domainId(String domain) {
    return domainIds.computeIfAbsent(domain, store::domainId);
  }
}
