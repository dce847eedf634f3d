package mailwing.store.accounts;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import mailwing.store.Address;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.GroupRow;
import mailwing.store.persistence.GroupRows;

/// How mail goes on from addresses of ours: to whom of a group, from whom, and how much of it.
public final class Forwarding {
  private static final long HOUR_MILLIS = 3_600_000;
  private static final int MOST_COUNTED = 200_000;

  private final Directory directory;
  private final GroupRows groups;
  private final DirectoryStore store;
  private final Srs srs;
  private final int perHour;
  private final Map<String, Integer> counts = new HashMap<>();
  private long hour;

  /// Who a message is from, as far as its envelope and its session tell.
  ///
  /// @param reversePath unquoted; empty for the null reverse-path
  /// @param authenticatedAs the address of the account that has logged in; empty for none
  /// @param trusted what the session says is taken as it is: a relay of ours
  public record Poster(String reversePath, String authenticatedAs, boolean trusted) {}

  /// @param perHour messages an hour that one account, alias or group sends on; 0: any number. Each
  ///   store counts its own.
  public Forwarding(
      Directory directory, GroupRows groups, DirectoryStore store, Srs srs, int perHour) {
    this.directory = directory;
    this.groups = groups;
    this.store = store;
    this.srs = srs;
    this.perHour = perHour;
  }

  /// Who gets what is posted to a group.
  public Resolution.Local members(GroupRow group) {
    return directory.members(group);
  }

  /// The reverse-path under which a message leaves: one of ours, so that SPF (RFC 7208) does not
  /// fail it. The null reverse-path stays null (RFC 5321 §4.5.5).
  ///
  /// @param reversePath unquoted
  /// @param domain ours, of the address that forwards
  public String reversePath(String reversePath, String domain) {
    int at = reversePath.lastIndexOf('@');
    if (at < 1
        || Address.canonicalDomain(reversePath.substring(at + 1))
            .filter(directory::isOurs)
            .isPresent()) {
      return reversePath;
    }
    return srs.rewrite(reversePath, Address.asciiDomain(domain).orElse(domain));
  }

  /// May the poster write to the group? Nobody may who cannot be answered.
  public boolean mayPost(GroupRow group, Poster poster) {
    Optional<Address> sender = Address.parse(poster.reversePath());
    if (poster.reversePath().isEmpty()) {
      return false;
    }
    if (group.posters() == GroupRow.Posters.ANYONE) {
      return true;
    }
    Optional<Address> account = Address.parse(poster.authenticatedAs());
    if (account.isPresent() && isPoster(group, account.get())) {
      return true;
    }
    // Anybody can write an address of ours into MAIL: it counts for who has logged in.
    return sender.isPresent()
        && (poster.trusted() || account.isPresent() || !directory.isOurs(sender.get().domain()))
        && isPoster(
            group, sender.get().withDomain(directory.canonicalDomain(sender.get().domain())));
  }

  private boolean isPoster(GroupRow group, Address address) {
    if (Address.parse(group.owner()).filter(owner -> isSame(owner, address)).isPresent()) {
      return true;
    }
    return switch (group.posters()) {
      case ANYONE -> true;
      case MEMBERS -> groups.isMember(group.groupId(), address, Expansion.MAX_DEPTH);
      case DOMAIN ->
          address.domain().equals(group.address().domain()) && store.account(address).isPresent();
      case NAMED -> groups.isNamed(group.groupId(), address);
    };
  }

  private static boolean isSame(Address one, Address other) {
    return one.domain().equals(other.domain()) && one.localPart().equals(other.localPart());
  }

  /// Has so much been sent on for it within this hour that more has to wait?
  public synchronized boolean isOver(String who) {
    return perHour > 0 && hour == now() && counts.getOrDefault(who, 0) >= perHour;
  }

  /// A message is sent on for it.
  public synchronized void count(String who) {
    if (hour != now() || (counts.size() >= MOST_COUNTED && !counts.containsKey(who))) {
      counts.clear();
      hour = now();
    }
    counts.merge(who, 1, Integer::sum);
  }

  private static long now() {
    return System.currentTimeMillis() / HOUR_MILLIS;
  }
}
