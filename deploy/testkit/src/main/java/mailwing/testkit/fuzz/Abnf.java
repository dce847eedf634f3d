package mailwing.testkit.fuzz;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A grammar in ABNF (RFC 5234), read from its text.
public final class Abnf {
  /// What a rule is made of.
  public sealed interface Node {
    record Rule(String name) implements Node {}

    record Choice(List<Branch> branches) implements Node {}

    record Sequence(List<Node> nodes) implements Node {}

    record Repeat(int min, int max, Node node) implements Node {}

    record Text(String text) implements Node {}

    /// One octet of a range.
    record Range(int first, int last) implements Node {}
  }

  /// One of a choice's ways, which `when` must be announced for; empty for always.
  public record Branch(String when, Node node) {}

  /// As `*` without a second number stands for.
  static final int ANY = 12;

  private final Map<String, Node.Choice> rules = new LinkedHashMap<>();
  private final Map<Node, Integer> depths = new HashMap<>();
  private String text = "";
  private int at;

  public Abnf(String source) {
    String when = "";
    StringBuilder rule = new StringBuilder();
    for (String line : (source + "\n;").lines().toList()) {
      if (!line.startsWith(" ") && !rule.isEmpty()) {
        define(rule.toString(), when);
        rule.setLength(0);
      }
      if (line.startsWith("; when ")) {
        when = line.substring(7).strip();
      } else if (line.equals("; always")) {
        when = "";
      } else if (!line.startsWith(";")) {
        rule.append(line);
      }
    }
    measure();
  }

  private void define(String source, String when) {
    text = source;
    at = 0;
    String name = name();
    skip();
    boolean more = source.startsWith("=/", at);
    at += more ? 2 : 1;
    List<Branch> branches = new ArrayList<>();
    for (Branch branch : choice().branches()) {
      branches.add(new Branch(when, branch.node()));
    }
    if (more) {
      branches.addAll(0, rule(name).branches());
    } else if (rules.containsKey(name)) {
      throw new IllegalArgumentException("rule twice: " + name);
    }
    if (at < text.length()) {
      throw new IllegalArgumentException("at " + at + " of " + source);
    }
    rules.put(name, new Node.Choice(List.copyOf(branches)));
  }

  /// What a rule says.
  public Node.Choice rule(String name) {
    Node.Choice rule = rules.get(name);
    if (rule == null) {
      throw new IllegalArgumentException("no rule " + name);
    }
    return rule;
  }

  public boolean has(String name) {
    return rules.containsKey(name);
  }

  private Node.Choice choice() {
    List<Branch> branches = new ArrayList<>();
    do {
      branches.add(new Branch("", sequence()));
    } while (accept('/'));
    return new Node.Choice(branches);
  }

  private Node sequence() {
    List<Node> nodes = new ArrayList<>();
    for (skip(); at < text.length() && "/)]".indexOf(text.charAt(at)) < 0; skip()) {
      nodes.add(repeat());
    }
    return nodes.size() == 1 ? nodes.getFirst() : new Node.Sequence(nodes);
  }

  private Node repeat() {
    int min = digits(0);
    if (at < text.length() && text.charAt(at) == '*') {
      at++;
      int max = digits(min + ANY);
      return new Node.Repeat(min, max, element());
    }
    return min > 0 ? new Node.Repeat(min, min, element()) : element();
  }

  private int digits(int otherwise) {
    int start = at;
    while (at < text.length() && Character.isDigit(text.charAt(at))) {
      at++;
    }
    return at == start ? otherwise : Integer.parseInt(text.substring(start, at));
  }

  private Node element() {
    return switch (text.charAt(at)) {
      case '(' -> {
        at++;
        yield closed(')');
      }
      case '[' -> {
        at++;
        yield new Node.Repeat(0, 1, closed(']'));
      }
      case '"' -> {
        int end = text.indexOf('"', at + 1);
        String literal = text.substring(at + 1, end);
        at = end + 1;
        yield new Node.Text(literal);
      }
      case '%' -> {
        at += 2;
        yield octets();
      }
      default -> new Node.Rule(name());
    };
  }

  private Node closed(char end) {
    Node node = choice();
    if (!accept(end)) {
      throw new IllegalArgumentException("no " + end + " in " + text);
    }
    return node;
  }

  private Node octets() {
    int first = hex();
    if (at < text.length() && text.charAt(at) == '-') {
      at++;
      return new Node.Range(first, hex());
    }
    List<Node> octets = new ArrayList<>();
    octets.add(new Node.Range(first, first));
    while (at < text.length() && text.charAt(at) == '.') {
      at++;
      int next = hex();
      octets.add(new Node.Range(next, next));
    }
    return octets.size() == 1 ? octets.getFirst() : new Node.Sequence(octets);
  }

  private int hex() {
    int start = at;
    while (at < text.length() && Character.digit(text.charAt(at), 16) >= 0) {
      at++;
    }
    return Integer.parseInt(text.substring(start, at), 16);
  }

  private String name() {
    int start = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '-')) {
      at++;
    }
    if (start == at) {
      throw new IllegalArgumentException("no name at " + at + " of " + text);
    }
    return text.substring(start, at).toLowerCase(Locale.ROOT);
  }

  private boolean accept(char c) {
    skip();
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private void skip() {
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    if (at < text.length() && text.charAt(at) == ';') {
      at = text.length();
    }
  }

  /// How many rules deep the shortest text of a node is.
  public int depth(Node node) {
    return depths.getOrDefault(node, ANY * ANY);
  }

  private void measure() {
    for (boolean changed = true; changed; ) {
      changed = false;
      for (Node.Choice rule : rules.values()) {
        changed |= measured(rule);
      }
    }
  }

  private boolean measured(Node node) {
    boolean changed = false;
    int depth =
        switch (node) {
          case Node.Rule(String name) -> rules.containsKey(name) ? 1 + depth(rule(name)) : 1;
          case Node.Choice(List<Branch> branches) -> {
            int least = ANY * ANY;
            for (Branch branch : branches) {
              changed |= measured(branch.node());
              least = Math.min(least, depth(branch.node()));
            }
            yield least;
          }
          case Node.Sequence(List<Node> nodes) -> {
            int most = 0;
            for (Node part : nodes) {
              changed |= measured(part);
              most = Math.max(most, depth(part));
            }
            yield most;
          }
          case Node.Repeat(int min, int _, Node repeated) -> {
            changed |= measured(repeated);
            yield min == 0 ? 0 : depth(repeated);
          }
          case Node.Text _, Node.Range _ -> 0;
        };
    if (depth < depth(node)) {
      depths.put(node, depth);
      changed = true;
    }
    return changed;
  }
}
