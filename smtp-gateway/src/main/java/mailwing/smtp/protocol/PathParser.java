package mailwing.smtp.protocol;

import org.jspecify.annotations.Nullable;

/// Reads paths, mailboxes, domains and address literals (RFC 5321 §4.1.2 and §4.1.3, RFC 6531
/// §3.3). Each method reads at the cursor and answers null where the grammar is not met.
final class PathParser {
  private static final int MAX_DOMAIN = 255;
  private static final int MAX_LABEL = 63;
  // RFC 5321 §4.5.3.1.1 asks for 64 octets and recommends to impose no limit; VERP senders need
  // more.
  private static final int MAX_LOCAL_PART = 255;

  private PathParser() {}

  static @Nullable ReversePath reversePath(Cursor in) {
    if (in.skip("<>")) {
      return new ReversePath.Null();
    }
    Mailbox mailbox = path(in);
    return mailbox == null ? null : new ReversePath.Sender(mailbox);
  }

  static @Nullable ForwardPath forwardPath(Cursor in) {
    if (in.skipIgnoringCase("<postmaster>")) {
      return new ForwardPath.Postmaster();
    }
    Mailbox mailbox = path(in);
    return mailbox == null ? null : new ForwardPath.Recipient(mailbox);
  }

  private static @Nullable Mailbox path(Cursor in) {
    if (!in.skip('<')) {
      return null;
    }
    if (in.peek() == '@' && !skipSourceRoute(in)) {
      return null;
    }
    Mailbox mailbox = mailbox(in);
    return mailbox != null && in.skip('>') ? mailbox : null;
  }

  /// `@a.example,@b.example:` MUST be accepted and is ignored (RFC 5321 appendix C).
  private static boolean skipSourceRoute(Cursor in) {
    do {
      if (!in.skip('@') || domain(in) == null) {
        return false;
      }
    } while (in.skip(','));
    return in.skip(':');
  }

  static @Nullable Mailbox mailbox(Cursor in) {
    String localPart = in.peek() == '"' ? quotedString(in) : dotString(in);
    if (localPart == null || localPart.length() > MAX_LOCAL_PART || !in.skip('@')) {
      return null;
    }
    Domain domain = domain(in);
    return domain == null ? null : new Mailbox(localPart, domain);
  }

  private static @Nullable String dotString(Cursor in) {
    int start = in.position();
    do {
      int atom = in.position();
      while (Ascii.isAtext(in.peek())) {
        in.advance();
      }
      if (in.position() == atom) {
        return null;
      }
    } while (in.skip('.'));
    return in.since(start);
  }

  private static @Nullable String quotedString(Cursor in) {
    StringBuilder out = new StringBuilder();
    in.advance();
    while (true) {
      char c = in.peek();
      if (c == '"') {
        in.advance();
        return out.toString();
      }
      if (c == '\\') {
        in.advance();
        c = in.peek();
        if (c < ' ' || c > 126) {
          return null;
        }
      } else if (c < ' ' || (c > 126 && !Ascii.isNonAscii(c))) {
        return null;
      }
      out.append(c);
      in.advance();
    }
  }

  static @Nullable Domain domain(Cursor in) {
    if (in.peek() == '[') {
      return literal(in);
    }
    int start = in.position();
    do {
      if (!skipLabel(in)) {
        return null;
      }
    } while (in.skip('.'));
    String name = in.since(start);
    return name.length() > MAX_DOMAIN ? null : new Domain.Name(name);
  }

  private static boolean skipLabel(Cursor in) {
    int start = in.position();
    while (isLabel(in.peek())) {
      in.advance();
    }
    int length = in.position() - start;
    return length > 0
        && length <= MAX_LABEL
        && in.charAt(start) != '-'
        && in.charAt(in.position() - 1) != '-';
  }

  private static boolean isLabel(char c) {
    return Ascii.isLetterOrDigit(c) || c == '-' || Ascii.isNonAscii(c);
  }

  private static @Nullable Domain literal(Cursor in) {
    int start = in.position();
    in.advance();
    int content = in.position();
    while (in.peek() > ' ' && in.peek() < 127 && "[\\]".indexOf(in.peek()) < 0) {
      in.advance();
    }
    String text = in.since(content);
    if (!in.skip(']') || !isLiteral(text)) {
      return null;
    }
    return new Domain.Literal(in.since(start));
  }

  private static boolean isLiteral(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      return isIpv4(text);
    }
    String tag = text.substring(0, colon);
    String rest = text.substring(colon + 1);
    if (tag.equalsIgnoreCase("IPv6")) {
      return isIpv6(rest);
    }
    return !tag.isEmpty()
        && !rest.isEmpty()
        && !tag.endsWith("-")
        && tag.chars().allMatch(c -> Ascii.isLetterOrDigit((char) c) || c == '-');
  }

  private static boolean isIpv4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return false;
    }
    for (String part : parts) {
      if (part.isEmpty()
          || part.length() > 3
          || !part.chars().allMatch(c -> Ascii.isDigit((char) c))
          || Integer.parseInt(part) > 255) {
        return false;
      }
    }
    return true;
  }

  private static boolean isIpv6(String text) {
    String groups = text;
    int wanted = 8;
    int lastColon = text.lastIndexOf(':');
    if (text.indexOf('.') >= 0) {
      if (lastColon < 0 || !isIpv4(text.substring(lastColon + 1))) {
        return false;
      }
      wanted = 6;
      groups = text.substring(0, lastColon);
      if (groups.endsWith(":")) {
        groups += ":";
      }
    }
    int gap = groups.indexOf("::");
    if (gap < 0) {
      return countGroups(groups) == wanted;
    }
    int left = countGroups(groups.substring(0, gap));
    int right = countGroups(groups.substring(gap + 2));
    return left >= 0 && right >= 0 && left + right <= wanted - 2;
  }

  /// -1 where something is not a group of one to four hexadecimal digits.
  private static int countGroups(String text) {
    if (text.isEmpty()) {
      return 0;
    }
    String[] groups = text.split(":", -1);
    for (String group : groups) {
      if (group.isEmpty()
          || group.length() > 4
          || !group.chars().allMatch(c -> Ascii.isHexDigit((char) c))) {
        return -1;
      }
    }
    return groups.length;
  }
}
