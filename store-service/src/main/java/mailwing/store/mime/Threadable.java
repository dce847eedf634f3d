package mailwing.store.mime;

import java.util.List;
import mailwing.store.v1.Envelope;
import org.jspecify.annotations.Nullable;

/// What THREAD knows of a message.
///
/// @param references as [ParsedMessage#references] has them
/// @param sentMillis the sent date or, where there is none, the internal date (RFC 5256 section
///   2.2)
/// @param internalMillis the internal date
public record Threadable(
    int uid,
    @Nullable String messageId,
    List<String> references,
    String baseSubject,
    long sentMillis,
    long internalMillis) {
  /// Whether a message's subject says that it replies or forwards (RFC 5256 section 2.1): asked
  /// only of those that start threads of the same subject.
  public static boolean repliesOrForwards(Envelope envelope) {
    return BaseSubject.of(EncodedWords.decode(envelope.getSubject())).replyOrForward();
  }
}
