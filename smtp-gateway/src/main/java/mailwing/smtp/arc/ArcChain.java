package mailwing.smtp.arc;

import java.util.List;

/// What became of a message's chain.
///
/// @param newest the greatest instance there is; 0 for none
/// @param oldestPass the oldest message signature that still holds; 0 where all do
/// @param links where the chain holds, from the first on
/// @param sealedAsFailed its last sealer has found it broken: nothing is added any more (RFC 8617
///   §5.1)
public record ArcChain(
    ArcResult result, int newest, int oldestPass, List<Link> links, boolean sealedAsFailed) {
  /// Who has sealed, and whether DMARC had passed there.
  public record Link(String domain, boolean dmarcPassed) {}

  public static final ArcChain NONE = new ArcChain(ArcResult.NONE, 0, 0, List.of(), false);

  public ArcChain {
    links = List.copyOf(links);
  }

  static ArcChain failed(int newest, boolean sealedAsFailed) {
    return new ArcChain(ArcResult.FAIL, newest, 0, List.of(), sealedAsFailed);
  }

  /// Had DMARC passed at one of these, after which only others of them had the message (RFC 8617
  /// §7.2.1)?
  public boolean isVouchedBy(List<String> sealers) {
    for (Link link : links.reversed()) {
      if (!sealers.contains(link.domain)) {
        return false;
      }
      if (link.dmarcPassed) {
        return true;
      }
    }
    return false;
  }
}
