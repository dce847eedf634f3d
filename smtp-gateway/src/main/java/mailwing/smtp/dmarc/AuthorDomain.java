package mailwing.smtp.dmarc;

import java.net.IDN;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// The domain of From (RFC 5322 §3.4, RFC 9989 §5.3.1).
public final class AuthorDomain {
  private AuthorDomain() {}

  /// The domain in A-labels and lower case; empty unless there is exactly one.
  public static Optional<String> of(String from) {
    Set<String> domains = new LinkedHashSet<>();
    StringBuilder address = new StringBuilder();
    boolean inAngle = false;
    boolean hadAngle = false;
    for (int i = 0; i < from.length(); i++) {
      char c = from.charAt(i);
      switch (c) {
        case '"' -> {
          int end = quoted(from, i);
          if (!hadAngle || inAngle) {
            address.append('q');
          }
          i = end;
        }
        case '(' -> i = comment(from, i);
        case '<' -> {
          inAngle = true;
          hadAngle = true;
          address.setLength(0);
        }
        case '>' -> inAngle = false;
        case ',', ';', ':' -> {
          if (inAngle) {
            // An old route before the address.
            address.setLength(0);
          } else {
            if (c != ':') {
              add(domains, address);
            }
            address.setLength(0);
            hadAngle = false;
          }
        }
        default -> {
          if (!hadAngle || inAngle) {
            address.append(c);
          }
        }
      }
    }
    add(domains, address);
    return domains.size() == 1
        ? domains.stream().findFirst().filter(domain -> !domain.isEmpty())
        : Optional.empty();
  }

  /// A mailbox without a domain counts as one more, so that nothing hides behind it.
  private static void add(Set<String> domains, StringBuilder address) {
    String text = address.toString().strip();
    if (!text.isEmpty()) {
      int at = text.lastIndexOf('@');
      domains.add(at < 0 ? "" : ascii(text.substring(at + 1).replaceAll("\\s", "")));
    }
  }

  /// In A-labels and lower case; empty for what is no domain name.
  public static String ascii(String domain) {
    try {
      String ascii = IDN.toASCII(domain).toLowerCase(Locale.ROOT);
      return ascii.matches("[a-z0-9_-]+(?:\\.[a-z0-9_-]+)+\\.?") && ascii.length() <= 254
          ? ascii.replaceAll("\\.$", "")
          : "";
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private static int quoted(String text, int start) {
    for (int i = start + 1; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == '"') {
        return i;
      }
    }
    return text.length();
  }

  private static int comment(String text, int start) {
    int depth = 0;
    for (int i = start; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '\\' -> i++;
        case '(' -> depth++;
        case ')' -> {
          if (--depth == 0) {
            return i;
          }
        }
        default -> {}
      }
    }
    return text.length();
  }
}
