package mailwing.smtp.authentication;

import java.time.Duration;

/// What is done with what is found.
///
/// @param enforce what a domain's DMARC policy asks for is done, rather than only told
/// @param rejectSpfFailures what SPF fails is refused, whatever DKIM and DMARC say
/// @param spfTime how long one evaluation of SPF may take (RFC 7208 §4.6.4: at least 20 s)
public record SenderPolicy(boolean enforce, boolean rejectSpfFailures, Duration spfTime) {}
