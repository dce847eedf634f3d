package mailwing.testkit.imap;

import java.util.List;
import java.util.Set;

/// resp-text-code (RFC 9051 §9, RFC 5530 and extensions): its octets without the brackets.
final class ImapCodeReader {
  private static final Set<String> BARE =
      Set.of(
          "ALERT",
          "PARSE",
          "READ-ONLY",
          "READ-WRITE",
          "TRYCREATE",
          "UIDNOTSTICKY",
          "CLOSED",
          "AUTHENTICATIONFAILED",
          "AUTHORIZATIONFAILED",
          "EXPIRED",
          "PRIVACYREQUIRED",
          "CONTACTADMIN",
          "NOPERM",
          "INUSE",
          "EXPUNGEISSUED",
          "CORRUPTION",
          "SERVERBUG",
          "CLIENTBUG",
          "CANNOT",
          "LIMIT",
          "OVERQUOTA",
          "ALREADYEXISTS",
          "NONEXISTENT",
          "UNAVAILABLE",
          "HASCHILDREN",
          "UNKNOWN-CTE",
          "NOTSAVED",
          "NOMODSEQ",
          "TOOBIG",
          "COMPRESSIONACTIVE",
          "USEATTR",
          "NOTIFICATIONOVERFLOW",
          "UIDREQUIRED",
          "TOOFEW",
          "TOOMANY",
          "BADCHARSET");

  private final ImapTokens t;

  ImapCodeReader(ImapTokens tokens) {
    this.t = tokens;
  }

  String read() {
    t.expect("[");
    String name = t.atom();
    String code = t.accept(' ') ? name + " " + argument(name) : bare(name);
    t.expect("]");
    return code;
  }

  private String bare(String name) {
    if (!BARE.contains(name)) {
      throw t.wrong("Code without its argument, or unknown");
    }
    return name;
  }

  private Object argument(String name) {
    return switch (name) {
      case "UIDNEXT", "UIDVALIDITY", "UNSEEN" -> t.nzNumber();
      case "HIGHESTMODSEQ" -> t.nonZero(t.number64());
      case "MODIFIED" -> t.set();
      case "APPENDUID" -> {
        long validity = t.nzNumber();
        t.sp();
        yield validity + " " + t.set();
      }
      case "COPYUID" -> {
        long validity = t.nzNumber();
        t.sp();
        String source = t.set();
        t.sp();
        yield validity + " " + source + " " + t.set();
      }
      case "PERMANENTFLAGS" -> t.list(() -> t.flag(true));
      case "MAILBOXID", "BADCHARSET", "BADEVENT" -> nonEmpty(t.list(t::astring));
      case "CAPABILITY", "METADATA", "MESSAGELIMIT" -> atoms();
      case "BADURL", "REFERRAL" -> t.url();
      case "URLMECH" -> t.atom();
      case "NOUPDATE" -> t.stringText();
      case "UNDEFINED-FILTER" -> t.atom();
      case "INPROGRESS" -> {
        t.expect("(");
        String tag = String.valueOf(t.nstring());
        t.sp();
        String progress = t.atom();
        t.sp();
        String goal = t.atom();
        t.expect(")");
        yield tag + " " + progress + " " + goal;
      }
      default -> throw t.wrong("Unknown code");
    };
  }

  private List<String> nonEmpty(List<String> list) {
    if (list.isEmpty()) {
      throw t.wrong("Empty list");
    }
    return list;
  }

  private String atoms() {
    StringBuilder atoms = new StringBuilder(t.atom());
    while (t.accept(' ')) {
      atoms.append(' ').append(t.atom());
    }
    return atoms.toString();
  }
}
