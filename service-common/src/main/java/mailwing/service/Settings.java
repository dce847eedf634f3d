package mailwing.service;

import java.util.Map;
import java.util.Optional;

/// The values of a service's keys, read and checked; made by {@link ConfigLoader}.
public final class Settings {
  private final Map<String, Object> values;

  Settings(Map<String, Object> values) {
    this.values = values;
  }

  /// The value, or the default; a key that has neither is an error that names it.
  public <T> T get(Key<T> key) {
    return find(key)
        .orElseThrow(
            () ->
                new ConfigException(
                    "key "
                        + key.name()
                        + " (or "
                        + key.variable()
                        + ") must be set: "
                        + key.allowed()));
  }

  /// The value, the default, or nothing.
  public <T> Optional<T> find(Key<T> key) {
    @SuppressWarnings("unchecked") // Put under this key's name by its own reader.
    T value = (T) values.get(key.name());
    return value == null ? key.defaultValue() : Optional.of(value);
  }
}
