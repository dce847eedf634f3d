package mailwing.smtp.dkim;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.data.MessageSink;

/// Signs one message by one or more keys (RFC 6376 §5), relaxed/relaxed and over the whole body.
/// First it is given the body, in any split and only once, then the header section.
public final class DkimSigner implements MessageSink {
  private final List<SigningKey> keys;
  private final BodyHash body = BodyHash.relaxed();

  /// @param keys each makes a signature, in this order
  public DkimSigner(List<SigningKey> keys) {
    this.keys = List.copyOf(keys);
  }

  @Override
  public void write(byte[] octets, int offset, int length) {
    body.write(octets, offset, length);
  }

  /// The DKIM-Signature fields to put before the header section, which is signed as it is; empty
  /// where it is not sound enough for others to read it alike. The body is over.
  ///
  /// @param octets what `scan` is of
  /// @param limit where they end
  public Optional<String> fields(byte[] octets, HeaderScan scan, int limit, Instant now) {
    Optional<List<String>> names = SignedFields.of(scan);
    if (names.isEmpty() || !SignatureField.isSound(octets, scan, limit)) {
      return Optional.empty();
    }
    byte[] hash = body.finish();
    StringBuilder out = new StringBuilder();
    for (SigningKey key : keys) {
      out.append(
          SignatureField.signed("DKIM-Signature: v=1", key, hash, names.get(), octets, scan, now));
    }
    return Optional.of(out.toString());
  }
}
