package mailwing.service;

/// A configuration that cannot be used. The message is one line for the operator: what is wrong,
/// where, what is allowed.
public final class ConfigException extends RuntimeException {
  public ConfigException(String message) {
    super(message);
  }
}
