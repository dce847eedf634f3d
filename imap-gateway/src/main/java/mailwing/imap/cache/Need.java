package mailwing.imap.cache;

/// What of a message an answer is made from, beside flags and size, which the mailbox's table has.
public enum Need {
  INTERNAL_DATE,
  ENVELOPE,
  STRUCTURE,
  HEADER,
  /// All octets.
  BODY,
  PREVIEW,
  /// EMAILID, THREADID, SAVEDATE.
  IDS
}
