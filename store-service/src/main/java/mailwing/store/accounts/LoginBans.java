package mailwing.store.accounts;

import java.net.InetAddress;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.persistence.LoginBanRows;
import mailwing.store.persistence.LoginBanRows.BanRow;
import mailwing.store.v1.ClientInfo;
import mailwing.store.v1.ErrorCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps those out who guess passwords: an address whose logins fail too often may not log in for a
/// while, whatever gateway it comes to.
///
/// Each store counts what fails at it; bans are in the database, and each store learns of the
/// others' every few seconds. A client that repeats one wrong password, as one does after a change
/// of password, counts once. Trusted networks are never banned.
public final class LoginBans {
  private static final Logger LOG = LoggerFactory.getLogger(LoginBans.class);
  private static final int MOST_COUNTED = 100_000;
  private static final int PREFIX6 = 8;

  private record Count(int failures, int lastTry, Instant until) {}

  private final LoginBanRows rows;
  private final StoreConfig.Bans config;
  private final Map<String, Count> counts = new ConcurrentHashMap<>();
  private volatile Map<String, Instant> banned = Map.of();

  public LoginBans(LoginBanRows rows, StoreConfig.Bans config) {
    this.rows = rows;
    this.config = config;
  }

  /// TRY_LATER for a client that is banned.
  public void admit(ClientInfo client) {
    if (banned.isEmpty() || client.getTrusted()) {
      return;
    }
    Instant until = banned.get(group(client.getAddress()));
    if (until != null && until.isAfter(Instant.now())) {
      throw new StoreException(ErrorCode.TRY_LATER, "too many failed logins from this address");
    }
  }

  /// A login has failed.
  ///
  /// @param tried stands for what was tried, so that the same again does not count; 0: unknown
  public void failed(ClientInfo client, int tried) {
    if (config.failures() == 0 || client.getTrusted() || client.getAddress().isEmpty()) {
      return;
    }
    String address = group(client.getAddress());
    if (counts.size() >= MOST_COUNTED) {
      forgetOld();
    }
    Count count = counts.compute(address, (key, before) -> counted(before, tried, Instant.now()));
    if (count.failures >= config.failures()) {
      counts.remove(address);
      rows.ban(address, count.failures, config.time());
      LOG.warn("event=login-banned address={} failures={}", address, count.failures);
      refresh();
    }
  }

  private Count counted(@org.jspecify.annotations.Nullable Count before, int tried, Instant now) {
    if (before == null || before.until.isBefore(now)) {
      return new Count(1, tried, now.plus(config.window()));
    }
    return tried != 0 && before.lastTry == tried
        ? before
        : new Count(before.failures + 1, tried, before.until);
  }

  private void forgetOld() {
    Instant now = Instant.now();
    counts.values().removeIf(count -> count.until.isBefore(now));
    if (counts.size() >= MOST_COUNTED) {
      counts.clear();
    }
  }

  /// Reads the bans that all stores have made. To be run every few seconds.
  public void refresh() {
    Map<String, Instant> found = new HashMap<>();
    rows.bans().forEach(ban -> found.put(ban.address(), ban.until()));
    banned = Map.copyOf(found);
  }

  /// The bans that hold.
  public List<BanRow> bans() {
    return rows.bans();
  }

  /// False where there is none.
  public boolean lift(String address) {
    String group = group(address);
    boolean lifted = rows.lift(group) || rows.lift(address);
    counts.remove(group);
    refresh();
    return lifted;
  }

  /// How many bans this store knows of.
  public int size() {
    return banned.size();
  }

  /// An IPv4 address, or an IPv6 /64 by its first address.
  static String group(String address) {
    try {
      int scope = address.indexOf('%');
      byte[] octets =
          InetAddress.ofLiteral(scope < 0 ? address : address.substring(0, scope)).getAddress();
      if (octets.length > 4) {
        Arrays.fill(octets, PREFIX6, octets.length, (byte) 0);
      }
      return InetAddress.getByAddress(octets).getHostAddress();
    } catch (IllegalArgumentException | java.net.UnknownHostException e) {
      return address;
    }
  }
}
