package mailwing.smtp.signing;

import java.util.Optional;
import mailwing.gateway.StoreException;
import mailwing.smtp.arc.ArcSealer;
import mailwing.smtp.dkim.SigningKey.Kind;
import mailwing.smtp.dmarc.AuthorDomain;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Seals what comes from elsewhere and goes on to elsewhere, by the domain that it came to (RFC
/// 8617).
public final class Sealer {
  private static final Logger LOG = LoggerFactory.getLogger(Sealer.class);

  private final SigningKeys keys;

  public Sealer(SigningKeys keys) {
    this.keys = keys;
  }

  /// What seals one message; empty where the domain has no RSA key that the DNS shows, or keys are
  /// not to be had now: the message goes on all the same.
  public Optional<ArcSealer> of(String domain) {
    try {
      return keys.of(AuthorDomain.ascii(domain)).keys().stream()
          .filter(key -> key.kind() == Kind.RSA)
          .findFirst()
          .map(ArcSealer::new);
    } catch (StoreException e) {
      LOG.warn("event=keys-not-to-be-had domain={} reason=\"{}\"", domain, e.getMessage());
      return Optional.empty();
    }
  }
}
