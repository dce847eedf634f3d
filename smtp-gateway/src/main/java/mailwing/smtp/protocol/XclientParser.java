package mailwing.smtp.protocol;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// XCLIENT's attributes, as Postfix documents them: `NAME=value` with the values in xtext.
final class XclientParser {
  private static final Reply SYNTAX = Reply.of(501, "5.5.4", "Syntax: XCLIENT attribute=value ...");
  private static final Reply BAD_VALUE =
      Reply.of(501, "5.5.4", "An attribute's value is not valid");

  /// What the peer says of a value that it does not know, now or ever.
  private static final Set<String> UNKNOWN = Set.of("[UNAVAILABLE]", "[TEMPUNAVAIL]");

  private XclientParser() {}

  static Command parse(String rest) {
    if (rest.isEmpty()) {
      return new Command.Malformed(SYNTAX);
    }
    Optional<String> name = Optional.empty();
    Optional<InetAddress> address = Optional.empty();
    OptionalInt port = OptionalInt.empty();
    Optional<String> helo = Optional.empty();
    Set<String> seen = new HashSet<>();
    for (String attribute : rest.split(" +", -1)) {
      int equals = attribute.indexOf('=');
      String keyword = equals < 0 ? "" : attribute.substring(0, equals).toUpperCase(Locale.ROOT);
      if (equals < 0 || !seen.add(keyword)) {
        return new Command.Malformed(SYNTAX);
      }
      String value = Xtext.decode(attribute.substring(equals + 1));
      if (value == null || value.isEmpty()) {
        return new Command.Malformed(BAD_VALUE);
      }
      boolean known = !UNKNOWN.contains(value.toUpperCase(Locale.ROOT));
      boolean valid =
          switch (keyword) {
            case "NAME" -> {
              name = known ? Optional.of(value) : name;
              yield !known || CommandParser.isName(value);
            }
            case "ADDR" -> {
              address = known ? Optional.ofNullable(address(value)) : address;
              yield !known || address.isPresent();
            }
            case "PORT" -> {
              boolean number = value.matches("[0-9]{1,5}") && Integer.parseInt(value) < 65536;
              port = known && number ? OptionalInt.of(Integer.parseInt(value)) : port;
              yield !known || number;
            }
            case "HELO" -> {
              helo = known ? Optional.of(value) : helo;
              yield !known || CommandParser.isName(value);
            }
            case "PROTO" ->
                value.equalsIgnoreCase("SMTP") || value.equalsIgnoreCase("ESMTP") || !known;
            default -> false;
          };
      if (!valid) {
        return new Command.Malformed(BAD_VALUE);
      }
    }
    return new Command.Xclient(name, address, port, helo);
  }

  /// `192.0.2.1`, `IPV6:2001:db8::1`.
  private static @Nullable InetAddress address(String value) {
    boolean tagged = value.regionMatches(true, 0, "IPV6:", 0, 5);
    String literal = tagged ? value.substring(5) : value;
    if (!literal.matches(tagged ? "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*" : "[0-9.]+")) {
      return null;
    }
    try {
      return InetAddress.ofLiteral(literal);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
