package mailwing.smtp.signing;

import java.time.Instant;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dkim.DkimSigner;
import mailwing.smtp.dmarc.AuthorDomain;
import mailwing.smtp.signing.SigningMetrics.Result;

/// Signs messages by the keys of their author's domain, so that DMARC finds them aligned (RFC 9989
/// §4.4).
public final class Signer {
  /// A host's name is looked up so far.
  private static final int LABELS = 5;

  private final SigningKeys keys;
  private final SigningMetrics metrics;

  public Signer(SigningKeys keys, SigningMetrics metrics) {
    this.keys = keys;
    this.metrics = metrics;
  }

  /// What signs this message; empty where the author's domain has no keys to sign by.
  /// StoreException where they cannot be had.
  public Optional<DkimSigner> of(HeaderScan scan) {
    Optional<SigningKeys.Found> found = AuthorDomain.of(scan).map(keys::of);
    if (found.isEmpty() || found.get().keys().isEmpty()) {
      boolean known = found.isPresent() && found.get().known();
      metrics.messages.get(known ? Result.NOT_IN_DNS : Result.NO_KEYS).increment();
      return Optional.empty();
    }
    return Optional.of(new DkimSigner(found.get().keys()));
  }

  /// What signs this message of a host of ours: by the nearest domain above its name, or of that
  /// name, that has keys. StoreException where they cannot be had.
  public Optional<DkimSigner> ofHost(HeaderScan scan) {
    String domain = AuthorDomain.of(scan).orElse("");
    for (int i = 0; i < LABELS && domain.contains("."); i++) {
      SigningKeys.Found found = keys.of(domain);
      if (!found.keys().isEmpty()) {
        return Optional.of(new DkimSigner(found.keys()));
      }
      domain = domain.substring(domain.indexOf('.') + 1);
    }
    metrics.messages.get(Result.NO_KEYS).increment();
    return Optional.empty();
  }

  /// The fields to put before a header section; none where it is not sound.
  ///
  /// @param octets what `scan` is of
  /// @param limit where they end
  public String fields(DkimSigner signer, byte[] octets, HeaderScan scan, int limit) {
    Optional<String> fields = signer.fields(octets, scan, limit, Instant.now());
    metrics.messages.get(fields.isPresent() ? Result.SIGNED : Result.UNSOUND).increment();
    return fields.orElse("");
  }
}
