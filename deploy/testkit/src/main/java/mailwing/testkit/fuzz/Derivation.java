package mailwing.testkit.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Texts that a grammar allows, from a seed; each character is an octet.
public final class Derivation {
  private static final int DEPTH = 12;

  /// What a test knows better than the grammar.
  @FunctionalInterface
  public interface Known {
    /// The text for a rule, null where the grammar has it.
    @Nullable String text(String rule);
  }

  private final Abnf grammar;
  private final Random random;
  private final Known known;
  private final StringBuilder out = new StringBuilder();

  public Derivation(Abnf grammar, Random random, Known known) {
    this.grammar = grammar;
    this.random = random;
    this.known = known;
  }

  /// Reads the grammar from a resource of the test's.
  public static Abnf grammar(Class<?> test, String resource) {
    try (InputStream in = Objects.requireNonNull(test.getResourceAsStream(resource))) {
      return new Abnf(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Any text of the rule.
  public String of(String rule) {
    out.setLength(0);
    derive(new Abnf.Node.Rule(rule), DEPTH);
    return out.toString();
  }

  private void derive(Abnf.Node node, int depth) {
    switch (node) {
      case Abnf.Node.Text(String text) ->
          out.append(random.nextInt(6) == 0 ? text.toLowerCase(Locale.ROOT) : text);
      case Abnf.Node.Range(int first, int last) ->
          out.append((char) (first + random.nextInt(last - first + 1)));
      case Abnf.Node.Sequence(List<Abnf.Node> nodes) -> nodes.forEach(part -> derive(part, depth));
      case Abnf.Node.Repeat(int min, int max, Abnf.Node repeated) -> {
        int times = min;
        while (times < max && depth > 0 && random.nextInt(5) < 2) {
          times++;
        }
        for (int i = 0; i < times; i++) {
          derive(repeated, depth);
        }
      }
      case Abnf.Node.Rule(String name) -> {
        String text = known.text(name);
        if (text == null) {
          derive(grammar.rule(name), depth - 1);
        } else {
          out.append(text);
        }
      }
      case Abnf.Node.Choice(List<Abnf.Branch> branches) -> derive(choose(branches, depth), depth);
    }
  }

  /// Near the end of the depth, the shortest.
  private Abnf.Node choose(List<Abnf.Branch> branches, int depth) {
    List<Abnf.Node> open = new ArrayList<>(branches.stream().map(Abnf.Branch::node).toList());
    if (depth <= 0) {
      int least = open.stream().mapToInt(grammar::depth).min().orElse(0);
      open.removeIf(node -> grammar.depth(node) > least);
    }
    return open.get(random.nextInt(open.size()));
  }
}
