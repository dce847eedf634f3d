package mailwing.store.mime;

import java.util.Locale;

/// Takes the words out of HTML as it streams by: no tags, comments, scripts, styles or titles,
/// character references resolved. Tags that break a line give a line end, tags within a line
/// nothing, so that a word in two colours stays one.
final class HtmlText {
  private static final int NAME_LENGTH = 12;

  private enum State {
    TEXT,
    TAG_OPEN,
    TAG_NAME,
    TAG,
    QUOTED,
    DECLARATION,
    COMMENT,
    REFERENCE
  }

  private final StringBuilder out;
  private State state = State.TEXT;

  // Name of the tag or character reference that is being read.
  private final StringBuilder name = new StringBuilder(NAME_LENGTH);
  private char quote;
  private boolean closing;
  private int hyphens;

  // The element whose content is no text, while we are in it.
  private String hidden = "";

  /// @param out where the words go
  HtmlText(StringBuilder out) {
    this.out = out;
  }

  static String strip(String html) {
    var out = new StringBuilder(html.length());
    var text = new HtmlText(out);
    for (int i = 0; i < html.length(); i++) {
      text.take(html.charAt(i));
    }
    text.finish();
    return out.toString();
  }

  void finish() {
    if (state == State.REFERENCE) {
      show('&');
      show(name);
    }
    if (state == State.TAG_OPEN) {
      show('<');
    }
    state = State.TEXT;
  }

  void take(char c) {
    switch (state) {
      case TEXT -> text(c);
      case TAG_OPEN -> open(c);
      case TAG_NAME -> {
        if (isNameCharacter(c)) {
          if (name.length() < NAME_LENGTH) {
            name.append(c);
          }
        } else {
          state = isHidden() ? State.TEXT : State.TAG;
          take(c);
        }
      }
      case TAG -> {
        if (c == '>') {
          endTag();
        } else if (c == '"' || c == '\'') {
          quote = c;
          state = State.QUOTED;
        }
      }
      case QUOTED -> {
        if (c == quote) {
          state = State.TAG;
        }
      }
      case DECLARATION -> {
        hyphens = c == '-' ? hyphens + 1 : -10;
        if (c == '>') {
          state = State.TEXT;
        } else if (hyphens == 2) {
          state = State.COMMENT;
        }
      }
      case COMMENT -> {
        if (c == '>' && hyphens >= 2) {
          state = State.TEXT;
        }
        hyphens = c == '-' ? hyphens + 1 : 0;
      }
      case REFERENCE -> reference(c);
    }
  }

  /// Is the tag within what is hidden, and does not end it?
  private boolean isHidden() {
    return !hidden.isEmpty()
        && !(closing && hidden.contentEquals(name.toString().toLowerCase(Locale.ROOT)));
  }

  private void text(char c) {
    if (c == '<') {
      state = State.TAG_OPEN;
    } else if (c == '&') {
      name.setLength(0);
      state = State.REFERENCE;
    } else {
      show(c);
    }
  }

  private void open(char c) {
    name.setLength(0);
    closing = c == '/';
    if (!hidden.isEmpty() && c != '/') {
      state = State.TEXT;
      text(c);
    } else if (c == '!') {
      hyphens = 0;
      state = State.DECLARATION;
    } else if (c == '/' || (isNameCharacter(c) && c > '9')) {
      if (c != '/') {
        name.append(c);
      }
      state = State.TAG_NAME;
    } else if (c == '?') {
      state = State.TAG;
    } else {
      show('<');
      state = State.TEXT;
      text(c);
    }
  }

  private static boolean isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  private void endTag() {
    state = State.TEXT;
    String tag = name.toString().toLowerCase(Locale.ROOT);
    if (!hidden.isEmpty()) {
      if (closing && tag.equals(hidden)) {
        hidden = "";
      }
      return;
    }
    switch (tag) {
      case "style", "script", "title" -> hidden = closing ? "" : tag;
      case "a",
          "abbr",
          "acronym",
          "b",
          "big",
          "bdo",
          "code",
          "del",
          "em",
          "font",
          "i",
          "ins",
          "kbd",
          "mark",
          "nobr",
          "s",
          "small",
          "span",
          "strike",
          "strong",
          "sub",
          "sup",
          "tt",
          "u",
          "var",
          "wbr" -> {
        // Within a line.
      }
      default -> out.append('\n');
    }
  }

  private void reference(char c) {
    if (c == ';') {
      state = State.TEXT;
      int point = HtmlReferences.point(name);
      if (point >= 0) {
        if (hidden.isEmpty()) {
          out.appendCodePoint(point);
        }
      } else {
        show('&');
        show(name);
        show(';');
      }
    } else if ((isNameCharacter(c) || (c == '#' && name.isEmpty()))
        && name.length() < NAME_LENGTH) {
      name.append(c);
    } else {
      state = State.TEXT;
      int point = HtmlReferences.point(name);
      if (point >= 0) {
        if (hidden.isEmpty()) {
          out.appendCodePoint(point);
        }
      } else {
        show('&');
        show(name);
      }
      text(c);
    }
  }

  private void show(char c) {
    if (hidden.isEmpty()) {
      out.append(c);
    }
  }

  private void show(CharSequence text) {
    if (hidden.isEmpty()) {
      out.append(text);
    }
  }
}
