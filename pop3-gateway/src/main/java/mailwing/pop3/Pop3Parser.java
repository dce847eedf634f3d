package mailwing.pop3;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import mailwing.pop3.Pop3Command.Bad;
import mailwing.service.Secret;

/// Reads a command line: octets in, record out (RFC 1939 §3, RFC 2449 §4).
///
/// Keywords in any case, one space before each argument; spaces at the end are overlooked except in
/// PASS.
final class Pop3Parser {
  private static final Bad SYNTAX = new Bad("Syntax error");

  private Pop3Parser() {}

  static Pop3Command parse(byte[] line) {
    int end = 0;
    while (end < line.length && line[end] != ' ') {
      end++;
    }
    String keyword = new String(line, 0, end, StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
    if (keyword.equals("PASS")) {
      return pass(line);
    }
    String rest;
    try {
      rest = end == line.length ? "" : text(line, end + 1);
    } catch (CharacterCodingException e) {
      return SYNTAX;
    }
    String argument = rest.stripTrailing();
    return switch (keyword) {
      case "USER" -> argument.isEmpty() ? SYNTAX : new Pop3Command.User(argument);
      case "AUTH" -> auth(argument);
      case "STLS" -> alone(argument, new Pop3Command.Stls());
      case "CAPA" -> alone(argument, new Pop3Command.Capa());
      case "UTF8" -> alone(argument, new Pop3Command.Utf8());
      case "LANG" -> lang(argument);
      case "QUIT" -> alone(argument, new Pop3Command.Quit());
      case "STAT" -> alone(argument, new Pop3Command.Stat());
      case "NOOP" -> alone(argument, new Pop3Command.Noop());
      case "RSET" -> alone(argument, new Pop3Command.Rset());
      case "LAST" -> alone(argument, new Pop3Command.Last());
      case "LIST" ->
          argument.isEmpty() ? new Pop3Command.ScanListing(OptionalInt.empty()) : listing(argument);
      case "UIDL" ->
          argument.isEmpty() ? new Pop3Command.Uidl(OptionalInt.empty()) : uidl(argument);
      case "RETR" -> {
        int number = number(argument);
        yield number < 0 ? SYNTAX : new Pop3Command.Retr(number);
      }
      case "DELE" -> {
        int number = number(argument);
        yield number < 0 ? SYNTAX : new Pop3Command.Dele(number);
      }
      case "TOP" -> top(argument);
      default -> new Bad("Unknown command");
    };
  }

  private static Pop3Command pass(byte[] line) {
    if (line.length < 5) {
      return SYNTAX;
    }
    for (byte octet : line) {
      if (octet == 0) {
        return SYNTAX;
      }
    }
    if (!isUtf8(line)) {
      return SYNTAX;
    }
    return new Pop3Command.Pass(Secret.of(line, 5, line.length));
  }

  /// RFC 6856 §2.2.
  private static boolean isUtf8(byte[] line) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  private static Pop3Command auth(String argument) {
    if (argument.isEmpty()) {
      return new Pop3Command.Auth(Optional.empty(), Optional.empty());
    }
    int space = argument.indexOf(' ');
    if (space < 0) {
      return new Pop3Command.Auth(Optional.of(argument), Optional.empty());
    }
    String initial = argument.substring(space + 1);
    return initial.indexOf(' ') >= 0
        ? SYNTAX
        : new Pop3Command.Auth(Optional.of(argument.substring(0, space)), Optional.of(initial));
  }

  /// A basic language range (RFC 4647 §2.1).
  private static Pop3Command lang(String argument) {
    if (argument.isEmpty()) {
      return new Pop3Command.Lang(Optional.empty());
    }
    return argument.matches("\\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,10}")
        ? new Pop3Command.Lang(Optional.of(argument))
        : SYNTAX;
  }

  private static Pop3Command listing(String argument) {
    int number = number(argument);
    return number < 0 ? SYNTAX : new Pop3Command.ScanListing(OptionalInt.of(number));
  }

  private static Pop3Command uidl(String argument) {
    int number = number(argument);
    return number < 0 ? SYNTAX : new Pop3Command.Uidl(OptionalInt.of(number));
  }

  private static Pop3Command top(String argument) {
    int space = argument.indexOf(' ');
    if (space < 0) {
      return SYNTAX;
    }
    int number = number(argument.substring(0, space));
    int lines = number(argument.substring(space + 1));
    return number < 0 || lines < 0 ? SYNTAX : new Pop3Command.Top(number, lines);
  }

  private static Pop3Command alone(String argument, Pop3Command command) {
    return argument.isEmpty() ? command : SYNTAX;
  }

  /// A number in decimal; -1 for none. What is larger than any message number is that of no
  /// message.
  private static int number(String text) {
    if (text.isEmpty() || text.length() > 20) {
      return -1;
    }
    long number = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      number = Math.min(number * 10 + (c - '0'), Integer.MAX_VALUE);
    }
    return (int) number;
  }

  /// UTF-8 without control characters.
  private static String text(byte[] line, int from) throws CharacterCodingException {
    String text =
        StandardCharsets.UTF_8
            .newDecoder()
            .decode(ByteBuffer.wrap(line, from, line.length - from))
            .toString();
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        throw new CharacterCodingException();
      }
    }
    return text;
  }
}
