package mailwing.smtp.dmarc;

import java.net.IDN;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import mailwing.smtp.data.AuthorAddresses;
import mailwing.smtp.data.HeaderScan;

/// The domain of From (RFC 5322 §3.4, RFC 9989 §5.3.1).
public final class AuthorDomain {
  private AuthorDomain() {}

  /// Of a message; empty unless it has one From with one domain.
  public static Optional<String> of(HeaderScan scan) {
    List<HeaderScan.Field> fields =
        scan.fields().stream().filter(field -> scan.isNamed(field, "from")).toList();
    return fields.size() == 1 ? of(scan.value(fields.getFirst())) : Optional.empty();
  }

  /// The domain in A-labels and lower case; empty unless there is exactly one.
  public static Optional<String> of(String from) {
    Set<String> domains = new LinkedHashSet<>();
    for (String address : AuthorAddresses.of(from)) {
      int at = address.lastIndexOf('@');
      // A mailbox without a domain counts as one more, so that nothing hides behind it.
      domains.add(at < 0 ? "" : ascii(address.substring(at + 1)));
    }
    return domains.size() == 1
        ? domains.stream().findFirst().filter(domain -> !domain.isEmpty())
        : Optional.empty();
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
}
