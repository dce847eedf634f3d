package mailwing.smtp.arc;

import java.util.Locale;

/// Whether a message's chain holds (RFC 8617 §4.4).
public enum ArcResult {
  NONE,
  PASS,
  FAIL;

  /// As Authentication-Results and `cv=` name it.
  public String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }
}
