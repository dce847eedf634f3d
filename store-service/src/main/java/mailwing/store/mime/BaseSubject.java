package mailwing.store.mime;

/// The base subject of RFC 5256 section 2.1.
///
/// @param text what is left, not casemapped
/// @param replyOrForward whether something that says reply or forward was taken off
record BaseSubject(String text, boolean replyOrForward) {
  static BaseSubject of(String decoded) {
    return new Extraction(oneSpaced(decoded)).run();
  }

  /// Step 1: tabs, continuations and runs of spaces become one space.
  private static String oneSpaced(String text) {
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\t' || c == '\r' || c == '\n') {
        c = ' ';
      }
      if (c != 0 && (c != ' ' || out.isEmpty() || out.charAt(out.length() - 1) != ' ')) {
        out.append(c);
      }
    }
    return out.toString();
  }

  /// The text between `from` and `to` shrinks until no rule matches.
  private static final class Extraction {
    private final String text;
    private int from;
    private int to;
    private boolean replyOrForward;

    Extraction(String text) {
      this.text = text;
      this.to = text.length();
    }

    BaseSubject run() {
      do {
        trailers();
        boolean again;
        do {
          again = leader();
          again |= blob();
        } while (again);
      } while (forwarded());
      return new BaseSubject(text.substring(from, to), replyOrForward);
    }

    /// Step 2.
    private void trailers() {
      while (to > from) {
        if (text.charAt(to - 1) == ' ') {
          to--;
        } else if (to - from >= 5 && text.regionMatches(true, to - 5, "(fwd)", 0, 5)) {
          to -= 5;
          replyOrForward = true;
        } else {
          return;
        }
      }
    }

    /// Step 3, as often as it matches.
    private boolean leader() {
      int start = from;
      while (from < to) {
        if (text.charAt(from) == ' ') {
          from++;
          continue;
        }
        int at = from;
        int next;
        while ((next = afterBlob(at)) > at) {
          at = next;
        }
        at = afterRefwd(at);
        if (at < 0) {
          break;
        }
        from = at;
        replyOrForward = true;
      }
      return from > start;
    }

    /// Step 4.
    private boolean blob() {
      int next = afterBlob(from);
      if (next > from && next < to) {
        from = next;
        return true;
      }
      return false;
    }

    /// Step 6.
    private boolean forwarded() {
      if (to - from >= 6
          && text.regionMatches(true, from, "[fwd:", 0, 5)
          && text.charAt(to - 1) == ']') {
        from += 5;
        to--;
        replyOrForward = true;
        return true;
      }
      return false;
    }

    private int afterBlob(int at) {
      if (at >= to || text.charAt(at) != '[') {
        return at;
      }
      int i = at + 1;
      while (i < to && text.charAt(i) != '[' && text.charAt(i) != ']') {
        i++;
      }
      if (i >= to || text.charAt(i) != ']') {
        return at;
      }
      return spaces(i + 1);
    }

    private int afterRefwd(int at) {
      int i;
      if (text.regionMatches(true, at, "re", 0, 2)) {
        i = at + 2;
      } else if (text.regionMatches(true, at, "fwd", 0, 3)) {
        i = at + 3;
      } else if (text.regionMatches(true, at, "fw", 0, 2)) {
        i = at + 2;
      } else {
        return -1;
      }
      i = afterBlob(spaces(i));
      return i < to && text.charAt(i) == ':' ? i + 1 : -1;
    }

    private int spaces(int at) {
      int i = at;
      while (i < to && text.charAt(i) == ' ') {
        i++;
      }
      return i;
    }
  }
}
