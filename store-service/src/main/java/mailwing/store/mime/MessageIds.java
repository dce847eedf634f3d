package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Message ids in a field (RFC 5322 section 3.6.4), normalised as RFC 5256 section 3 (REFERENCES)
/// wants: without angle brackets, white space, comments and needless quoting.
final class MessageIds {
  private MessageIds() {}

  static @Nullable String first(ByteString value) {
    List<String> ids = all(value);
    return ids.isEmpty() ? null : ids.getFirst();
  }

  static List<String> all(ByteString value) {
    if (value.isEmpty()) {
      return List.of();
    }
    var ids = new ArrayList<String>();
    int octets = 0;
    var field = new FieldOctets(value.toByteArray());
    while (!field.atEnd()) {
      switch (field.peek()) {
        case '<' -> {
          String id = id(field);
          if (id != null) {
            ids.add(id);
            octets += octets(id);
            while (ids.size() > MimeLimits.REFERENCES || octets > MimeLimits.REFERENCES_OCTETS) {
              octets -= octets(ids.remove(1));
            }
          }
        }
        case '"' -> field.quoted();
        case '(' -> field.comment();
        default -> field.at++;
      }
      field.clearWord();
    }
    return List.copyOf(ids);
  }

  private static int octets(String id) {
    return id.getBytes(StandardCharsets.UTF_8).length;
  }

  private static @Nullable String id(FieldOctets field) {
    field.at++;
    field.clearWord();
    boolean at = false;
    while (!field.atEnd()) {
      int c = field.peek();
      switch (c) {
        case '>' -> {
          field.at++;
          ByteString id = field.word();
          return at && id.size() > 1 && id.size() <= MimeLimits.MESSAGE_ID_LENGTH
              ? id.toString(StandardCharsets.UTF_8).replace("\0", "")
              : null;
        }
        case '<' -> {
          return null;
        }
        case '"' -> field.quoted();
        case ' ', '\t' -> field.at++;
        default -> {
          at |= c == '@';
          field.append(field.octets[field.at++]);
        }
      }
    }
    return null;
  }
}
