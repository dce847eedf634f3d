package mailwing.store.accounts;

import java.util.List;
import mailwing.store.Address;
import mailwing.store.persistence.GroupRow;

/// What an address leads to.
public sealed interface Resolution {
  /// Accounts of ours, addresses elsewhere and groups, each once, in the order of the alias; at
  /// least one of them.
  record Local(List<Target> targets, List<Outside> outside, List<GroupRow> groups)
      implements Resolution {
    public Local {
      targets = List.copyOf(targets);
      outside = List.copyOf(outside);
      groups = List.copyOf(groups);
    }

    /// Accounts alone.
    public Local(List<Target> targets) {
      this(targets, List.of(), List.of());
    }
  }

  /// A reverse-path that we have rewritten: its bounces go to the sender.
  ///
  /// @param holder -1 times the number of the domain that forwarded
  record Bounce(long holder, String sender) implements Resolution {}

  /// It looks like a reverse-path of ours, but is forged or too old.
  record BadBounce() implements Resolution {}

  /// The domain is ours, the user is unknown.
  record UnknownUser() implements Resolution {}

  /// The domain is not ours.
  record NotLocal() implements Resolution {}

  /// Every account behind the address is disabled.
  record Disabled() implements Resolution {}

  /// One account that gets the mail.
  ///
  /// @param address the account's canonical address
  /// @param detail what follows the separator in user+detail; empty for none
  record Target(long accountId, String address, String detail) {}

  /// One address elsewhere that gets the mail.
  ///
  /// @param holder the account that forwards; below 0 the domain of an alias or a group
  /// @param through the address of ours that forwards
  record Outside(long holder, Address through, Address to) {}
}
