package mailwing.imap.command;

import java.util.Locale;

/// Items of STATUS (RFC 9051 §6.3.11 and extensions).
public enum StatusItem {
  MESSAGES,
  /// RFC 3501 §6.3.10.
  RECENT,
  UIDNEXT,
  UIDVALIDITY,
  UNSEEN,
  DELETED,
  /// RFC 8438.
  SIZE,
  /// RFC 7162 §3.1.7.
  HIGHESTMODSEQ,
  /// RFC 7889 §3.
  APPENDLIMIT,
  /// RFC 8474 §4.3.
  MAILBOXID,
  /// RFC 9208 §4.1.4.
  DELETED_STORAGE;

  /// As it stands on the wire.
  public String wire() {
    return name().replace('_', '-').toUpperCase(Locale.ROOT);
  }
}
