package mailwing.store.persistence;

import java.util.List;

/// What stands behind one address.
public sealed interface Entry {
  /// Where an account's mail goes.
  enum Forwarding {
    /// Into its own mailboxes.
    NONE,
    /// There, and on.
    COPY,
    /// On alone.
    AWAY;

    /// From its number in the table of accounts.
    static Forwarding of(long number) {
      return number == 1 ? COPY : number == 2 ? AWAY : NONE;
    }
  }

  record Account(long accountId, String address, boolean enabled, Forwarding forwarding)
      implements Entry {}

  /// An alias.
  record Alias(List<Target> targets) implements Entry {
    public Alias {
      targets = List.copyOf(targets);
    }
  }

  record Group(long groupId) implements Entry {}

  /// One of an alias.
  ///
  /// @param outside it was no address of ours when it was named
  record Target(String spelling, boolean outside) {}
}
