package mailwing.store.domain;

import java.util.List;
import java.util.Optional;
import mailwing.store.persistence.AccountMail;

/// Is there room for a message? Asked at RCPT; the commit asks again.
public final class DeliveryRoom {
  private final MailStore store;

  public enum Answer {
    ROOM,
    /// Not now.
    FULL,
    /// Larger than the account may ever hold, or the store takes.
    NEVER
  }

  public DeliveryRoom(MailStore store) {
    this.store = store;
  }

  /// The best answer of the accounts that an address leads to. `size` 0: unknown.
  public Answer of(List<Long> accounts, long size) {
    if (size > store.limits().messageOctets()) {
      return Answer.NEVER;
    }
    Answer best = Answer.NEVER;
    for (long account : accounts) {
      Answer one = of(account, size);
      if (one.compareTo(best) < 0) {
        best = one;
      }
    }
    return best;
  }

  private Answer of(long account, long size) {
    Optional<AccountMail.Quota> quota =
        store.sql().repeatable(connection -> AccountMail.quota(connection, account));
    if (quota.isEmpty()) {
      return Answer.FULL;
    }
    AccountMail.Limits limits = quota.get().limits();
    if (limits.octets() > 0 && size > limits.octets()) {
      return Answer.NEVER;
    }
    boolean full =
        (limits.octets() > 0 && quota.get().octets() + Math.max(size, 1) > limits.octets())
            || (limits.messages() > 0 && quota.get().messages() >= limits.messages());
    return full ? Answer.FULL : Answer.ROOM;
  }
}
