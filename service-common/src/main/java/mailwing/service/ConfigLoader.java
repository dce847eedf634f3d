package mailwing.service;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.config.Config;
import io.helidon.config.ConfigSources;
import io.helidon.config.yaml.YamlConfigParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads a service's one YAML file and the environment over it.
///
/// Every problem is reported, in one message: an unknown key in the file, an unknown variable that
/// starts with `MAILWING_` (a few names belong to the launcher, see {@link #RESERVED}), a value
/// that cannot be read. Each names the key, where it was found and what is allowed. The value of a
/// secret is never in the message.
public final class ConfigLoader {
  /// Variables of the launcher and of tests, not of a service.
  public static final Set<String> RESERVED =
      Set.of(
          "MAILWING_CONFIG", "MAILWING_HOME", "MAILWING_DATA", "MAILWING_OPTS", "MAILWING_CORPUS");

  private final Map<String, Key<?>> keys = new TreeMap<>();
  private final Map<String, Key<?>> variables = new HashMap<>();
  private final Map<String, Key<?>> fileKeys = new HashMap<>();
  private final Map<String, Key<?>> fileVariables = new HashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final Map<String, Object> values = new HashMap<>();
  private Set<String> decided = Set.of();

  private ConfigLoader(Collection<? extends Key<?>> described) {
    for (Key<?> key : described) {
      if (keys.put(key.name(), key) != null) {
        throw new IllegalArgumentException("key described twice: " + key.name());
      }
      variables.put(key.variable(), key);
      if (key.isSecret()) {
        fileKeys.put(key.name() + "-file", key);
        fileVariables.put(key.variable() + "_FILE", key);
      }
    }
  }

  /// Reads `file` (none: defaults and environment only) and the environment.
  public static Settings load(
      Collection<? extends Key<?>> keys, @Nullable Path file, Map<String, String> environment) {
    ConfigLoader loader = new ConfigLoader(keys);
    if (file != null) {
      loader.readFile(file);
    }
    loader.readEnvironment(environment);
    return loader.settings();
  }

  /// Reads `file` (none: defaults only) for a service in a process with others.
  ///
  /// @param defaults values by key that hold where the file says nothing
  /// @param decided values by key that the process decides, of which the file may say nothing
  public static Settings load(
      Collection<? extends Key<?>> keys,
      Map<String, String> defaults,
      Map<String, String> decided,
      @Nullable Path file) {
    ConfigLoader loader = new ConfigLoader(keys);
    loader.decided = decided.keySet();
    loader.putAll(defaults);
    loader.putAll(decided);
    if (file != null) {
      loader.readFile(file);
    }
    return loader.settings();
  }

  private Settings settings() {
    if (!problems.isEmpty()) {
      throw new ConfigException(String.join("; ", problems));
    }
    return new Settings(Map.copyOf(values));
  }

  private void putAll(Map<String, String> given) {
    given.forEach((name, text) -> put(known(keys, name), text, "key " + name));
  }

  private void readFile(Path file) {
    Map<String, String> leaves;
    try {
      String text = Files.readString(file);
      if (text.lines().allMatch(line -> line.isBlank() || line.startsWith("#"))) {
        return;
      }
      Config config =
          Config.builder(ConfigSources.create(text, MediaTypes.APPLICATION_X_YAML))
              .addParser(YamlConfigParser.create())
              .disableEnvironmentVariablesSource()
              .disableSystemPropertiesSource()
              .disableKeyResolving()
              .disableValueResolving()
              .disableParserServices()
              .build();
      leaves = new LinkedHashMap<>(config.asMap().orElse(Map.of()));
    } catch (IOException e) {
      throw new ConfigException(
          "configuration file " + file + " cannot be read: " + e.getMessage());
    } catch (RuntimeException e) {
      throw new ConfigException(
          "configuration file " + file + " is not YAML: " + oneLine(e.getMessage()));
    }
    String origin = "in " + file;
    Map<String, SortedMap<Integer, String>> lists = new LinkedHashMap<>();
    for (Map.Entry<String, String> leaf : leaves.entrySet()) {
      String name = leaf.getKey();
      String listName = name.replaceFirst("\\.\\d+$", "");
      Key<?> listKey = keys.get(listName);
      if (decided.contains(name) || decided.contains(name.replaceFirst("-file$", ""))) {
        problems.add("key " + name + " " + origin + " is not for the file: it is decided already");
      } else if (!listName.equals(name) && listKey != null && listKey.isList()) {
        // The parser tells them in no order.
        lists
            .computeIfAbsent(listName, k -> new TreeMap<>())
            .put(Integer.valueOf(name.substring(listName.length() + 1)), leaf.getValue());
      } else if (keys.containsKey(name)) {
        put(known(keys, name), leaf.getValue(), "key " + name + " " + origin);
      } else if (fileKeys.containsKey(name)) {
        putFromFile(known(fileKeys, name), leaf.getValue(), "key " + name + " " + origin);
      } else {
        problems.add("unknown key " + name + " " + origin + "; allowed: " + allowedNear(name));
      }
    }
    lists.forEach(
        (name, items) -> {
          Key<?> key = keys.get(name);
          if (key != null) {
            put(key, String.join(",", items.values()), "key " + name + " " + origin);
          }
        });
  }

  private void readEnvironment(Map<String, String> environment) {
    for (Map.Entry<String, String> entry : new TreeMap<>(environment).entrySet()) {
      String name = entry.getKey();
      if (!name.startsWith("MAILWING_") || RESERVED.contains(name)) {
        continue;
      }
      String origin = "variable " + name;
      if (variables.containsKey(name)) {
        put(known(variables, name), entry.getValue(), origin);
      } else if (fileVariables.containsKey(name)) {
        putFromFile(known(fileVariables, name), entry.getValue(), origin);
      } else {
        problems.add(
            "unknown "
                + origin
                + "; allowed: "
                + variables.keySet().stream().sorted().collect(Collectors.joining(", ")));
      }
    }
  }

  private static Key<?> known(Map<String, Key<?>> keys, String name) {
    return Objects.requireNonNull(keys.get(name));
  }

  private void putFromFile(Key<?> key, String file, String origin) {
    try {
      put(key, Files.readString(Path.of(file), StandardCharsets.UTF_8).strip(), origin);
    } catch (IOException e) {
      problems.add(origin + " names a file that cannot be read: " + file);
    }
  }

  private void put(Key<?> key, String text, String origin) {
    try {
      Object value = key.read(text.strip());
      if (value != null) {
        values.put(key.name(), value);
      }
    } catch (RuntimeException e) {
      String shown = key.isSecret() ? "a value" : "'" + oneLine(text) + "'";
      problems.add(origin + " has " + shown + "; allowed: " + key.allowed());
    }
  }

  /// The names in the deepest section of `name` that exists.
  private String allowedNear(String name) {
    String section = name;
    while (!section.isEmpty()) {
      int dot = section.lastIndexOf('.');
      section = dot < 0 ? "" : section.substring(0, dot);
      String prefix = section.isEmpty() ? "" : section + ".";
      String near =
          keys.keySet().stream()
              .filter(known -> known.startsWith(prefix))
              .collect(Collectors.joining(", "));
      if (!near.isEmpty()) {
        return near;
      }
    }
    return String.join(", ", keys.keySet());
  }

  private static String oneLine(@Nullable String text) {
    return text == null ? "" : text.lines().findFirst().orElse("");
  }
}
