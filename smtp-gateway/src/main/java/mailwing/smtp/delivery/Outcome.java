package mailwing.smtp.delivery;

import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// What became of a message. For each recipient, in order: nothing if it is stored durably, else
/// why it is not.
public record Outcome(List<Optional<Refusal>> recipients) {
  public Outcome {
    recipients = List.copyOf(recipients);
  }

  static Outcome refused(Refusal refusal, int recipients) {
    return new Outcome(Collections.nCopies(recipients, Optional.of(refusal)));
  }

  /// Is it stored for at least one? Then SMTP's one reply says 250 (RFC 5321 §6.1).
  public boolean isStored() {
    return recipients.stream().anyMatch(Optional::isEmpty);
  }

  /// The one refusal that stands for all where none is stored; a temporary one first, so that the
  /// client tries again.
  public Refusal refusal() {
    return recipients.stream()
        .flatMap(Optional::stream)
        .reduce((a, b) -> a.isTemporary() ? a : b)
        .orElse(Refusal.STORE_UNAVAILABLE);
  }
}
