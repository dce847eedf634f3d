package mailwing.testkit;

/// A transcript that is itself wrong.
final class TranscriptException extends RuntimeException {
  TranscriptException(String message) {
    super(message);
  }
}
