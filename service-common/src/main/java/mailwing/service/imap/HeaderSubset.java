package mailwing.service.imap;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 9051 §6.4.5.1): the fields asked for as they stand in
/// the header, folding and all, then its empty line, where it has one.
public final class HeaderSubset {
  private HeaderSubset() {}

  /// The subset that a section asks for.
  ///
  /// @param header a header's octets with its empty line
  /// @param partial counted in the subset
  public static ByteString of(ByteString header, BodySection section, @Nullable Partial partial) {
    boolean not = section.text() == BodySection.Text.HEADER_FIELDS_NOT;
    Set<String> names = new TreeSet<>();
    for (String field : section.fields()) {
      names.add(upper(field));
    }
    ByteString subset = of(header, names, not);
    if (partial == null) {
      return subset;
    }
    Sections.Octets range = new Sections.Octets(0, subset.size()).partial(partial);
    return subset.substring((int) range.start(), (int) range.end());
  }

  /// A line without a colon is no field: it is left out of FIELDS and kept in FIELDS.NOT.
  private static ByteString of(ByteString header, Set<String> upperNames, boolean not) {
    List<ByteString> kept = new ArrayList<>();
    byte[] octets = header.toByteArray();
    int at = 0;
    boolean keeps = false;
    while (at < octets.length) {
      int next = lineEnd(octets, at);
      if (isEmpty(octets, at, next)) {
        kept.add(header.substring(at, next));
        break;
      }
      boolean continued = octets[at] == ' ' || octets[at] == '\t';
      if (!continued || at == 0) {
        keeps = not != upperNames.contains(name(octets, at, next));
      }
      if (keeps) {
        kept.add(header.substring(at, next));
      }
      at = next;
    }
    return ByteString.copyFrom(kept);
  }

  private static int lineEnd(byte[] octets, int start) {
    int at = start;
    while (at < octets.length && octets[at] != '\n') {
      at++;
    }
    return Math.min(at + 1, octets.length);
  }

  private static boolean isEmpty(byte[] octets, int start, int end) {
    return (end - start == 1 && octets[start] == '\n')
        || (end - start == 2 && octets[start] == '\r' && octets[start + 1] == '\n');
  }

  /// The field's name in upper case; empty where the line is none.
  private static String name(byte[] octets, int start, int end) {
    int colon = start;
    while (colon < end && octets[colon] != ':') {
      colon++;
    }
    if (colon == end) {
      return "";
    }
    int last = colon;
    while (last > start && (octets[last - 1] == ' ' || octets[last - 1] == '\t')) {
      last--;
    }
    return upper(new String(octets, start, last - start, StandardCharsets.ISO_8859_1));
  }

  /// ASCII letters alone: a name is octets.
  private static String upper(String text) {
    StringBuilder upper = new StringBuilder(text);
    for (int i = 0; i < upper.length(); i++) {
      char c = upper.charAt(i);
      if (c >= 'a' && c <= 'z') {
        upper.setCharAt(i, (char) (c - 32));
      }
    }
    return upper.toString();
  }
}
