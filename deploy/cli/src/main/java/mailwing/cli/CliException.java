package mailwing.cli;

/// A command that could not be done; the message is one line that says what to do.
public final class CliException extends RuntimeException {
  /// With the line.
  public CliException(String message) {
    super(message);
  }
}
