package mailwing.gateway;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mailwing.service.ConfigException;
import mailwing.service.Key;
import mailwing.service.Settings;

/// The SASL mechanisms a gateway can offer (RFC 4422).
public enum Mechanism {
  /// RFC 4616.
  PLAIN("PLAIN", true),
  /// Never standardised, spoken by many clients.
  LOGIN("LOGIN", true),
  /// RFC 7677.
  SCRAM_SHA_256("SCRAM-SHA-256", false),
  /// RFC 7677 with channel binding; under TLS only.
  SCRAM_SHA_256_PLUS("SCRAM-SHA-256-PLUS", false),
  /// RFC 7628: an access token travels.
  OAUTHBEARER("OAUTHBEARER", true),
  /// Google's older form of it.
  XOAUTH2("XOAUTH2", true),
  /// RFC 4422 appendix A: by the certificate that the client has shown under TLS.
  EXTERNAL("EXTERNAL", false);

  /// Those that need nothing but the store's accounts.
  public static final List<Mechanism> DEFAULTS =
      List.of(PLAIN, LOGIN, SCRAM_SHA_256, SCRAM_SHA_256_PLUS);

  /// Which are offered, in the order announced.
  public static final Key<List<String>> KEY =
      Key.list(
          "auth.mechanisms",
          DEFAULTS.stream().map(Mechanism::saslName).toList(),
          "SASL mechanisms offered, in this order: PLAIN, LOGIN, SCRAM-SHA-256, SCRAM-SHA-256-PLUS;"
              + " OAUTHBEARER and XOAUTH2 where the store has oauth.issuer; EXTERNAL where it has"
              + " certificates.authorities.");

  private final String saslName;
  private final boolean plaintext;

  Mechanism(String saslName, boolean plaintext) {
    this.saslName = saslName;
    this.plaintext = plaintext;
  }

  public String saslName() {
    return saslName;
  }

  /// What the configuration offers. ConfigException.
  public static List<Mechanism> read(Settings settings) {
    return settings.get(KEY).stream()
        .map(
            name ->
                named(name)
                    .orElseThrow(
                        () ->
                            new ConfigException(
                                "key " + KEY.name() + " has '" + name + "', which is none")))
        .toList();
  }

  /// Whether the password, or what stands for it, travels.
  public boolean plaintext() {
    return plaintext;
  }

  /// Whether it may be used on this connection now.
  public boolean allowedOn(Connection connection) {
    return switch (this) {
      case SCRAM_SHA_256_PLUS -> connection.tls().isPresent();
      case EXTERNAL ->
          connection.tls().filter(tls -> !tls.clientCertificates().isEmpty()).isPresent();
      default -> connection.mayLogIn();
    };
  }

  /// By its name, in any case.
  public static Optional<Mechanism> named(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return Arrays.stream(values()).filter(known -> known.saslName.equals(upper)).findFirst();
  }
}
