package mailwing.smtp.delivery;

import java.util.Optional;
import mailwing.smtp.arc.ArcChain;

/// What is to be done with a message, and what is to be told of it.
///
/// @param field Authentication-Results with its CRLF
/// @param refusal why the message is not taken, where a policy asks for that
/// @param junk the policy asks for quarantine
/// @param doubtful a check has failed: whom the reverse-path names is told nothing of the message
/// @param chain what became of the chain of who has forwarded it
public record SenderVerdict(
    String field, Optional<Refusal> refusal, boolean junk, boolean doubtful, ArcChain chain) {
  private static final String NAME = "Authentication-Results:";

  /// What the field holds.
  String results() {
    return field.substring(NAME.length()).strip();
  }
}
