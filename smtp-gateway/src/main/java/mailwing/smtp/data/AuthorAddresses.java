package mailwing.smtp.data;

import java.util.ArrayList;
import java.util.List;

/// The addresses in a From field's value (RFC 5322 §3.4), read as a reader's program would at the
/// most: nothing hides behind a comment, a quoted name, a group or an old route.
public final class AuthorAddresses {
  private AuthorAddresses() {}

  /// In the value's order, without blanks; a local part that has to be quoted is `q`. A mailbox
  /// without a domain is one too.
  public static List<String> of(String from) {
    List<String> addresses = new ArrayList<>();
    StringBuilder address = new StringBuilder();
    boolean inAngle = false;
    boolean hadAngle = false;
    for (int i = 0; i < from.length(); i++) {
      char c = from.charAt(i);
      switch (c) {
        case '"' -> {
          int end = quoted(from, i);
          if (!hadAngle || inAngle) {
            address.append(plain(from.substring(i + 1, Math.max(i + 1, end))));
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
              add(addresses, address);
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
    add(addresses, address);
    return addresses;
  }

  private static String plain(String quoted) {
    return quoted.matches("[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+") ? quoted : "q";
  }

  private static void add(List<String> addresses, StringBuilder address) {
    String text = address.toString().replaceAll("\\s", "");
    if (!text.isEmpty()) {
      addresses.add(text);
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
