package mailwing.store.grpc;

import java.util.Arrays;
import java.util.Optional;

/// What a session token or an API key allows, by the name it has in the contract.
public enum Scope {
  DIRECTORY("directory", 1),
  DELIVER("deliver", 2),
  MAIL_READ("mail:read", 4),
  MAIL_WRITE("mail:write", 8);

  private final String text;
  private final int bit;

  Scope(String text, int bit) {
    this.text = text;
    this.bit = bit;
  }

  public String text() {
    return text;
  }

  /// Its place in a session token: never changes.
  int bit() {
    return bit;
  }

  public static Optional<Scope> of(String text) {
    return Arrays.stream(values()).filter(s -> s.text.equals(text)).findFirst();
  }
}
