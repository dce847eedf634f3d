package mailwing.store.persistence;

import mailwing.store.v1.DeliveryTrace;

/// What is kept of a delivered copy so that it can be traced.
///
/// @param submitter the account that submitted it; 0: none of ours
public record Traced(DeliveryTrace told, long submitter) {
  long[] keys(long account) {
    return TraceKeys.ofDelivery(told, submitter, account);
  }
}
