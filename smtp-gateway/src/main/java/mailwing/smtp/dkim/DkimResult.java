package mailwing.smtp.dkim;

import java.util.Locale;

/// What became of one signature (RFC 8601 §2.7.1).
public enum DkimResult {
  PASS,
  /// It does not fit the message, or its time is over.
  FAIL,
  /// Algorithm or key are too weak to be looked at (RFC 8301).
  POLICY,
  /// The key cannot be had now.
  TEMPERROR,
  /// The signature or the key is malformed, or there is no key.
  PERMERROR;

  /// As Authentication-Results names it.
  public String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }
}
