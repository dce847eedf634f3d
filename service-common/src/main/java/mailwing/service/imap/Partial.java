package mailwing.service.imap;

/// The part of a section's octets that is asked for (RFC 9051 §6.4.5, RFC 5092 §6).
///
/// @param length at most; more than there is: to the end
public record Partial(long offset, long length) {}
