package mailwing.gateway;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The SASL mechanisms a gateway can offer (RFC 4422).
public enum Mechanism {
  /// RFC 4616.
  PLAIN("PLAIN", true),
  /// Never standardised, spoken by many clients.
  LOGIN("LOGIN", true),
  /// RFC 7677.
  SCRAM_SHA_256("SCRAM-SHA-256", false),
  /// RFC 7677 with channel binding; under TLS only.
  SCRAM_SHA_256_PLUS("SCRAM-SHA-256-PLUS", false);

  private final String saslName;
  private final boolean plaintext;

  Mechanism(String saslName, boolean plaintext) {
    this.saslName = saslName;
    this.plaintext = plaintext;
  }

  public String saslName() {
    return saslName;
  }

  /// Whether the password itself travels.
  public boolean plaintext() {
    return plaintext;
  }

  /// Whether it may be used on this connection now.
  public boolean allowedOn(Connection connection) {
    return switch (this) {
      case SCRAM_SHA_256_PLUS -> connection.tls().isPresent();
      default -> connection.mayLogIn();
    };
  }

  /// By its name, in any case.
  public static Optional<Mechanism> named(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return Arrays.stream(values()).filter(known -> known.saslName.equals(upper)).findFirst();
  }
}
