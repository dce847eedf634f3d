package mailwing.smtp.session;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import mailwing.smtp.delivery.Refusal;
import mailwing.smtp.protocol.Mailbox;
import mailwing.smtp.protocol.ReversePath;

/// How many messages an address, a sender and an account may begin in an hour. Each gateway counts
/// its own; the hours are the clock's.
public final class RateLimits {
  /// Messages an hour; 0: as many as they like.
  ///
  /// @param perAddress from an IPv4 address or an IPv6 /64, at MX
  /// @param perSender from a reverse-path, at MX
  /// @param perAccount of a user, at submission
  public record Rates(int perAddress, int perSender, int perAccount) {
    /// No limits.
    public static final Rates NONE = new Rates(0, 0, 0);
  }

  private static final int MOST = 200_000;
  private static final int PREFIX6 = 8;
  private static final long HOUR_MILLIS = 3_600_000;

  private final Rates rates;
  private final Map<String, Integer> counts = new HashMap<>();
  private long hour;

  public RateLimits(Rates rates) {
    this.rates = rates;
  }

  /// A message from a stranger begins; why it may not.
  Optional<Refusal> stranger(InetAddress address, ReversePath from) {
    if (rates.perAddress > 0 && isOver("a" + group(address), rates.perAddress)) {
      return Optional.of(Refusal.ADDRESS_RATE);
    }
    return rates.perSender > 0
            && from instanceof ReversePath.Sender(Mailbox mailbox)
            && isOver("s" + mailbox.address().toLowerCase(Locale.ROOT), rates.perSender)
        ? Optional.of(Refusal.SENDER_RATE)
        : Optional.empty();
  }

  /// A message of a user begins; why it may not.
  Optional<Refusal> user(long account) {
    return rates.perAccount > 0 && isOver("u" + account, rates.perAccount)
        ? Optional.of(Refusal.ACCOUNT_RATE)
        : Optional.empty();
  }

  private synchronized boolean isOver(String key, int limit) {
    long now = System.currentTimeMillis() / HOUR_MILLIS;
    if (now != hour || (counts.size() >= MOST && !counts.containsKey(key))) {
      counts.clear();
      hour = now;
    }
    int count = counts.merge(key, 1, Integer::sum);
    return count > limit;
  }

  private static String group(InetAddress address) {
    byte[] octets = address.getAddress();
    return Arrays.toString(octets.length > 4 ? Arrays.copyOf(octets, PREFIX6) : octets);
  }
}
