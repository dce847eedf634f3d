package mailwing.service.imap;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Subsets of headers, which are written as they stand, and told again by a slower rule.
class HeaderSubsetTest {
  private static final long SEED = 20261123;

  /// A field or what is none, and what continues it.
  private static final Pattern FIELD =
      Pattern.compile("[^\n]*(\n|\\z)([ \t][^\n]*(\n|\\z))*", Pattern.DOTALL);

  private final Random random = new Random(SEED);

  private String one(String... of) {
    return of[random.nextInt(of.length)];
  }

  private String name() {
    return one("To", "Cc", "Subject", "X-A", "X-AB", "X-\u00c4", "x-\u00e4", "@", "`", "X A", "");
  }

  private String anyCase(String text) {
    StringBuilder any = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = c < 0x80 && Character.isLetter(c);
      any.append(letter && random.nextBoolean() ? (char) (c ^ 0x20) : c);
    }
    return any.toString();
  }

  private String line() {
    String value = one("", "v", ":", "a line that is longer than eight octets: and has a colon");
    return switch (random.nextInt(8)) {
      case 0 -> "no field " + "n".repeat(random.nextInt(20));
      case 1 -> one(" ", "\t") + value;
      default -> anyCase(name()) + one("", "", " ", " \t ") + ":" + value;
    };
  }

  private String header() {
    StringBuilder header = new StringBuilder();
    for (int i = random.nextInt(20); i > 0; i--) {
      header.append(line()).append(one("\r\n", "\r\n", "\n"));
    }
    return header.append(one("\r\n", "\n", "", "To", "\r\nTo: behind\r\n")).toString();
  }

  private static String expected(String header, BodySection section) {
    boolean not = section.text() == BodySection.Text.HEADER_FIELDS_NOT;
    StringBuilder kept = new StringBuilder();
    var fields = FIELD.matcher(header);
    // What is empty ends it, also where it looks continued.
    while (fields.find() && !fields.group().isEmpty()) {
      String field = fields.group();
      if (field.startsWith("\n") || field.startsWith("\r\n")) {
        return kept.append(field, 0, field.indexOf('\n') + 1).toString();
      }
      String firstLine = field.lines().findFirst().orElse("");
      int colon = firstLine.indexOf(':');
      String name = colon < 0 ? null : firstLine.substring(0, colon).replaceAll("[ \t]+\\z", "");
      boolean named =
          name != null && section.fields().stream().anyMatch(wanted -> same(wanted, name));
      kept.append(named != not ? field : "");
    }
    return kept.toString();
  }

  /// ASCII letters alone have two cases.
  private static boolean same(String a, String b) {
    return a.length() == b.length() && small(a).equals(small(b));
  }

  private static String small(String text) {
    StringBuilder small = new StringBuilder();
    text.chars().forEach(c -> small.append((char) (c >= 'A' && c <= 'Z' ? c + 32 : c)));
    return small.toString();
  }

  /// The same octets among others, or put together.
  private ByteString octets(String header) {
    ByteString octets = ByteString.copyFrom(header, StandardCharsets.ISO_8859_1);
    return switch (random.nextInt(3)) {
      case 0 -> octets;
      case 1 -> {
        ByteString more = ByteString.copyFromUtf8("X: y\r\n").concat(octets).concat(octets);
        ByteString flat = ByteString.copyFrom(more.toByteArray());
        yield flat.substring(6, 6 + octets.size());
      }
      default -> {
        int at = random.nextInt(octets.size() + 1);
        yield octets.substring(0, at).concat(octets.substring(at));
      }
    };
  }

  @Test
  void subsetsAreWhatTheSlowerRuleTellsSeed20261123() {
    for (int i = 0; i < 3000; i++) {
      List<String> names = new ArrayList<>();
      for (int n = random.nextInt(6); n >= 0; n--) {
        names.add(anyCase(name()));
      }
      BodySection.Text text =
          random.nextBoolean()
              ? BodySection.Text.HEADER_FIELDS
              : BodySection.Text.HEADER_FIELDS_NOT;
      BodySection section = new BodySection(List.of(), text, names);
      HeaderSubset subset = new HeaderSubset(section);
      for (int j = 0; j < 5; j++) {
        String header = header();
        assertThat(subset.of(octets(header), null).toString(StandardCharsets.ISO_8859_1))
            .as("%s of <%s>", section, header)
            .isEqualTo(expected(header, section));
      }
    }
  }

  @Test
  void manyNamesAreFound() {
    List<String> names = new ArrayList<>();
    StringBuilder header = new StringBuilder();
    for (int i = 0; i < 2000; i++) {
      names.add("X-" + i);
      header.append("x-").append(2 * i).append(": ").append(i).append("\r\n");
    }
    BodySection section = new BodySection(List.of(), BodySection.Text.HEADER_FIELDS, names);
    String subset =
        HeaderSubset.of(ByteString.copyFromUtf8(header + "\r\n"), section, null).toStringUtf8();
    assertThat(subset).isEqualTo(header.substring(0, header.indexOf("x-2000:")) + "\r\n");
  }

  @Test
  void aPartialIsCountedInTheSubset() {
    BodySection section = new BodySection(List.of(), BodySection.Text.HEADER_FIELDS, List.of("b"));
    ByteString header = ByteString.copyFromUtf8("A: 1\r\nB: 2\r\n\r\n");
    assertThat(HeaderSubset.of(header, section, new Partial(3, 100)).toStringUtf8())
        .isEqualTo("2\r\n\r\n");
    assertThat(HeaderSubset.of(header, section, new Partial(0, 2)).toStringUtf8()).isEqualTo("B:");
    assertThat(HeaderSubset.of(header, section, new Partial(50, 2))).isEmpty();
  }
}
