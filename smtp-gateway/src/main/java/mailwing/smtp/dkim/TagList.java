package mailwing.smtp.dkim;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `name=value; name=value` with folding white space around each (RFC 6376 §3.2).
final class TagList {
  private final Map<String, String> tags;

  private TagList(Map<String, String> tags) {
    this.tags = tags;
  }

  /// Null where it is none, or has a tag twice.
  static @Nullable TagList parse(String text) {
    Map<String, String> tags = new LinkedHashMap<>();
    String[] parts = text.split(";", -1);
    for (int i = 0; i < parts.length; i++) {
      if (parts[i].isBlank() && i == parts.length - 1) {
        break;
      }
      int equals = parts[i].indexOf('=');
      String name = equals < 0 ? "" : parts[i].substring(0, equals).strip();
      if (!name.matches("[A-Za-z][A-Za-z0-9_]*")
          || tags.put(name, parts[i].substring(equals + 1).strip()) != null) {
        return null;
      }
    }
    return new TagList(tags);
  }

  Optional<String> get(String name) {
    return Optional.ofNullable(tags.get(name));
  }

  /// The value without the white space within it.
  Optional<String> compact(String name) {
    return get(name).map(value -> value.replaceAll("[ \\t\\r\\n]+", ""));
  }

  boolean isFirst(String name) {
    return tags.keySet().stream().findFirst().filter(name::equals).isPresent();
  }
}
