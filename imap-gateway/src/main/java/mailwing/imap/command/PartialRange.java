package mailwing.imap.command;

/// A range of results (RFC 9394 §3.1): both positive, counted from the first, or both negative,
/// from the last; `|first| <= |last|`.
public record PartialRange(long first, long last) {}
