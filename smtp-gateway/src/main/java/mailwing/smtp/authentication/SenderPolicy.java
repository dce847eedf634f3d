package mailwing.smtp.authentication;

import java.time.Duration;
import java.util.List;

/// What is done with what is found.
///
/// @param enforce what a domain's DMARC policy asks for is done, rather than only told
/// @param rejectSpfFailures what SPF fails is refused, whatever DKIM and DMARC say
/// @param sealers whose Authenticated Received Chains are believed (RFC 8617 §7.2.1)
/// @param spfTime how long one evaluation of SPF may take (RFC 7208 §4.6.4: at least 20 s)
public record SenderPolicy(
    boolean enforce, boolean rejectSpfFailures, List<String> sealers, Duration spfTime) {
  public SenderPolicy {
    sealers = List.copyOf(sealers);
  }
}
