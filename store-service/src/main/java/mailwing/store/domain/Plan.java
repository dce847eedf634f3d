package mailwing.store.domain;

import java.util.List;
import java.util.Set;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// What one recipient of the envelope leads to.
///
/// @param accounts of ours, and those of each group
/// @param gates through which something of it goes
/// @param refused why it is not taken at all
record Plan(
    List<Set<Long>> accounts,
    List<Leaving> leaving,
    List<Gate> gates,
    @Nullable ErrorCode refused) {
  static Plan refused(ErrorCode why) {
    return new Plan(List.of(), List.of(), List.of(), why);
  }

  static Plan queued(Leaving leaving) {
    return new Plan(List.of(), List.of(leaving), List.of(), null);
  }

  boolean hasAccounts() {
    return accounts.stream().anyMatch(some -> !some.isEmpty());
  }

  /// Is there nothing that goes through?
  boolean isClosed() {
    return refused == null
        && !gates.isEmpty()
        && gates.stream().allMatch(gate -> gate.closed != null);
  }

  /// Why a recipient of which nothing went through is refused.
  ErrorCode closed() {
    for (Gate gate : gates) {
      ErrorCode why = gate.closed;
      if (why != null) {
        return why;
      }
    }
    return ErrorCode.ACCOUNT_NOT_FOUND;
  }
}
