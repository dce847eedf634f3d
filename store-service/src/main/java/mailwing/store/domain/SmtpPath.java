package mailwing.store.domain;

import java.nio.charset.StandardCharsets;
import mailwing.store.Address;

/// An address as SMTP writes it (RFC 5321 §4.1.2), and as header fields of ours do.
final class SmtpPath {
  private static final String ATEXT = "!#$%&'*+-/=?^_`{|}~";

  private SmtpPath() {}

  /// The path of an address: quoted where it has to be.
  static String of(String address) {
    int at = address.lastIndexOf('@');
    if (at < 1 || isDotString(address.substring(0, at))) {
      return address;
    }
    String local = address.substring(0, at).replace("\\", "\\\\").replace("\"", "\\\"");
    return "\"" + local + "\"" + address.substring(at);
  }

  private static boolean isDotString(String local) {
    return !local.startsWith(".")
        && !local.endsWith(".")
        && !local.contains("..")
        && local.chars().allMatch(c -> c == '.' || isAtext(c));
  }

  private static boolean isAtext(int c) {
    return c > 127 || Character.isLetterOrDigit(c) || ATEXT.indexOf(c) >= 0;
  }

  /// An address in US-ASCII, the same for all its spellings: what the fields say that our addresses
  /// leave in messages. What a mailto URI cannot hold is percent-encoded (RFC 6068 §2).
  static String ascii(Address address) {
    StringBuilder out = new StringBuilder();
    for (byte octet : address.localPart().getBytes(StandardCharsets.UTF_8)) {
      if (octet > 0 && (Character.isLetterOrDigit(octet) || "!$'*+-._~".indexOf(octet) >= 0)) {
        out.append((char) octet);
      } else {
        out.append('%').append(String.format("%02X", octet));
      }
    }
    return out.append('@')
        .append(Address.asciiDomain(address.domain()).orElse(address.domain()))
        .toString();
  }
}
