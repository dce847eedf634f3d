package mailwing.smtp.dmarc;

import java.util.Locale;
import java.util.Optional;

/// What a domain asks for when a message fails (RFC 9989 §4.7).
public enum DmarcPolicy {
  NONE,
  QUARANTINE,
  REJECT;

  static Optional<DmarcPolicy> named(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "none" -> Optional.of(NONE);
      case "quarantine" -> Optional.of(QUARANTINE);
      case "reject" -> Optional.of(REJECT);
      default -> Optional.empty();
    };
  }

  /// The policy of a domain that only tests: one step less (RFC 9989 §4.7, `t`).
  DmarcPolicy milder() {
    return this == REJECT ? QUARANTINE : NONE;
  }

  public String keyword() {
    return name().toLowerCase(Locale.ROOT);
  }
}
