package mailwing.store.domain;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import mailwing.store.persistence.Stored;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.RecipientResult;

/// What the caller is told of each recipient once everything is stored that can be.
///
/// @param shares by account
/// @param safe something has committed, and with it what is owed
record DeliveryAnswers(
    Map<Long, DeliveryShare> shares, List<QueuedShare> queued, LocalReports reports, boolean safe) {

  /// A result for each plan, in order.
  List<RecipientResult> of(List<Plan> plans) {
    return plans.stream().map(this::result).toList();
  }

  /// A recipient has the message once any of its accounts has it, or it is queued: what the others
  /// had no room for waits.
  private RecipientResult result(Plan plan) {
    ErrorCode why = plan.refused();
    if (why != null) {
      return failed(why).build();
    }
    RecipientResult.Builder deferred = null;
    RecipientResult.Builder refused = null;
    Iterable<DeliveryShare> gotBy =
        () ->
            plan.accounts().stream()
                .flatMap(Set::stream)
                .map(shares::get)
                .filter(Objects::nonNull)
                .iterator();
    for (DeliveryShare share : gotBy) {
      long account = share.copy.accountId;
      Stored stored = share.stored;
      if (stored != null && stored.done()) {
        return RecipientResult.newBuilder()
            .setStatus(RecipientResult.Status.DELIVERED)
            .setAccountId(account)
            .setMailboxId(stored.mailboxId())
            .setUidValidity((int) stored.uidValidity())
            .setUid((int) stored.uid())
            .build();
      }
      if (safe && share.isOwed(reports)) {
        deferred =
            RecipientResult.newBuilder()
                .setStatus(RecipientResult.Status.DEFERRED)
                .setAccountId(account);
      } else if (stored != null) {
        refused = failed(stored.error()).setAccountId(account);
      }
    }
    if (deferred != null) {
      return deferred.build();
    }
    if (queued.stream().anyMatch(share -> plan.leaving().contains(share.leaving()))) {
      return RecipientResult.newBuilder().setStatus(RecipientResult.Status.QUEUED).build();
    }
    return (refused != null ? refused : failed(plan.closed())).build();
  }

  private static RecipientResult.Builder failed(ErrorCode error) {
    return RecipientResult.newBuilder().setStatus(RecipientResult.Status.FAILED).setError(error);
  }
}
