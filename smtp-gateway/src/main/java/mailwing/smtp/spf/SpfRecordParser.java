package mailwing.smtp.spf;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads records. What is wrong anywhere in a record makes all of it a permerror (RFC 7208 §4.6).
final class SpfRecordParser {
  private static final Pattern MODIFIER = Pattern.compile("([A-Za-z][A-Za-z0-9._-]*)=(.*)");
  private static final Pattern DIRECTIVE =
      Pattern.compile("([-+?~]?)([A-Za-z][A-Za-z0-9._-]*)((?:[:/].*)?)");
  private static final String MACRO =
      "%\\{[slodiphcrtvSLODIPHCRTV][0-9]{0,3}[rR]?[-.+,/_=]*\\}|%%|%_|%-";
  private static final Pattern MACRO_STRING = Pattern.compile("(?:" + MACRO + "|[!-$&-~])*");

  /// Ends in a name that is no number, or in a macro (RFC 7208 §12, domain-end).
  private static final Pattern DOMAIN_END =
      Pattern.compile(
          ".*(?:\\.(?:[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*|[A-Za-z0-9]+-[A-Za-z0-9-]*[A-Za-z0-9])\\.?|%\\{[^}]*\\}|%%|%_|%-)");

  /// Letters for explanations alone.
  private static final Pattern EXPLANATION_MACRO = Pattern.compile("%\\{[crtCRT]");

  private static final Pattern DUAL_CIDR =
      Pattern.compile("(.*?)(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?");
  private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(?:\\.[0-9]{1,3}){3}");

  private final List<SpfRecord.Directive> directives = new ArrayList<>();
  private @Nullable String redirect;
  private @Nullable String explanation;

  private SpfRecordParser() {}

  /// @param terms what follows `v=spf1`
  static SpfRecord parse(String terms) throws SpfErrorException {
    SpfRecordParser parser = new SpfRecordParser();
    for (String term : terms.split(" +", -1)) {
      if (!term.isEmpty()) {
        parser.term(term);
      }
    }
    return new SpfRecord(parser.directives, parser.redirect, parser.explanation);
  }

  /// Is it a macro string at all (RFC 7208 §7.1)?
  static boolean isMacroString(String text) {
    return MACRO_STRING.matcher(text).matches();
  }

  private void term(String term) throws SpfErrorException {
    Matcher modifier = MODIFIER.matcher(term);
    if (modifier.matches()) {
      modifier(modifier.group(1).toLowerCase(Locale.ROOT), modifier.group(2));
      return;
    }
    Matcher directive = DIRECTIVE.matcher(term);
    if (!directive.matches()) {
      throw SpfErrorException.permanent("not a term: " + term);
    }
    SpfResult qualifier =
        switch (directive.group(1)) {
          case "-" -> SpfResult.FAIL;
          case "~" -> SpfResult.SOFTFAIL;
          case "?" -> SpfResult.NEUTRAL;
          default -> SpfResult.PASS;
        };
    directives.add(
        new SpfRecord.Directive(
            qualifier, mechanism(directive.group(2).toLowerCase(Locale.ROOT), directive.group(3))));
  }

  private void modifier(String name, String value) throws SpfErrorException {
    switch (name) {
      case "redirect" -> {
        if (redirect != null) {
          throw SpfErrorException.permanent("two redirects");
        }
        redirect = domainSpec(value);
      }
      case "exp" -> {
        if (explanation != null) {
          throw SpfErrorException.permanent("two explanations");
        }
        explanation = domainSpec(value);
      }
      default -> {
        if (!isMacroString(value)) {
          throw SpfErrorException.permanent("not a macro string: " + value);
        }
      }
    }
  }

  private static SpfRecord.Mechanism mechanism(String name, String argument)
      throws SpfErrorException {
    return switch (name) {
      case "all" -> {
        if (!argument.isEmpty()) {
          throw SpfErrorException.permanent("all with an argument");
        }
        yield new SpfRecord.Mechanism.All();
      }
      case "include" -> new SpfRecord.Mechanism.Include(needed(argument));
      case "exists" -> new SpfRecord.Mechanism.Exists(needed(argument));
      case "ptr" -> new SpfRecord.Mechanism.Pointer(argument.isEmpty() ? "" : needed(argument));
      case "ip4" -> new SpfRecord.Mechanism.Network(network4(argument));
      case "ip6" -> new SpfRecord.Mechanism.Network(network6(argument));
      case "a", "mx" -> host(name, argument);
      default -> throw SpfErrorException.permanent("unknown mechanism " + name);
    };
  }

  private static SpfRecord.Mechanism host(String name, String argument) throws SpfErrorException {
    Matcher cidr = DUAL_CIDR.matcher(argument);
    if (!cidr.matches()) {
      throw SpfErrorException.permanent("bad argument: " + argument);
    }
    String target = cidr.group(1).isEmpty() ? "" : needed(cidr.group(1));
    int prefix4 = prefix(cidr.group(2), 32);
    int prefix6 = prefix(cidr.group(3), 128);
    return name.equals("a")
        ? new SpfRecord.Mechanism.Address(target, prefix4, prefix6)
        : new SpfRecord.Mechanism.Exchange(target, prefix4, prefix6);
  }

  private static int prefix(@Nullable String digits, int max) throws SpfErrorException {
    int prefix = digits == null ? max : Integer.parseInt(digits);
    if (prefix > max) {
      throw SpfErrorException.permanent("bad prefix length " + prefix);
    }
    return prefix;
  }

  private static String needed(String argument) throws SpfErrorException {
    if (!argument.startsWith(":")) {
      throw SpfErrorException.permanent("a domain is missing");
    }
    return domainSpec(argument.substring(1));
  }

  private static String domainSpec(String text) throws SpfErrorException {
    if (!isMacroString(text)
        || !DOMAIN_END.matcher(text).matches()
        || EXPLANATION_MACRO.matcher(text).find()) {
      throw SpfErrorException.permanent("not a domain: " + text);
    }
    return text;
  }

  private static SpfNetwork network4(String argument) throws SpfErrorException {
    Matcher cidr = DUAL_CIDR.matcher(argument);
    if (!argument.startsWith(":")
        || !cidr.matches()
        || cidr.group(3) != null
        || !IPV4.matcher(cidr.group(1).substring(1)).matches()) {
      throw SpfErrorException.permanent("bad ip4: " + argument);
    }
    return network(cidr.group(1).substring(1), prefix(cidr.group(2), 32));
  }

  private static SpfNetwork network6(String argument) throws SpfErrorException {
    int slash = argument.indexOf('/');
    String address = slash < 0 ? argument : argument.substring(0, slash);
    String digits = slash < 0 ? null : argument.substring(slash + 1);
    if (!address.matches(":[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
        || (digits != null && !digits.matches("0|[1-9][0-9]{0,2}"))) {
      throw SpfErrorException.permanent("bad ip6: " + argument);
    }
    return network(address.substring(1), prefix(digits, 128));
  }

  private static SpfNetwork network(String literal, int prefix) throws SpfErrorException {
    try {
      return new SpfNetwork(InetAddress.ofLiteral(literal), prefix);
    } catch (IllegalArgumentException e) {
      throw SpfErrorException.permanent("not an address: " + literal);
    }
  }
}
