package mailwing.smtp.protocol;

/// A place in a command line.
final class Cursor {
  /// What [#peek] answers past the end; no character of any grammar here.
  static final char END = '\uffff';

  private final String text;
  private int position;

  Cursor(String text) {
    this.text = text;
  }

  int position() {
    return position;
  }

  boolean atEnd() {
    return position >= text.length();
  }

  char peek() {
    return position < text.length() ? text.charAt(position) : END;
  }

  char charAt(int at) {
    return text.charAt(at);
  }

  void advance() {
    position++;
  }

  boolean skip(char c) {
    if (peek() != c || atEnd()) {
      return false;
    }
    position++;
    return true;
  }

  boolean skip(String word) {
    if (!text.startsWith(word, position)) {
      return false;
    }
    position += word.length();
    return true;
  }

  boolean skipIgnoringCase(String word) {
    if (!text.regionMatches(true, position, word, 0, word.length())) {
      return false;
    }
    position += word.length();
    return true;
  }

  /// Skips spaces; tells whether there was one.
  boolean skipSpaces() {
    int start = position;
    while (peek() == ' ') {
      position++;
    }
    return position > start;
  }

  String since(int start) {
    return text.substring(start, position);
  }

  String rest() {
    return text.substring(position);
  }
}
