package mailwing.smtp.dkim;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.data.MessageSink;
import mailwing.smtp.dkim.DkimSignature.MalformedException;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;
import org.jspecify.annotations.Nullable;

/// Verifies a message's signatures (RFC 6376 §6.1). The body is read once for all of them.
public final class DkimVerifier {
  /// The body's octets, to be had in any split.
  @FunctionalInterface
  public interface Body {
    void copyTo(MessageSink sink) throws IOException;
  }

  /// More than so many are not looked at: each costs a question to the DNS.
  public static final int SIGNATURES = 8;

  private static final int START = 8;
  private static final String NAME = "dkim-signature";

  private final Dns dns;
  private final byte[] octets;
  private final HeaderScan scan;
  private final long now;

  private DkimVerifier(Dns dns, byte[] octets, HeaderScan scan, Instant now) {
    this.dns = dns;
    this.octets = octets;
    this.scan = scan;
    this.now = now.getEpochSecond();
  }

  /// A verdict for each signature, in the header's order.
  ///
  /// @param octets what `scan` is of
  public static List<DkimVerdict> verify(
      Dns dns, byte[] octets, HeaderScan scan, Body body, Instant now) throws IOException {
    List<HeaderScan.Field> fields =
        scan.fields().stream()
            .filter(field -> scan.isNamed(field, NAME))
            .limit(SIGNATURES)
            .toList();
    return new DkimVerifier(dns, octets, scan, now).verify(fields, DkimSignature::read, body);
  }

  /// A verdict for each of these ARC-Message-Signatures (RFC 8617 §4.1.2).
  public static List<DkimVerdict> verifyChained(
      Dns dns,
      byte[] octets,
      HeaderScan scan,
      List<HeaderScan.Field> fields,
      Body body,
      Instant now)
      throws IOException {
    return new DkimVerifier(dns, octets, scan, now)
        .verify(fields, DkimSignature::readChained, body);
  }

  /// How a field's tags are read.
  @FunctionalInterface
  private interface Reader {
    DkimSignature read(TagList tags) throws MalformedException;
  }

  private List<DkimVerdict> verify(List<HeaderScan.Field> fields, Reader reader, Body body)
      throws IOException {
    List<Candidate> candidates = fields.stream().map(field -> candidate(field, reader)).toList();
    List<BodyHash> hashes = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (candidate.body != null) {
        hashes.add(candidate.body);
      }
    }
    if (!hashes.isEmpty()) {
      body.copyTo(
          (array, offset, length) -> hashes.forEach(hash -> hash.write(array, offset, length)));
    }
    return candidates.stream().map(this::verdict).toList();
  }

  /// A signature on its way; what is decided already has no body to wait for.
  private record Candidate(
      DkimVerdict verdict, @Nullable DkimSignature signature, @Nullable BodyHash body) {}

  /// All that can be said before the body is known.
  private Candidate candidate(HeaderScan.Field field, Reader reader) {
    TagList tags = TagList.parse(text(field));
    if (tags == null) {
      return decided("", tags, DkimResult.PERMERROR, "not a list of tags");
    }
    try {
      DkimSignature signature = reader.read(tags);
      boolean ed25519 = signature.algorithm().equals("ed25519-sha256");
      if (!ed25519 && !signature.algorithm().equals("rsa-sha256")) {
        return signature.algorithm().equals("rsa-sha1")
            ? decided(signature.domain(), tags, DkimResult.POLICY, "SHA-1 is not taken")
            : decided(signature.domain(), tags, DkimResult.PERMERROR, "unknown algorithm");
      }
      if (signature.expires() < now) {
        return decided(signature.domain(), tags, DkimResult.FAIL, "expired");
      }
      Optional<DkimKey> key = key(signature);
      if (key.isEmpty()) {
        return decided(signature.domain(), tags, DkimResult.PERMERROR, "no key");
      }
      if (key.get().key().isEmpty()) {
        return decided(signature.domain(), tags, DkimResult.PERMERROR, "key revoked");
      }
      if (!key.get().type().equals(ed25519 ? "ed25519" : "rsa")
          || (key.get().strict() && !signature.sameDomain())) {
        return decided(signature.domain(), tags, DkimResult.PERMERROR, "key is for another use");
      }
      if (key.get().isWeak()) {
        return decided(signature.domain(), tags, DkimResult.POLICY, "key is too short");
      }
      byte[] canonical =
          HeaderOctets.of(octets, scan, field, signature.headers(), signature.relaxedHeader());
      if (!key.get().fits(canonical, sha256().digest(canonical), signature.signatureOctets())) {
        return decided(signature.domain(), tags, DkimResult.FAIL, "signature did not verify");
      }
      return new Candidate(
          verdict(signature.domain(), tags, DkimResult.PASS, ""),
          signature,
          new BodyHash(signature.relaxedBody(), signature.length(), sha256()));
    } catch (MalformedException e) {
      return decided("", tags, DkimResult.PERMERROR, String.valueOf(e.getMessage()));
    } catch (DnsFailureException e) {
      return decided(
          tags.compact("d").orElse(""), tags, DkimResult.TEMPERROR, "key is not to be had now");
    }
  }

  private DkimVerdict verdict(Candidate candidate) {
    DkimSignature signature = candidate.signature;
    BodyHash body = candidate.body;
    if (signature == null || body == null) {
      return candidate.verdict;
    }
    try {
      boolean same = MessageDigest.isEqual(body.finish(), signature.bodyHashOctets());
      return same && body.reachesLimit()
          ? candidate.verdict
          : failed(candidate.verdict, "body hash did not verify");
    } catch (MalformedException e) {
      return failed(candidate.verdict, "body hash is not base64");
    }
  }

  private static DkimVerdict failed(DkimVerdict v, String reason) {
    return new DkimVerdict(
        DkimResult.FAIL, reason, v.domain(), v.selector(), v.algorithm(), v.start());
  }

  private static Candidate decided(
      String domain, @Nullable TagList tags, DkimResult result, String reason) {
    return new Candidate(verdict(domain, tags, result, reason), null, null);
  }

  private static DkimVerdict verdict(
      String domain, @Nullable TagList tags, DkimResult result, String reason) {
    if (tags == null) {
      return new DkimVerdict(result, reason, domain, "", "", "");
    }
    String signature = tags.compact("b").orElse("");
    return new DkimVerdict(
        result,
        reason,
        domain.isEmpty() ? tags.compact("d").orElse("") : domain,
        tags.compact("s").orElse(""),
        tags.compact("a").orElse(""),
        signature.substring(0, Math.min(START, signature.length())));
  }

  private Optional<DkimKey> key(DkimSignature signature) throws DnsFailureException {
    return DkimRecords.first(dns.texts(signature.selector() + "._domainkey." + signature.domain()));
  }

  private String text(HeaderScan.Field field) {
    return new String(
        octets, field.valueStart(), field.end() - field.valueStart(), StandardCharsets.UTF_8);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
