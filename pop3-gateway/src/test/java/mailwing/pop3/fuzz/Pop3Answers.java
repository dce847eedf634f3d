package mailwing.pop3.fuzz;

import java.util.List;
import java.util.function.IntFunction;

/// Holds the answers of a session that is logged in against its maildrop.
final class Pop3Answers {
  private static final String NONE = "-ERR No such message";
  private static final String GONE = "-ERR The message was removed by another session";

  private final Pop3Model session;
  private final List<Maildrops.Message> messages;

  Pop3Answers(Pop3Model session, List<Maildrops.Message> messages) {
    this.session = session;
    this.messages = messages;
  }

  void check(String keyword, String argument, boolean ok, String status, String more) {
    switch (keyword) {
      case "STAT" -> must(status, "+OK " + remaining() + " " + octets());
      case "LIST" ->
          listing(
              argument,
              status,
              more,
              "+OK " + remaining() + " messages (" + octets() + " octets)",
              number -> Integer.toString(message(number).octets.length()));
      case "UIDL" -> {
        learn(ok, argument, status, more);
        listing(argument, status, more, "+OK", number -> message(number).id);
      }
      case "RETR" -> {
        long number = number(argument);
        if (number < 0) {
          session.wrong(status);
        } else if (!has(number)) {
          must(status, NONE);
        } else if (ok) {
          Maildrops.Message message = message((int) number);
          must(status, "+OK " + message.octets.length() + " octets");
          same(more, message.retrieved());
          session.accessed((int) number);
          session.read(message);
        } else {
          gone((int) number, status);
        }
      }
      case "TOP" -> top(argument, ok, status, more);
      case "DELE" -> {
        long number = number(argument);
        if (number < 0) {
          session.wrong(status);
        } else if (has(number)) {
          must(status, "+OK");
          session.deleted().add(message((int) number));
          session.accessed((int) number);
        } else {
          must(status, NONE);
        }
      }
      case "NOOP" -> must(status, "+OK");
      case "RSET" -> {
        must(status, "+OK");
        session.reset();
      }
      case "LAST" -> must(status, "+OK " + session.last());
      case "CAPA" -> session.capabilities(ok, status, more, true);
      case "LANG" -> {
        if (!ok) {
          session.wrong(status);
        }
      }
      case "QUIT" -> {
        must(status, "+OK Bye");
        session.update();
      }
      case "USER" -> before(argument.isEmpty(), status);
      case "AUTH" -> before(argument.split(" ", -1).length > 2, status);
      case "PASS", "STLS", "UTF8" -> before(false, status);
      default -> session.wrong(status);
    }
  }

  private void before(boolean wrong, String status) {
    if (wrong) {
      session.wrong(status);
    } else {
      must(status, "-ERR You are logged in already");
    }
  }

  private void top(String argument, boolean ok, String status, String more) {
    int space = argument.indexOf(' ');
    long number = space < 0 ? -1 : number(argument.substring(0, space));
    long lines = space < 0 ? -1 : number(argument.substring(space + 1));
    if (number < 0 || lines < 0) {
      session.wrong(status);
    } else if (!has(number)) {
      must(status, NONE);
    } else if (ok) {
      same(more, message((int) number).top(lines));
    } else {
      gone((int) number, status);
    }
  }

  private void gone(int number, String status) {
    must(status, GONE);
    if (!message(number).gone) {
      throw new AssertionError("message " + number + " is still there");
    }
  }

  private void listing(
      String argument, String status, String more, String first, IntFunction<String> entry) {
    if (argument.isEmpty()) {
      must(status, first);
      StringBuilder all = new StringBuilder();
      for (int i = 1; i <= messages.size(); i++) {
        if (has(i)) {
          all.append(i).append(' ').append(entry.apply(i)).append("\r\n");
        }
      }
      same(more, all.append(".\r\n").toString());
      return;
    }
    long number = number(argument);
    if (number < 0) {
      session.wrong(status);
    } else if (has(number)) {
      must(status, "+OK " + number + " " + entry.apply((int) number));
    } else {
      must(status, NONE);
    }
  }

  /// A unique-id is no other message's, and is kept.
  private void learn(boolean ok, String argument, String status, String more) {
    if (!ok) {
      return;
    }
    for (String line :
        argument.isEmpty() ? more.split("\r\n") : new String[] {status.substring(4)}) {
      String[] words = line.split(" ", -1);
      if (words.length == 2 && words[1].matches("[!-~]{1,70}") && has(number(words[0]))) {
        Maildrops.Message message = message(Integer.parseInt(words[0]));
        if (message.id.isEmpty()) {
          message.id = words[1];
        }
      }
    }
    if (messages.stream().map(m -> m.id).filter(id -> !id.isEmpty()).distinct().count()
        != messages.stream().filter(m -> !m.id.isEmpty()).count()) {
      throw new AssertionError("a unique-id of two messages in " + more);
    }
  }

  private boolean has(long number) {
    return number >= 1
        && number <= messages.size()
        && !session.deleted().contains(message((int) number));
  }

  private Maildrops.Message message(int number) {
    return messages.get(number - 1);
  }

  private int remaining() {
    return messages.size() - session.deleted().size();
  }

  private long octets() {
    return messages.stream()
        .filter(message -> !session.deleted().contains(message))
        .mapToLong(message -> message.octets.length())
        .sum();
  }

  private static long number(String text) {
    return text.matches("[0-9]{1,20}")
        ? new java.math.BigInteger(text)
            .min(java.math.BigInteger.valueOf(Integer.MAX_VALUE))
            .longValue()
        : -1;
  }

  private static void must(String status, String wanted) {
    if (!status.equals(wanted)) {
      throw new AssertionError("answered " + status + ", not " + wanted);
    }
  }

  private static void same(String more, String wanted) {
    if (!more.equals(wanted)) {
      int at = 0;
      while (at < Math.min(more.length(), wanted.length())
          && more.charAt(at) == wanted.charAt(at)) {
        at++;
      }
      throw new AssertionError(
          "from octet " + at + ": " + cut(more, at) + " instead of " + cut(wanted, at));
    }
  }

  private static String cut(String text, int at) {
    return text.substring(at, Math.min(text.length(), at + 100))
        .replace("\r", "\\r")
        .replace("\n", "\\n");
  }
}
