package mailwing.quickstart;

/// The system cannot start; the message is one line that says what to do.
final class StartException extends RuntimeException {
  StartException(String message) {
    super(message);
  }
}
