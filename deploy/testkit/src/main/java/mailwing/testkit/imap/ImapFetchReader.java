package mailwing.testkit.imap;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// msg-att (RFC 9051 §9 and extensions).
final class ImapFetchReader {
  private static final String DATE =
      "[ 0-3][0-9]-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-[0-9]{4}"
          + " [0-2][0-9]:[0-5][0-9]:[0-6][0-9] [+-][0-9]{4}";

  private final ImapTokens t;
  private final ImapStructures structures;

  ImapFetchReader(ImapTokens tokens) {
    this.t = tokens;
    this.structures = new ImapStructures(tokens);
  }

  Map<String, @Nullable Object> items() {
    Map<String, @Nullable Object> items = new LinkedHashMap<>();
    t.expect("(");
    do {
      String name = t.word();
      if (t.at('[')) {
        name += section(name);
      }
      t.sp();
      if (items.containsKey(name)) {
        throw t.wrong("Item twice");
      }
      items.put(name, value(name));
    } while (t.accept(' '));
    t.expect(")");
    return items;
  }

  private String section(String name) {
    if (!name.equals("BODY") && !name.equals("BINARY") && !name.equals("BINARY.SIZE")) {
      throw t.wrong("No section here");
    }
    StringBuilder section = new StringBuilder("[");
    t.expect("[");
    section.append(t.word());
    if (t.accept(' ')) {
      List<String> fields = t.list(t::astring);
      if (fields.isEmpty() || !section.toString().contains("HEADER.FIELDS")) {
        throw t.wrong("Wrong fields");
      }
      section.append(" (").append(String.join(" ", fields)).append(')');
    }
    t.expect("]");
    section.append(']');
    if (!section.toString().matches(SECTION)) {
      throw t.wrong("Wrong section");
    }
    if (t.accept('<')) {
      section.append('<').append(t.number64()).append('>');
      t.expect(">");
    }
    return section.toString();
  }

  private static final String SECTION =
      "(?s)\\[(([1-9][0-9]*\\.)*([1-9][0-9]*|[1-9][0-9]*\\.MIME|HEADER|TEXT"
          + "|HEADER\\.FIELDS(\\.NOT)? \\(.*\\)))?]";

  private @Nullable Object value(String name) {
    return switch (name) {
      case "FLAGS" -> t.list(() -> t.flag(false));
      case "INTERNALDATE" -> date();
      case "SAVEDATE" -> t.at('"') ? date() : nil();
      case "RFC822.SIZE" -> t.number64();
      case "UID" -> t.nzNumber();
      case "ENVELOPE" -> structures.envelope();
      case "BODY" -> structures.body(false);
      case "BODYSTRUCTURE" -> structures.body(true);
      case "MODSEQ" -> {
        t.expect("(");
        long modSeq = t.nonZero(t.number64());
        t.expect(")");
        yield modSeq;
      }
      case "EMAILID" -> id();
      case "THREADID" -> t.at('(') ? id() : nil();
      case "RFC822", "RFC822.HEADER", "RFC822.TEXT", "PREVIEW" -> t.nstring();
      default -> section(name, name.startsWith("BINARY["));
    };
  }

  private @Nullable Object section(String name, boolean binary) {
    if (name.startsWith("BINARY.SIZE[")) {
      return t.number();
    }
    if (!binary && !name.startsWith("BODY[")) {
      throw t.wrong("Unknown item");
    }
    if (binary && t.accept('~')) {
      return t.literal(true);
    }
    return t.nstring();
  }

  /// BODY's structure, elsewhere too.
  Object structure() {
    return structures.body(false);
  }

  private @Nullable Object nil() {
    t.nil();
    return null;
  }

  private String date() {
    String date = t.text(t.quoted());
    if (!date.matches(DATE)) {
      throw t.wrong("Wrong date");
    }
    return date;
  }

  private String id() {
    t.expect("(");
    String id = t.atom();
    t.expect(")");
    if (!id.matches("[A-Za-z0-9_-]{1,255}")) {
      throw t.wrong("Wrong object id");
    }
    return id;
  }
}
