package mailwing.store.persistence;

import java.util.List;

/// What stands behind one address.
public sealed interface Entry {
  record Account(long accountId, String address, boolean enabled) implements Entry {}

  /// An alias.
  ///
  /// @param targets as they were spelt
  record Alias(List<String> targets) implements Entry {
    public Alias {
      targets = List.copyOf(targets);
    }
  }
}
