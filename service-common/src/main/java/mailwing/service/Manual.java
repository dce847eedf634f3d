package mailwing.service;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// Says every configuration key of a service: as a table for docs/configuration.md, as text for
/// `--help`.
public final class Manual {
  private Manual() {}

  /// A Markdown table of all keys, by name.
  public static String table(Collection<? extends Key<?>> keys) {
    StringBuilder text =
        new StringBuilder("| key | default | what it is | allowed |\n|---|---|---|---|\n");
    for (Key<?> key : sorted(keys)) {
      text.append("| `").append(key.name()).append("` | ").append(shownDefault(key)).append(" | ");
      text.append(cell(key.doc())).append(" | ").append(cell(key.allowed())).append(" |\n");
    }
    return text.toString();
  }

  /// The keys, their defaults and variables, for a terminal.
  public static String help(String service, Collection<? extends Key<?>> keys) {
    StringBuilder text = new StringBuilder("Usage: " + service + " [--config FILE]\n\n");
    text.append(
        "FILE is YAML (without it, the one that MAILWING_CONFIG names). Each key can also be set by"
            + " the\n");
    text.append(
        "environment, which wins; a secret key also by a file named with -file or _FILE.\n\n");
    for (Key<?> key : sorted(keys)) {
      text.append("  ").append(key.name()).append("  (").append(shownDefault(key)).append(")\n");
      text.append("      ")
          .append(key.doc())
          .append("\n      ")
          .append(key.variable())
          .append(": ");
      text.append(key.allowed()).append('\n');
    }
    return text.toString();
  }

  private static List<Key<?>> sorted(Collection<? extends Key<?>> keys) {
    List<Key<?>> list = new ArrayList<>(keys);
    list.sort(Comparator.comparing(Key::name));
    return list;
  }

  private static String shownDefault(Key<?> key) {
    return key.defaultValue().map(Manual::shown).orElse("none");
  }

  private static String shown(Object value) {
    return switch (value) {
      case Duration time -> time(time);
      case Long octets -> octets(octets);
      case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
      default ->
          value.toString().isEmpty() || value.toString().equals("[]") ? "none" : value.toString();
    };
  }

  private static String time(Duration time) {
    long millis = time.toMillis();
    if (millis % 1000 != 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    if (seconds != 0 && seconds % 86_400 == 0) {
      return seconds / 86_400 + "d";
    }
    if (seconds != 0 && seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds != 0 && seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  private static String octets(long octets) {
    if (octets != 0 && octets % (1 << 20) == 0) {
      return octets / (1 << 20) + " MiB";
    }
    return octets != 0 && octets % 1024 == 0 ? octets / 1024 + " KiB" : Long.toString(octets);
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("\n", " ");
  }
}
