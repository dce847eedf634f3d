package mailwing.imap.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What the server says to people, in one of its languages (RFC 5255 §3).
///
/// Texts are written in English where they are said and looked up here by that, from the resource
/// `texts.TAG`; one that is not there stays English.
public final class Texts {
  /// What is spoken until the client asks for another: English that needs US-ASCII alone.
  public static final Texts DEFAULT = new Texts("i-default", Map.of());

  /// By tag, the default first.
  private static final Map<String, Texts> ALL =
      Stream.of(DEFAULT, new Texts("en", Map.of()), new Texts("de", read("de")))
          .collect(Collectors.toMap(Texts::tag, texts -> texts, (a, _) -> a, LinkedHashMap::new));

  private final String tag;
  private final Map<String, String> exact = new HashMap<>();

  /// English with one `*`, and what it becomes; what stands for the `*` is looked up as well.
  private final Map<String, String> patterns = new LinkedHashMap<>();

  private Texts(String tag, Map<String, String> translations) {
    this.tag = tag;
    translations.forEach(
        (english, other) -> (english.contains("*") ? patterns : exact).put(english, other));
  }

  private static Map<String, String> read(String tag) {
    Map<String, String> translations = new LinkedHashMap<>();
    try (InputStream in = Texts.class.getResourceAsStream("texts." + tag)) {
      new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(
              line -> {
                int between = line.indexOf(" = ");
                translations.put(line.substring(0, between), line.substring(between + 3));
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return translations;
  }

  /// The tags of the languages there are (RFC 5646).
  public static List<String> tags() {
    return List.copyOf(ALL.keySet());
  }

  /// The language that a range asks for, by lookup (RFC 4647 §3.4): `de-AT` is answered by `de`;
  /// `default` and `*` are the default. Null for none.
  public static @Nullable Texts matching(String range) {
    String wanted = range.toLowerCase(Locale.ROOT);
    if (wanted.equals("default") || wanted.equals("*")) {
      return DEFAULT;
    }
    while (!wanted.isEmpty()) {
      Texts found = ALL.get(wanted);
      if (found != null) {
        return found;
      }
      wanted = wanted.substring(0, Math.max(wanted.lastIndexOf('-'), 0));
    }
    return null;
  }

  public String tag() {
    return tag;
  }

  /// Whether texts may hold more than US-ASCII.
  boolean utf8() {
    return this != DEFAULT;
  }

  /// The text in this language.
  String of(String english) {
    String found = exact.get(english);
    if (found != null) {
      return found;
    }
    for (Map.Entry<String, String> pattern : patterns.entrySet()) {
      int star = pattern.getKey().indexOf('*');
      String before = pattern.getKey().substring(0, star);
      String after = pattern.getKey().substring(star + 1);
      if (english.startsWith(before)
          && english.endsWith(after)
          && english.length() > before.length() + after.length()) {
        String varies = english.substring(before.length(), english.length() - after.length());
        return pattern.getValue().replace("*", of(varies));
      }
    }
    return english;
  }
}
