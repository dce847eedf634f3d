package mailwing.smtp.dkim;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.data.MessageSink;

/// Makes the two signatures of a set of an Authenticated Received Chain (RFC 8617 §4.1.2, §4.1.3).
public final class ChainSigner implements MessageSink {
  private static final String SIGNATURE = "DKIM-Signature";

  private final SigningKey key;
  private final BodyHash body = BodyHash.relaxed();

  public ChainSigner(SigningKey key) {
    this.key = key;
  }

  @Override
  public void write(byte[] octets, int offset, int length) {
    body.write(octets, offset, length);
  }

  /// ARC-Message-Signature with its CRLF; empty where the section is not sound. The body is over.
  public Optional<String> signature(
      byte[] octets, HeaderScan scan, int limit, int instance, Instant now) {
    Optional<List<String>> fields = SignedFields.of(scan);
    if (fields.isEmpty() || !SignatureField.isSound(octets, scan, limit)) {
      return Optional.empty();
    }
    List<String> names = new ArrayList<>(fields.get());
    int signatures = Math.min(scan.count("dkim-signature"), DkimVerifier.SIGNATURES);
    for (int i = 0; i < signatures; i++) {
      names.add(SIGNATURE);
    }
    return Optional.of(
        SignatureField.signed(
            "ARC-Message-Signature: i=" + instance, key, body.finish(), names, octets, scan, now));
  }

  /// ARC-Seal with its CRLF, over the sets before it and the new one's first two fields.
  public String seal(
      SealedFields before, List<String> added, String instance, String chain, Instant now) {
    String field =
        "ARC-Seal: "
            + instance
            + "; a="
            + key.kind().algorithm()
            + "; cv="
            + chain
            + ";\r\n\t"
            + SignatureField.signer(key, now)
            + "\r\n\tb=";
    return field + SignatureField.folded(key.sign(before.with(added).toSign(field))) + "\r\n";
  }
}
