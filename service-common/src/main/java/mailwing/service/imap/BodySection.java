package mailwing.service.imap;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The section of `BODY[...]` (RFC 9051 §6.4.5.1).
///
/// @param part part numbers from 1; empty: the message itself
/// @param text what of it; CONTENT is all of the part (`BODY[]`, `BODY[1.2]`)
/// @param fields of HEADER.FIELDS and HEADER.FIELDS.NOT as sent, one char an octet; else empty
public record BodySection(List<Integer> part, Text text, List<String> fields) {
  public static final BodySection WHOLE = new BodySection(List.of(), Text.CONTENT, List.of());

  public BodySection {
    part = List.copyOf(part);
    fields = List.copyOf(fields);
  }

  public enum Text {
    CONTENT,
    HEADER,
    HEADER_FIELDS,
    HEADER_FIELDS_NOT,
    TEXT,
    MIME
  }

  /// Reads what stands in the brackets of `BODY[...]`, or in a URL; empty where it is no section.
  /// An empty text is none.
  public static Optional<BodySection> parse(String text) {
    List<Integer> part = new ArrayList<>();
    int at = 0;
    while (at < text.length() && isDigit(text.charAt(at))) {
      int end = at;
      while (end < text.length() && isDigit(text.charAt(end))) {
        end++;
      }
      if (text.charAt(at) == '0' || end - at > 9) {
        return Optional.empty();
      }
      part.add(Integer.valueOf(text.substring(at, end)));
      if (end == text.length()) {
        return Optional.of(new BodySection(part, Text.CONTENT, List.of()));
      }
      if (text.charAt(end) != '.') {
        return Optional.empty();
      }
      at = end + 1;
    }
    String name = text.substring(at);
    int space = name.indexOf(' ');
    List<String> fields = space < 0 ? List.of() : fields(name.substring(space + 1));
    Text what =
        switch ((space < 0 ? name : name.substring(0, space)).toUpperCase(Locale.ROOT)) {
          case "HEADER" -> Text.HEADER;
          case "TEXT" -> Text.TEXT;
          case "MIME" -> part.isEmpty() ? Text.CONTENT : Text.MIME;
          case "HEADER.FIELDS" -> Text.HEADER_FIELDS;
          case "HEADER.FIELDS.NOT" -> Text.HEADER_FIELDS_NOT;
          default -> Text.CONTENT;
        };
    boolean ofFields = what == Text.HEADER_FIELDS || what == Text.HEADER_FIELDS_NOT;
    return what == Text.CONTENT || ofFields != !fields.isEmpty() || !ofFields != space < 0
        ? Optional.empty()
        : Optional.of(new BodySection(part, what, fields));
  }

  /// `(name name)`, names maybe quoted; none where it is not.
  private static List<String> fields(String list) {
    if (list.length() < 3 || list.charAt(0) != '(' || !list.endsWith(")")) {
      return List.of();
    }
    List<String> fields = new ArrayList<>();
    for (String name : list.substring(1, list.length() - 1).split(" ", -1)) {
      boolean quoted = name.length() > 2 && name.startsWith("\"") && name.endsWith("\"");
      String bare = quoted ? name.substring(1, name.length() - 1) : name;
      if (bare.isEmpty() || bare.chars().anyMatch(c -> c < 0x21 || "()\"\\:".indexOf(c) >= 0)) {
        return List.of();
      }
      fields.add(bare);
    }
    return fields;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
