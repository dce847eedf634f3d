package mailwing.smtp.spf;

/// Ends an evaluation with `temperror` or `permerror`.
final class SpfErrorException extends Exception {
  private final SpfResult result;

  private SpfErrorException(SpfResult result, String message) {
    super(message, null, false, false);
    this.result = result;
  }

  static SpfErrorException permanent(String why) {
    return new SpfErrorException(SpfResult.PERMERROR, why);
  }

  static SpfErrorException temporary(String why) {
    return new SpfErrorException(SpfResult.TEMPERROR, why);
  }

  SpfResult result() {
    return result;
  }
}
