package mailwing.store.domain;

import java.util.List;
import mailwing.store.StoreException;
import mailwing.store.persistence.Stored;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// What one account gets of a delivery, and what became of it.
final class DeliveryShare {
  final IncomingMessage.Copy copy;
  final String recipient;
  final boolean answered;
  final List<DeliveryRecipient> recipients;
  final boolean later;
  final @Nullable Gate gate;
  volatile @Nullable Stored stored;
  volatile @Nullable StoreException failure;

  DeliveryShare(long account, Distribution.Arriving arriving) {
    this.recipient = arriving.recipient();
    this.copy = new IncomingMessage.Copy(account, arriving.prefix());
    this.answered = arriving.answered();
    this.recipients = arriving.told();
    this.later = arriving.later();
    this.gate = arriving.gate();
  }

  boolean committed() {
    Stored done = stored;
    return done != null && done.done();
  }

  /// Not stored, and the client is not told so once another share is: it has to come later, or the
  /// sender to be told.
  boolean isOwed(LocalReports reports) {
    Stored done = stored;
    return done == null
        || (!answered
            && (done.error() == ErrorCode.OVER_QUOTA
                || (done.error() == ErrorCode.ACCOUNT_NOT_FOUND && reports.areSent())));
  }
}
