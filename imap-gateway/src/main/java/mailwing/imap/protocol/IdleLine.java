package mailwing.imap.protocol;

/// A client's line during IDLE (RFC 2177).
public enum IdleLine {
  DONE,
  /// Anything else: BAD, and IDLE is over.
  INVALID,
  END_OF_INPUT
}
