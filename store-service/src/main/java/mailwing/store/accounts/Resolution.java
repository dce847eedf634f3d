package mailwing.store.accounts;

import java.util.List;

/// What an address leads to.
public sealed interface Resolution {
  /// Accounts of ours, each once, in the order of the alias; at least one, and at least one
  /// enabled.
  record Local(List<Target> targets) implements Resolution {
    public Local {
      targets = List.copyOf(targets);
    }
  }

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
}
