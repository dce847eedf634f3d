package mailwing.smtp.spf;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Expands macro strings (RFC 7208 §7).
final class SpfMacros {
  private static final Pattern EXPAND =
      Pattern.compile("%(?:\\{([A-Za-z])([0-9]*)([rR]?)([-.+,/_=]*)\\}|([%_-]))");
  private static final int NAME_MAX = 253;

  /// Looks up the client's validated name for a domain: costs lookups, so only where it is asked.
  @FunctionalInterface
  interface ValidatedName {
    String of(String domain) throws SpfErrorException;
  }

  private final SpfRequest request;
  private final ValidatedName validated;

  SpfMacros(SpfRequest request, ValidatedName validated) {
    this.request = request;
    this.validated = validated;
  }

  /// A name to look up: what is longer than a name can be loses labels at its left (RFC 7208 §7.3).
  String domain(String macroString, String domain) throws SpfErrorException {
    String name = expand(macroString, domain);
    name = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    while (name.length() > NAME_MAX) {
      int dot = name.indexOf('.');
      if (dot < 0) {
        return "";
      }
      name = name.substring(dot + 1);
    }
    return name;
  }

  String expand(String macroString, String domain) throws SpfErrorException {
    StringBuilder out = new StringBuilder();
    Matcher macro = EXPAND.matcher(macroString);
    int at = 0;
    while (macro.find()) {
      out.append(macroString, at, macro.start());
      at = macro.end();
      if (macro.group(5) != null) {
        out.append(
            switch (macro.group(5)) {
              case "%" -> "%";
              case "_" -> " ";
              default -> "%20";
            });
        continue;
      }
      String letter = macro.group(1);
      String value =
          transformed(
              value(letter.toLowerCase(Locale.ROOT).charAt(0), domain),
              macro.group(2),
              !macro.group(3).isEmpty(),
              macro.group(4));
      out.append(Character.isUpperCase(letter.charAt(0)) ? escaped(value) : value);
    }
    return out.append(macroString, at, macroString.length()).toString();
  }

  private String value(char letter, String domain) throws SpfErrorException {
    return switch (letter) {
      case 's' -> request.localPart() + "@" + request.senderDomain();
      case 'l' -> request.localPart();
      case 'o' -> request.senderDomain();
      case 'd' -> domain;
      case 'i' -> dotted(request.client());
      case 'p' -> validated.of(domain);
      case 'v' -> request.client() instanceof Inet6Address ? "ip6" : "in-addr";
      case 'h' -> request.helo();
      case 'c' -> readable(request.client());
      case 'r' -> request.receiver();
      case 't' -> Long.toString(Instant.now().getEpochSecond());
      default -> throw SpfErrorException.permanent("unknown macro " + letter);
    };
  }

  /// IPv6 as nibbles with dots (RFC 7208 §7.3).
  private static String dotted(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address.getHostAddress();
    }
    StringBuilder out = new StringBuilder(63);
    for (byte octet : address.getAddress()) {
      out.append(out.isEmpty() ? "" : ".");
      out.append(hex(octet >> 4)).append('.').append(hex(octet));
    }
    return out.toString();
  }

  private static String transformed(String value, String digits, boolean reverse, String delimiters)
      throws SpfErrorException {
    if (digits.isEmpty() && !reverse && delimiters.isEmpty()) {
      return value;
    }
    String split = delimiters.isEmpty() ? "." : delimiters;
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < value.length(); i++) {
      if (split.indexOf(value.charAt(i)) >= 0) {
        parts.add(value.substring(start, i));
        start = i + 1;
      }
    }
    parts.add(value.substring(start));
    if (reverse) {
      Collections.reverse(parts);
    }
    int kept = digits.isEmpty() ? parts.size() : Integer.parseInt(digits);
    if (kept == 0) {
      throw SpfErrorException.permanent("a macro that keeps nothing");
    }
    return String.join(".", parts.subList(Math.max(0, parts.size() - kept), parts.size()));
  }

  /// All but unreserved characters as `%xx` (RFC 7208 §7.3, RFC 3986 §2.3).
  private static String escaped(String value) {
    StringBuilder out = new StringBuilder();
    for (byte octet : value.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (octet & 0xff);
      if (c < 128 && (Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0)) {
        out.append(c);
      } else {
        out.append('%').append(hex(c >> 4)).append(hex(c));
      }
    }
    return out.toString();
  }

  private static char hex(int nibble) {
    return "0123456789ABCDEF".charAt(nibble & 15);
  }

  /// IPv6 with its longest run of zeros left out (RFC 5952 §4).
  private static String readable(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address.getHostAddress();
    }
    byte[] octets = address.getAddress();
    int longest = 0;
    int place = -1;
    for (int i = 0; i < octets.length; i += 2) {
      int end = i;
      while (end < octets.length && octets[end] == 0 && octets[end + 1] == 0) {
        end += 2;
      }
      if (end - i > longest && end - i > 2) {
        longest = end - i;
        place = i;
      }
    }
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < octets.length; i += 2) {
      if (i == place) {
        out.append("::");
        i += longest - 2;
        continue;
      }
      if (!out.isEmpty() && out.charAt(out.length() - 1) != ':') {
        out.append(':');
      }
      out.append(Integer.toHexString((octets[i] & 0xff) << 8 | (octets[i + 1] & 0xff)));
    }
    return out.toString();
  }
}
