package mailwing.store.grpc;

import java.util.Arrays;
import java.util.Optional;

/// What a session token or an API key allows, by the name it has in the contract.
public enum Scope {
  DIRECTORY("directory"),
  DELIVER("deliver"),
  MAIL_READ("mail:read"),
  MAIL_WRITE("mail:write");

  private final String text;

  Scope(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  public static Optional<Scope> of(String text) {
    return Arrays.stream(values()).filter(s -> s.text.equals(text)).findFirst();
  }
}
