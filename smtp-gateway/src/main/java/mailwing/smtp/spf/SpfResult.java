package mailwing.smtp.spf;

import java.util.Locale;

/// What SPF says of a client and a domain (RFC 7208 §2.6).
public enum SpfResult {
  NONE,
  NEUTRAL,
  PASS,
  FAIL,
  SOFTFAIL,
  TEMPERROR,
  PERMERROR;

  /// As Authentication-Results names it (RFC 8601 §2.7.2).
  public String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }
}
