package mailwing.smtp.arc;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.dkim.DkimResult;
import mailwing.smtp.dkim.DkimVerdict;
import mailwing.smtp.dkim.DkimVerifier;
import mailwing.smtp.dkim.SealedFields;
import mailwing.smtp.dns.Dns;
import org.jspecify.annotations.Nullable;

/// Verifies a message's chain (RFC 8617 §5.2). Whatever cannot be verified now has failed for good.
public final class ArcVerifier {
  /// All questions to the DNS together.
  private static final Duration TIME = Duration.ofSeconds(20);

  private static final Pattern DMARC_PASS =
      Pattern.compile("dmarc\\s*=\\s*pass\\b", Pattern.CASE_INSENSITIVE);

  private final Dns dns;
  private final byte[] octets;
  private final HeaderScan scan;
  private final ArcSets sets;
  private final long giveUp = System.nanoTime() + TIME.toNanos();

  private ArcVerifier(Dns dns, byte[] octets, HeaderScan scan) {
    this.dns = dns;
    this.octets = octets;
    this.scan = scan;
    this.sets = ArcSets.of(octets, scan);
  }

  /// Verifies; the body is read only where there is a chain.
  ///
  /// @param octets what `scan` is of
  public static ArcChain verify(
      Dns dns, byte[] octets, HeaderScan scan, DkimVerifier.Body body, Instant now)
      throws IOException {
    return new ArcVerifier(dns, octets, scan).chain(body, now);
  }

  private ArcChain chain(DkimVerifier.Body body, Instant now) throws IOException {
    if (sets.isEmpty()) {
      return ArcChain.NONE;
    }
    int newest = sets.newest();
    ArcSeal last = seal(newest);
    if (last != null && last.chain().equals("fail")) {
      return ArcChain.failed(newest, true);
    }
    List<ArcSeal> seals = seals(newest);
    if (seals.isEmpty()) {
      return ArcChain.failed(newest, false);
    }
    int oldest = oldestThatHolds(newest, body, now);
    if (oldest > newest || !seal(seals)) {
      return ArcChain.failed(newest, false);
    }
    List<ArcChain.Link> links = new ArrayList<>();
    for (int i = 1; i <= newest; i++) {
      links.add(new ArcChain.Link(seals.get(i - 1).domain(), dmarcPassed(i)));
    }
    return new ArcChain(ArcResult.PASS, newest, oldest == 1 ? 0 : oldest, links, false);
  }

  private boolean dmarcPassed(int instance) {
    HeaderScan.Field results = Objects.requireNonNull(sets.set(instance).orElseThrow().results);
    for (String one : ArcSets.text(octets, results).split(";", -1)) {
      if (DMARC_PASS.matcher(one.strip()).lookingAt()) {
        return true;
      }
    }
    return false;
  }

  private @Nullable ArcSeal seal(int instance) {
    return sets.set(instance)
        .map(set -> set.seal)
        .map(field -> ArcSeal.read(ArcSets.text(octets, field)))
        .orElse(null);
  }

  /// The seals from the first on; none where the chain is not whole, or one says other than what it
  /// must.
  private List<ArcSeal> seals(int newest) {
    List<ArcSeal> seals = new ArrayList<>();
    for (int i = 1; sets.isWhole() && i <= newest; i++) {
      ArcSeal seal = seal(i);
      if (seal == null || !seal.chain().equals(i == 1 ? "none" : "pass")) {
        return List.of();
      }
      seals.add(seal);
    }
    return seals;
  }

  /// The lowest instance from which on all message signatures hold; beyond the newest where not
  /// even that one does. Those are asked about that a message's signatures would be.
  private int oldestThatHolds(int newest, DkimVerifier.Body body, Instant now) throws IOException {
    List<HeaderScan.Field> fields = new ArrayList<>();
    for (int i = newest; i > 0 && fields.size() < DkimVerifier.SIGNATURES; i--) {
      fields.add(Objects.requireNonNull(sets.set(i).orElseThrow().signature));
    }
    List<DkimVerdict> verdicts = DkimVerifier.verifyChained(dns, octets, scan, fields, body, now);
    int oldest = newest + 1;
    for (DkimVerdict verdict : verdicts) {
      if (verdict.result() != DkimResult.PASS) {
        break;
      }
      oldest--;
    }
    return oldest;
  }

  /// Does each seal hold, from the newest on?
  private boolean seal(List<ArcSeal> seals) {
    List<HeaderScan.Field> fields = new ArrayList<>();
    for (int i = 1; i <= seals.size(); i++) {
      ArcSets.Set set = sets.set(i).orElseThrow();
      fields.add(Objects.requireNonNull(set.results));
      fields.add(Objects.requireNonNull(set.signature));
      fields.add(Objects.requireNonNull(set.seal));
    }
    SealedFields sealed = new SealedFields(octets, fields);
    for (int i = seals.size(); i > 0; i--) {
      ArcSeal seal = seals.get(i - 1);
      if (System.nanoTime() - giveUp > 0
          || !sealed.holds(
              dns, 3 * i, seal.algorithm(), seal.domain(), seal.selector(), seal.signature())) {
        return false;
      }
    }
    return true;
  }
}
