package mailwing.pop3.fuzz;

import java.util.ArrayList;
import java.util.List;

/// What is in an account's INBOX, as the test knows it.
final class Maildrops {
  /// A message; what it consists of never changes.
  static final class Message {
    final String octets;
    boolean seen;
    boolean gone;

    /// Its unique-id, once it was told.
    String id = "";

    Message(String octets) {
      this.octets = octets;
    }

    /// As RETR sends it, with its end: a dot at the start of a line is doubled, and one that is
    /// alone between bare line ends.
    String retrieved() {
      return stuffed(octets);
    }

    /// As TOP sends it: the header, the empty line and so many lines.
    String top(long lines) {
      int at = 0;
      boolean body = false;
      long left = lines;
      while (at < octets.length() && !(body && left == 0)) {
        int end = octets.indexOf('\n', at);
        int next = end < 0 ? octets.length() : end + 1;
        if (body) {
          left--;
        } else if (end >= 0 && octets.substring(at, end).replace("\r", "").isEmpty()) {
          body = true;
        }
        at = next;
      }
      return stuffed(octets.substring(0, at));
    }

    private static String stuffed(String octets) {
      String dots =
          octets
              .replaceAll("(\\A|\r\n)\\.", "$1..")
              .replaceAll("(?<!\r)\n\\.(?=\r?\n|\r?\\z)", "\n..");
      return dots + (dots.endsWith("\r\n") || dots.isEmpty() ? "" : "\r\n") + ".\r\n";
    }
  }

  final List<Message> messages = new ArrayList<>();

  /// In the order of their numbers for a session that logs in now.
  List<Message> now() {
    return messages.stream().filter(message -> !message.gone).toList();
  }
}
