package mailwing.store.domain;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import mailwing.store.persistence.AccountMail;
import org.jspecify.annotations.Nullable;

/// Is there room for a message? Asked at RCPT; the commit asks again.
///
/// Where there is so much that it cannot well be gone at once, it is not asked again for a moment.
public final class DeliveryRoom {
  private static final int MOST_ASKED = 64;
  private static final int MOST_ACCOUNTS = 4096;

  private static final long WIDE_OCTETS = 256L << 20;
  private static final long WIDE_MESSAGES = 10_000;
  private static final long MOMENT_NANOS = 2_000_000_000L;
  private static final int MOST_KNOWN = 100_000;

  private final MailStore store;

  /// Accounts with much room, and until when that is believed.
  private final ConcurrentHashMap<Long, Long> wide = new ConcurrentHashMap<>();

  /// What is asked at the same time is one statement.
  private final Coalescer<Boolean, List<Long>, Map<Long, AccountMail.Quota>> quotas;

  public enum Answer {
    ROOM,
    /// Not now.
    FULL,
    /// Larger than the account may ever hold, or the store takes.
    NEVER
  }

  public DeliveryRoom(MailStore store) {
    this.store = store;
    this.quotas =
        new Coalescer<>(MOST_ASKED, MOST_ACCOUNTS, List::size, (all, asked) -> quotas(asked));
  }

  private List<Map<Long, AccountMail.Quota>> quotas(List<List<Long>> asked) {
    List<Long> accounts = asked.stream().flatMap(List::stream).distinct().toList();
    Map<Long, AccountMail.Quota> found =
        store.sql().repeatable(connection -> AccountMail.quotas(connection, accounts));
    return Collections.nCopies(asked.size(), found);
  }

  /// The best answer of the accounts that an address leads to; of none of ours there is room.
  /// `size` 0: unknown.
  public Answer of(List<Long> accounts, long size) {
    if (size > store.limits().messageOctets()) {
      return Answer.NEVER;
    }
    if (accounts.isEmpty()) {
      return Answer.ROOM;
    }
    long now = System.nanoTime();
    if (accounts.stream().anyMatch(account -> isWide(account, now))) {
      return Answer.ROOM;
    }
    Map<Long, AccountMail.Quota> found = quotas.submit(true, accounts);
    found.forEach((account, quota) -> learn(account, quota, now));
    Answer best = Answer.NEVER;
    for (long account : accounts) {
      Answer one = of(found.get(account), size);
      if (one.compareTo(best) < 0) {
        best = one;
      }
    }
    return best;
  }

  private boolean isWide(long account, long now) {
    Long until = wide.get(account);
    return until != null && until - now > 0;
  }

  private void learn(long account, AccountMail.Quota quota, long now) {
    AccountMail.Limits limits = quota.limits();
    if ((limits.octets() == 0 || limits.octets() - quota.octets() >= WIDE_OCTETS)
        && (limits.messages() == 0 || limits.messages() - quota.messages() >= WIDE_MESSAGES)) {
      if (wide.size() >= MOST_KNOWN) {
        wide.clear();
      }
      wide.put(account, now + MOMENT_NANOS);
    }
  }

  /// @param quota null: the account has no mail, and takes none
  private static Answer of(AccountMail.@Nullable Quota quota, long size) {
    if (quota == null) {
      return Answer.FULL;
    }
    AccountMail.Limits limits = quota.limits();
    if (limits.octets() > 0 && size > limits.octets()) {
      return Answer.NEVER;
    }
    boolean full =
        (limits.octets() > 0 && quota.octets() + Math.max(size, 1) > limits.octets())
            || (limits.messages() > 0 && quota.messages() >= limits.messages());
    return full ? Answer.FULL : Answer.ROOM;
  }
}
