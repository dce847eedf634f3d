package mailwing.smtp.authentication;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import mailwing.smtp.arc.ArcChain;
import mailwing.smtp.arc.ArcVerifier;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.delivery.Refusal;
import mailwing.smtp.delivery.SenderVerdict;
import mailwing.smtp.dkim.DkimResult;
import mailwing.smtp.dkim.DkimVerdict;
import mailwing.smtp.dkim.DkimVerifier;
import mailwing.smtp.dmarc.AuthorDomain;
import mailwing.smtp.dmarc.DmarcCheck;
import mailwing.smtp.dmarc.DmarcPolicy;
import mailwing.smtp.dmarc.DmarcResult;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.protocol.Domain;
import mailwing.smtp.protocol.Mailbox;
import mailwing.smtp.protocol.ReversePath;
import mailwing.smtp.spf.SpfCheck;
import mailwing.smtp.spf.SpfRequest;
import mailwing.smtp.spf.SpfResult;

/// SPF, DKIM and DMARC for one message after the other.
public final class SenderChecks {
  /// What the session knows of the sender.
  public record Sender(InetAddress client, String helo, ReversePath from) {}

  private static final String POSTMASTER = "postmaster";

  private final Dns dns;
  private final SenderPolicy policy;
  private final String host;
  private final SenderMetrics metrics;

  /// @param host our name: the authserv-id (RFC 8601 §2.5)
  public SenderChecks(Dns dns, SenderPolicy policy, String host, SenderMetrics metrics) {
    this.dns = dns;
    this.policy = policy;
    this.host = host;
    this.metrics = metrics;
  }

  /// Checks a message; a DNS that does not answer is told, and refuses nothing (RFC 9989 §5.3.6).
  public SenderVerdict check(Sender sender, byte[] octets, HeaderScan scan, DkimVerifier.Body body)
      throws IOException {
    SpfRequest request = request(sender);
    SpfResult spf = SpfCheck.of(dns, request, policy.spfTime()).result();
    metrics.spf.get(spf).increment();
    AuthenticationResults results = new AuthenticationResults(host);
    boolean nullPath = sender.from() instanceof ReversePath.Null;
    results.spf(spf, nullPath ? "smtp.helo" : "smtp.mailfrom", request.senderDomain());
    if (spf == SpfResult.FAIL && policy.rejectSpfFailures()) {
      return new SenderVerdict("", Optional.of(Refusal.SPF), false, true, ArcChain.NONE);
    }
    List<DkimVerdict> signatures = DkimVerifier.verify(dns, octets, scan, body, Instant.now());
    for (DkimVerdict signature : signatures) {
      metrics.dkim.get(signature.result()).increment();
      results.dkim(signature);
    }
    if (signatures.isEmpty()) {
      results.unsigned();
    }
    ArcChain chain = ArcVerifier.verify(dns, octets, scan, body, Instant.now());
    metrics.arc.get(chain.result()).increment();
    results.arc(chain, sender.client());
    Optional<DmarcPolicy> failed =
        dmarc(
            scan,
            spf == SpfResult.PASS ? request.senderDomain() : "",
            signatures,
            chain.isVouchedBy(policy.sealers()),
            results);
    DmarcPolicy done = policy.enforce() ? failed.orElse(DmarcPolicy.NONE) : DmarcPolicy.NONE;
    return new SenderVerdict(
        results.field(),
        done == DmarcPolicy.REJECT ? Optional.of(Refusal.DMARC) : Optional.empty(),
        done == DmarcPolicy.QUARANTINE,
        failed.isPresent() || spf == SpfResult.FAIL || spf == SpfResult.SOFTFAIL,
        chain);
  }

  /// What the author's domain asks to be done with the message where it fails; empty: it does not.
  ///
  /// @param vouched one who is trusted has said that it did not
  private Optional<DmarcPolicy> dmarc(
      HeaderScan scan,
      String spf,
      List<DkimVerdict> signatures,
      boolean vouched,
      AuthenticationResults results) {
    Optional<String> author = AuthorDomain.of(scan);
    if (author.isEmpty()) {
      metrics.dmarc.get(DmarcResult.PERMERROR).increment();
      results.dmarc(DmarcResult.PERMERROR, DmarcPolicy.NONE, "", false);
      return Optional.empty();
    }
    DmarcCheck.Outcome outcome =
        DmarcCheck.of(
            dns,
            author.get(),
            Optional.of(AuthorDomain.ascii(spf)).filter(domain -> !domain.isEmpty()),
            signatures.stream()
                .filter(signature -> signature.result() == DkimResult.PASS)
                .map(DkimVerdict::domain)
                .toList());
    metrics.dmarc.get(outcome.result()).increment();
    boolean failed = outcome.result() == DmarcResult.FAIL;
    results.dmarc(outcome.result(), outcome.policy(), author.get(), failed && vouched);
    return failed && !vouched ? Optional.of(outcome.policy()) : Optional.empty();
  }

  /// RFC 7208 §2.4: of the null reverse-path it is the HELO name that is checked.
  private SpfRequest request(Sender sender) {
    Mailbox from =
        sender.from() instanceof ReversePath.Sender(Mailbox mailbox)
            ? mailbox
            : new Mailbox(POSTMASTER, new Domain.Name(sender.helo()));
    return new SpfRequest(
        sender.client(), from.localPart(), from.domain().toString(), sender.helo(), host);
  }
}
