package mailwing.smtp.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Command lines to commands (RFC 5321 §4.1, RFC 2033, RFC 3030, RFC 3207, RFC 4954, RFC 6531).
/// Pure.
public final class CommandParser {
  static final Reply NOT_UTF8 = Reply.of(500, "5.5.2", "Not valid UTF-8");
  static final Reply UNKNOWN = Reply.of(500, "5.5.1", "Unknown command");
  static final Reply CONTROL = Reply.of(500, "5.5.2", "Control characters in a command");
  static final Reply NO_ARGUMENT = Reply.of(501, "5.5.4", "No argument is allowed");
  static final Reply HELO_SYNTAX = Reply.plain(501, "Syntax: HELO domain");
  static final Reply EHLO_SYNTAX = Reply.plain(501, "Syntax: EHLO domain-or-address-literal");
  static final Reply LHLO_SYNTAX = Reply.plain(501, "Syntax: LHLO domain-or-address-literal");
  static final Reply MAIL_SYNTAX =
      Reply.of(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]");
  static final Reply RCPT_SYNTAX = Reply.of(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]");
  static final Reply SENDER_SYNTAX = Reply.of(501, "5.1.7", "Bad sender address syntax");
  static final Reply RECIPIENT_SYNTAX = Reply.of(501, "5.1.3", "Bad recipient address syntax");
  static final Reply PARAMETER_SYNTAX = Reply.of(501, "5.5.4", "Bad parameter syntax");
  static final Reply BDAT_SYNTAX = Reply.of(501, "5.5.4", "Syntax: BDAT octets [LAST]");
  static final Reply AUTH_SYNTAX =
      Reply.of(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");
  static final Reply ARGUMENT_NEEDED = Reply.of(501, "5.5.4", "An argument is needed");

  private CommandParser() {}

  /// Reads one line, given without its CRLF.
  public static Command parse(byte[] octets, int offset, int length) {
    String line = decode(octets, offset, length);
    if (line == null) {
      return new Command.Malformed(NOT_UTF8);
    }
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if ((c < ' ' && c != '\t') || c == 127) {
        return new Command.Malformed(CONTROL);
      }
    }
    return parse(line);
  }

  private static @Nullable String decode(byte[] octets, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (octets[i] < 0) {
        try {
          return StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(octets, offset, length))
              .toString();
        } catch (CharacterCodingException e) {
          return null;
        }
      }
    }
    return new String(octets, offset, length, StandardCharsets.ISO_8859_1);
  }

  private static Command parse(String line) {
    int verbEnd = 0;
    while (verbEnd < line.length() && Ascii.isLetter(line.charAt(verbEnd))) {
      verbEnd++;
    }
    if (verbEnd < line.length() && line.charAt(verbEnd) != ' ' && line.charAt(verbEnd) != '\t') {
      return new Command.Malformed(UNKNOWN);
    }
    // RFC 5321 §4.1.1.5 and its like: trailing white space is to be tolerated.
    String rest = stripBlanks(line.substring(verbEnd));
    return switch (line.substring(0, verbEnd).toUpperCase(Locale.ROOT)) {
      case "MAIL" -> mail(rest);
      case "RCPT" -> rcpt(rest);
      case "DATA" -> bare(rest, new Command.Data());
      case "BDAT" -> bdat(rest);
      case "RSET" -> bare(rest, new Command.Rset());
      case "QUIT" -> bare(rest, new Command.Quit());
      case "NOOP" -> new Command.Noop();
      case "HELP" -> new Command.Help();
      case "EHLO" -> greeting(rest, true, EHLO_SYNTAX);
      case "HELO" -> greeting(rest, false, HELO_SYNTAX);
      case "LHLO" -> {
        Command ehlo = greeting(rest, true, LHLO_SYNTAX);
        yield ehlo instanceof Command.Ehlo(String domain) ? new Command.Lhlo(domain) : ehlo;
      }
      case "STARTTLS" -> bare(rest, new Command.StartTls());
      case "AUTH" -> auth(rest);
      case "XCLIENT" -> XclientParser.parse(rest);
      case "VRFY" ->
          rest.isEmpty() ? new Command.Malformed(ARGUMENT_NEEDED) : new Command.Vrfy(rest);
      case "EXPN" ->
          rest.isEmpty() ? new Command.Malformed(ARGUMENT_NEEDED) : new Command.Expn(rest);
      default -> new Command.Malformed(UNKNOWN);
    };
  }

  private static String stripBlanks(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isBlank(text.charAt(start))) {
      start++;
    }
    while (end > start && isBlank(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private static Command bare(String rest, Command command) {
    return rest.isEmpty() ? command : new Command.Malformed(NO_ARGUMENT);
  }

  /// The name is used in Received fields, so it is kept to what is safe there; underscores and the
  /// like are common in what clients say and harmless (RFC 5321 §4.1.4: it must not be a reason to
  /// refuse mail).
  private static Command greeting(String rest, boolean extended, Reply syntax) {
    if (!isName(rest)) {
      return new Command.Malformed(syntax);
    }
    return extended ? new Command.Ehlo(rest) : new Command.Helo(rest);
  }

  /// What a client may call itself.
  static boolean isName(String text) {
    if (text.startsWith("[")) {
      Cursor in = new Cursor(text);
      return PathParser.domain(in) != null && in.atEnd();
    }
    return !text.isEmpty()
        && text.length() <= 255
        && text.chars().allMatch(c -> Ascii.isLetterOrDigit((char) c) || "-._:".indexOf(c) >= 0);
  }

  private static Command mail(String rest) {
    Cursor in = new Cursor(rest);
    if (!in.skipIgnoringCase("FROM:")) {
      return new Command.Malformed(MAIL_SYNTAX);
    }
    // RFC 5321 §3.3: a space here is wrong; many clients send one.
    in.skipSpaces();
    ReversePath path = PathParser.reversePath(in);
    if (path == null) {
      return new Command.Malformed(SENDER_SYNTAX);
    }
    List<Parameter> parameters = parameters(in);
    return parameters == null
        ? new Command.Malformed(PARAMETER_SYNTAX)
        : new Command.Mail(path, parameters);
  }

  private static Command rcpt(String rest) {
    Cursor in = new Cursor(rest);
    if (!in.skipIgnoringCase("TO:")) {
      return new Command.Malformed(RCPT_SYNTAX);
    }
    in.skipSpaces();
    ForwardPath path = PathParser.forwardPath(in);
    if (path == null) {
      return new Command.Malformed(RECIPIENT_SYNTAX);
    }
    List<Parameter> parameters = parameters(in);
    return parameters == null
        ? new Command.Malformed(PARAMETER_SYNTAX)
        : new Command.Rcpt(path, parameters);
  }

  /// Null where they are not in the grammar.
  private static @Nullable List<Parameter> parameters(Cursor in) {
    if (in.atEnd()) {
      return List.of();
    }
    List<Parameter> parameters = new ArrayList<>(4);
    while (!in.atEnd()) {
      if (!in.skipSpaces()) {
        return null;
      }
      int start = in.position();
      while (Ascii.isLetterOrDigit(in.peek()) || (in.peek() == '-' && in.position() > start)) {
        in.advance();
      }
      String keyword = in.since(start).toUpperCase(Locale.ROOT);
      if (keyword.isEmpty()) {
        return null;
      }
      String value = null;
      if (in.skip('=')) {
        int valueStart = in.position();
        while (!in.atEnd() && Ascii.isParameterValue(in.peek())) {
          in.advance();
        }
        value = in.since(valueStart);
        if (value.isEmpty()) {
          return null;
        }
      }
      parameters.add(new Parameter(keyword, value));
    }
    return parameters;
  }

  private static Command bdat(String rest) {
    Cursor in = new Cursor(rest);
    int start = in.position();
    while (Ascii.isDigit(in.peek())) {
      in.advance();
    }
    String digits = in.since(start);
    boolean last = false;
    if (!in.atEnd()) {
      last = in.skipSpaces() && in.skipIgnoringCase("LAST") && in.atEnd();
      if (!last) {
        return new Command.Malformed(BDAT_SYNTAX);
      }
    }
    if (digits.isEmpty() || digits.length() > 18) {
      return new Command.Malformed(BDAT_SYNTAX);
    }
    return new Command.Bdat(Long.parseLong(digits), last);
  }

  private static Command auth(String rest) {
    Cursor in = new Cursor(rest);
    while (Ascii.isLetterOrDigit(in.peek()) || in.peek() == '-' || in.peek() == '_') {
      in.advance();
    }
    String mechanism = in.since(0).toUpperCase(Locale.ROOT);
    if (mechanism.isEmpty() || mechanism.length() > 20) {
      return new Command.Malformed(AUTH_SYNTAX);
    }
    if (in.atEnd()) {
      return new Command.Auth(mechanism, null);
    }
    if (!in.skipSpaces()) {
      return new Command.Malformed(AUTH_SYNTAX);
    }
    String response = in.rest();
    return response.indexOf(' ') >= 0
        ? new Command.Malformed(AUTH_SYNTAX)
        : new Command.Auth(mechanism, response);
  }
}
