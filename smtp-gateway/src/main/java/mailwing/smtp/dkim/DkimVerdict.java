package mailwing.smtp.dkim;

/// What one signature says, and whether it holds. Texts are empty where the signature cannot be
/// read.
///
/// @param reason why it does not hold; empty where it does
/// @param domain `d=`, an A-label form
/// @param selector `s=`
/// @param algorithm `a=`
/// @param start the first characters of `b=`, which tell signatures of one domain apart (RFC 6008)
public record DkimVerdict(
    DkimResult result,
    String reason,
    String domain,
    String selector,
    String algorithm,
    String start) {}
