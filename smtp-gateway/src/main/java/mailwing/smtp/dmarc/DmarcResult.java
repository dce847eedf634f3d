package mailwing.smtp.dmarc;

import java.util.Locale;

/// Whether a message meets its author's domain's policy (RFC 7489 §11.2).
public enum DmarcResult {
  /// There is no policy.
  NONE,
  PASS,
  FAIL,
  TEMPERROR,
  /// There is no one author's domain.
  PERMERROR;

  /// As Authentication-Results names it.
  public String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }
}
