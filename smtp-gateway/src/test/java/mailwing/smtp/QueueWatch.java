package mailwing.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import mailwing.store.v1.ChangeQueueRequest;
import mailwing.store.v1.ListQueueRequest;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueuedMessage;
import mailwing.store.v1.QueuedRecipient;
import mailwing.testkit.TestStore;
import org.awaitility.Awaitility;

/// What a store's queue has of messages that a test submitted.
record QueueWatch(TestStore store) {
  private static QueueFilter only(String id) {
    return QueueFilter.newBuilder().setQueueId(id).build();
  }

  /// A message with the attempts at it, finished or not.
  QueuedMessage message(String id) {
    return store
        .queue()
        .listQueue(
            ListQueueRequest.newBuilder()
                .setFilter(only(id))
                .setFinished(true)
                .setWithAttempts(true)
                .build())
        .next();
  }

  private QueuedRecipient recipient(String id) {
    return message(id).getRecipients(0);
  }

  /// Has it tried at once.
  void flush(String id) {
    assertThat(
            store
                .queue()
                .changeQueue(
                    ChangeQueueRequest.newBuilder()
                        .setChange(ChangeQueueRequest.Change.FLUSH)
                        .setFilter(only(id))
                        .build())
                .getChanged())
        .isPositive();
  }

  /// Its first recipient, when it is in this state after so many attempts at least.
  QueuedRecipient await(String id, QueuedRecipient.State state, int attempts) {
    return Awaitility.await("state " + state)
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> recipient(id),
            recipient -> recipient.getState() == state && recipient.getAttempts() >= attempts);
  }

  /// Its first recipient, when it was tried.
  QueuedRecipient tried(String id) {
    return Awaitility.await("an attempt")
        .atMost(Duration.ofSeconds(30))
        .until(() -> recipient(id), recipient -> recipient.getAttempts() > 0);
  }
}
