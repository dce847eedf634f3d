package mailwing.smtp.dkim;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `name=value; name=value` with folding white space around each (RFC 6376 §3.2).
public final class TagList {
  private final Map<String, String> tags;

  private TagList(Map<String, String> tags) {
    this.tags = tags;
  }

  /// Null where it is none, or has a tag twice.
  public static @Nullable TagList parse(String text) {
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

  public Optional<String> get(String name) {
    return Optional.ofNullable(tags.get(name));
  }

  /// The value without the white space within it.
  public Optional<String> compact(String name) {
    return get(name).map(value -> value.replaceAll("[ \\t\\r\\n]+", ""));
  }

  /// A value that is a domain name or another word without case; empty where it is not there, or
  /// holds what no name does.
  public String name(String name) {
    String value = compact(name).orElse("").toLowerCase(Locale.ROOT);
    return value.matches("[a-z0-9._-]{1,253}") ? value : "";
  }

  boolean isFirst(String name) {
    return tags.keySet().stream().findFirst().filter(name::equals).isPresent();
  }
}
