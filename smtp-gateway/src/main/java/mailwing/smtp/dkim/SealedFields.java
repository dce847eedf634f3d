package mailwing.smtp.dkim;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;

/// Fields one after the other in their relaxed form, of which the last is the seal (RFC 8617
/// §5.1.1).
public final class SealedFields {
  private final List<String> whole;
  private final List<String> relaxed;

  private SealedFields(List<String> whole) {
    this.whole = whole;
    this.relaxed = whole.stream().map(HeaderOctets::relaxed).toList();
  }

  /// @param fields of one header section, in the seal's order
  public SealedFields(byte[] octets, List<HeaderScan.Field> fields) {
    this(
        fields.stream()
            .map(
                field ->
                    new String(
                        octets,
                        field.start(),
                        field.end() - field.start(),
                        StandardCharsets.ISO_8859_1))
            .toList());
  }

  /// With these after them.
  SealedFields with(List<String> more) {
    List<String> all = new ArrayList<>(whole);
    all.addAll(more);
    return new SealedFields(all);
  }

  /// The octets under a seal that is being made, which has nothing after its `b=` yet.
  byte[] toSign(String seal) {
    return octets(relaxed.size(), HeaderOctets.relaxed(seal));
  }

  private byte[] octets(int count, String last) {
    StringBuilder out = new StringBuilder();
    for (String field : relaxed.subList(0, count)) {
      out.append(field).append("\r\n");
    }
    return out.append(last).toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /// Does the seal hold that is the last of the first `count` fields? One whose key is not to be
  /// had does not.
  public boolean holds(
      Dns dns, int count, String algorithm, String domain, String selector, String signature) {
    String seal = whole.get(count - 1);
    int colon = seal.indexOf(':') + 1;
    String unsigned =
        seal.substring(0, colon) + HeaderOctets.withoutSignature(seal.substring(colon));
    byte[] canonical = octets(count - 1, HeaderOctets.relaxed(unsigned));
    boolean ed25519 = algorithm.equals("ed25519-sha256");
    if (!ed25519 && !algorithm.equals("rsa-sha256")) {
      return false;
    }
    try {
      Optional<DkimKey> key =
          DkimRecords.first(dns.texts(selector + "._domainkey." + domain))
              .filter(found -> found.key().isPresent() && !found.isWeak())
              .filter(found -> found.type().equals(ed25519 ? "ed25519" : "rsa"));
      byte[] octets = Base64.getDecoder().decode(signature);
      return key.isPresent()
          && key.get()
              .fits(canonical, MessageDigest.getInstance("SHA-256").digest(canonical), octets);
    } catch (DnsFailureException | IllegalArgumentException e) {
      return false;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
