package mailwing.store.persistence;

import java.util.List;

/// What a sender is to be told of mail that did not wait in the queue: it is put there finished,
/// with what is left to tell.
///
/// @param message with its header section for octets, and no recipients to try
public record NewReport(NewQueued message, List<Told> recipients) {
  public NewReport {
    recipients = List.copyOf(recipients);
  }

  /// What became of a recipient.
  ///
  /// @param kind [QueueRows#DSN_FAILED], [QueueRows#DSN_DELIVERED] or [QueueRows#DSN_EXPANDED]
  /// @param status the enhanced status code (RFC 3463)
  public record Told(NewQueued.Recipient recipient, int kind, String status, String reply) {}
}
