package mailwing.testkit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A line that a transcript expects: text, and within `{{` and `}}` a variable's value
/// (`{{name}}`), what a regular expression matches (`{{~regex}}`, `{{name~regex}}` keeps it as a
/// variable), or anything (`{{*}}`).
final class Expected {
  private static final Pattern HOLE =
      Pattern.compile("\\{\\{(?:(\\*)|([a-z][a-z0-9_-]*)?~(.*?)|([a-z][a-z0-9_-]*))}}(?!})");

  private final Pattern pattern;
  private final Map<String, Integer> groups;

  private Expected(Pattern pattern, Map<String, Integer> groups) {
    this.pattern = pattern;
    this.groups = groups;
  }

  static Expected parse(String text, Map<String, String> variables) {
    StringBuilder regex = new StringBuilder();
    Map<String, Integer> groups = new LinkedHashMap<>();
    Matcher hole = HOLE.matcher(text);
    int from = 0;
    int group = 0;
    while (hole.find()) {
      regex.append(Pattern.quote(text.substring(from, hole.start())));
      from = hole.end();
      if (hole.group(1) != null) {
        regex.append(".*");
      } else if (hole.group(4) != null) {
        regex.append(Pattern.quote(value(variables, hole.group(4))));
      } else {
        String inner = hole.group(3);
        regex.append('(').append(inner).append(')');
        group++;
        if (hole.group(2) != null) {
          groups.put(hole.group(2), group);
        }
        group += Pattern.compile(inner).matcher("").groupCount();
      }
    }
    regex.append(Pattern.quote(text.substring(from)));
    return new Expected(Pattern.compile(regex.toString(), Pattern.DOTALL), groups);
  }

  /// Puts variables' values into text to be sent.
  static String filled(String text, Map<String, String> variables) {
    Matcher hole = HOLE.matcher(text);
    StringBuilder filled = new StringBuilder();
    while (hole.find()) {
      String replacement = hole.group(4) == null ? hole.group() : value(variables, hole.group(4));
      hole.appendReplacement(filled, Matcher.quoteReplacement(replacement));
    }
    return hole.appendTail(filled).toString();
  }

  /// What it captured, if the line matches.
  Optional<Map<String, String>> match(String line) {
    Matcher matcher = pattern.matcher(line);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    Map<String, String> captured = new LinkedHashMap<>();
    groups.forEach((name, group) -> captured.put(name, matcher.group(group)));
    return Optional.of(captured);
  }

  private static String value(Map<String, String> variables, String name) {
    String value = variables.get(name);
    if (value == null) {
      throw new TranscriptException("no variable " + name);
    }
    return value;
  }
}
