package mailwing.smtp.arc;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.data.MessageSink;
import mailwing.smtp.dkim.ChainSigner;
import mailwing.smtp.dkim.SealedFields;
import mailwing.smtp.dkim.SigningKey;

/// Seals one message that goes on to elsewhere (RFC 8617 §5.1): first it is given the body, in any
/// split and only once, then the header section as it will go out.
public final class ArcSealer implements MessageSink {
  private final ChainSigner signer;

  /// @param key RSA, which is all that validators know for sure
  public ArcSealer(SigningKey key) {
    this.signer = new ChainSigner(key);
  }

  @Override
  public void write(byte[] octets, int offset, int length) {
    signer.write(octets, offset, length);
  }

  /// The set to put before the header section, each octet as a character of its value; empty where
  /// nothing may be added to the chain, or the section is not sound. The body is over.
  ///
  /// @param octets what `scan` is of
  /// @param limit where they end
  /// @param results what we have found, as in Authentication-Results: the authserv-id and results
  /// @param chain as it was when the message came
  public Optional<String> fields(
      byte[] octets, HeaderScan scan, int limit, String results, ArcChain chain, Instant now) {
    int instance = chain.newest() + 1;
    if (chain.sealedAsFailed() || instance > ArcSets.MOST) {
      return Optional.empty();
    }
    List<HeaderScan.Field> before = new ArrayList<>();
    if (chain.result() == ArcResult.PASS) {
      ArcSets sets = ArcSets.of(octets, scan);
      if (!sets.isWhole() || sets.newest() != chain.newest()) {
        return Optional.empty();
      }
      for (int i = 1; i < instance; i++) {
        ArcSets.Set set = sets.set(i).orElseThrow();
        before.add(Objects.requireNonNull(set.results));
        before.add(Objects.requireNonNull(set.signature));
        before.add(Objects.requireNonNull(set.seal));
      }
    }
    String ours =
        new String(
            ("ARC-Authentication-Results: i=" + instance + "; " + results + "\r\n")
                .getBytes(StandardCharsets.UTF_8),
            StandardCharsets.ISO_8859_1);
    return signer
        .signature(octets, scan, limit, instance, now)
        .map(
            signature ->
                signer.seal(
                        new SealedFields(octets, before),
                        List.of(ours, signature),
                        "i=" + instance,
                        chain.result().keyword(),
                        now)
                    + signature
                    + ours);
  }
}
