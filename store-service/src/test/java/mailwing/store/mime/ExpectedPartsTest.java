package mailwing.store.mime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.service.imap.Sections;
import mailwing.service.mime.TransferDecoder;
import mailwing.store.v1.Part;
import org.junit.jupiter.api.Test;

/// What other parsers have published as right for their test messages, where the corpus has it: the
/// tree of parts, and what each part is when it is decoded.
class ExpectedPartsTest {
  private static final Pattern EVENT =
      Pattern.compile("<(/?(?:multipart|message))>|<(?:text|binary)-body name=\"([^\"]*)\"/>");

  /// Where we mean it otherwise than mime4j.
  private static final Map<String, String> NOT_AS_MIME4J =
      why(
          "a last group of base64 without padding counts",
          "mimetools-testmsgs__frag mimetools-testmsgs__multi-frag",
          "no multipart or message is in base64 (RFC 2045 §6.4)",
          "mimetools-testmsgs__multi-2gifs-base64 testmsgs__base64encoded-rfc822message"
              + " testmsgs__base64encoded-rfc822message-nested",
          "a multipart has a part (RFC 9051 §9, body-type-mpart)",
          "testmsgs__missing-boundary testmsgs__missing-inner-boundary"
              + " testmsgs__missing-inner-start-boundary testmsgs__multipartnopart",
          "white space does not end a boundary (RFC 2046 §5.1.1)",
          "testmsgs__very-long-boundary testmsgs__very-very-long-boundary testmsgs__weird-boundary");

  /// Where we mean it otherwise than Stalwart.
  private static final Map<String, String> NOT_AS_STALWART =
      why(
          "8-bit octets that are no UTF-8 are Windows-1252",
          "legacy__026 legacy__033 legacy__052",
          "a bare CR is no line end",
          "legacy__049",
          "an empty part counts",
          "malformed__000 malformed__014",
          "a delimiter line is a boundary whole (RFC 2046 §5.1.1)",
          "malformed__001 malformed__008 malformed__009 malformed__013",
          "a multipart has a part (RFC 9051 §9, body-type-mpart)",
          "malformed__002",
          "a parameter begins with a semicolon (RFC 2045 §5.1)",
          "malformed__017",
          "the part behind a multipart without an end counts",
          "malformed__020 malformed__021",
          "message/rfc822 is a message, if an empty one",
          "malformed__022 thirdparty__015",
          "base64 that holds other characters is base64 (RFC 2045 §6.8)",
          "rfc__000 thirdparty__002",
          "a delimiter begins its line (RFC 2046 §5.1.1)",
          "thirdparty__005");

  private static Map<String, String> why(String... reasons) {
    Map<String, String> why = new HashMap<>();
    for (int i = 0; i < reasons.length; i += 2) {
      for (String name : reasons[i + 1].split(" ", -1)) {
        why.put(name, reasons[i]);
      }
    }
    return why;
  }

  @Test
  void partsAreAsMime4jHasThem() throws IOException {
    Path folder = folder("mime4j");
    Map<String, String> wrong = new HashMap<>();
    int compared = 0;
    for (Path file : CorpusTest.messages(folder)) {
      String name = file.getFileName().toString().replace(".msg.eml", "");
      Path events = folder.resolve("expected/" + name + "_decoded.xml");
      if (Files.exists(events)) {
        compared++;
        String origin = name.substring(0, name.indexOf("__") + 2);
        List<byte[]> bodies = new ArrayList<>();
        String shape = shape(Files.readString(events, ISO_8859_1), origin, events, bodies);
        compare(name, file, shape, bodies, wrong);
      }
    }
    assertThat(compared).isPositive();
    assertThat(wrong).containsOnlyKeys(NOT_AS_MIME4J.keySet());
  }

  private static void compare(
      String name, Path file, String shape, List<byte[]> bodies, Map<String, String> wrong)
      throws IOException {
    byte[] octets = CorpusTest.withCrlf(Files.readAllBytes(file));
    Part root = MessageParser.parse(octets).structure();
    String found = shape(root);
    if (!found.equals(shape)) {
      wrong.put(name, found + " for " + shape);
      return;
    }
    List<Part> leaves = new ArrayList<>();
    leaves(root, leaves);
    for (int i = 0; i < leaves.size(); i++) {
      String decoded = lines(new String(decoded(octets, leaves.get(i)), ISO_8859_1));
      if (!decoded.equals(lines(new String(bodies.get(i), ISO_8859_1)))
          && !lines(text(octets, leaves.get(i))).equals(lines(new String(bodies.get(i), UTF_8)))) {
        wrong.put(name, difference(i, decoded, lines(new String(bodies.get(i), ISO_8859_1))));
      }
    }
  }

  private static String shape(String events, String origin, Path beside, List<byte[]> bodies)
      throws IOException {
    StringBuilder shape = new StringBuilder();
    Matcher event = EVENT.matcher(events);
    while (event.find()) {
      String body = event.group(2);
      if (body == null) {
        shape.append(
            switch (event.group(1)) {
              case "multipart" -> "(";
              case "/multipart" -> ")";
              case "message" -> "[";
              default -> "]";
            });
      } else {
        shape.append('.');
        bodies.add(Files.readAllBytes(beside.resolveSibling(origin + body)));
      }
    }
    return shape.substring(1, shape.length() - 1);
  }

  @Test
  void textsAreAsStalwartHasThem() throws IOException, ParseException {
    Path folder = folder("stalwart-mail-parser");
    Map<String, String> wrong = new HashMap<>();
    int compared = 0;
    for (Path file : CorpusTest.messages(folder)) {
      String name = file.getFileName().toString().replace(".eml", "");
      Path json = folder.resolve("expected/" + name + ".json");
      if (Files.exists(json)) {
        compared++;
        List<Object> expected = new ArrayList<>();
        String shape = shape(JSONObjectUtils.parse(Files.readString(json)), 0, expected);
        byte[] octets = CorpusTest.withCrlf(Files.readAllBytes(file));
        Part root = MessageParser.parse(octets).structure();
        if (!shape(root).equals(shape)) {
          wrong.put(name, shape(root) + " for " + shape);
          continue;
        }
        List<Part> leaves = new ArrayList<>();
        leaves(root, leaves);
        for (int i = 0; i < leaves.size(); i++) {
          boolean isText = expected.get(i) instanceof String;
          String found =
              isText
                  ? text(octets, leaves.get(i))
                  : new String(decoded(octets, leaves.get(i)), ISO_8859_1);
          String right = isText ? (String) expected.get(i) : octets((List<?>) expected.get(i));
          if (!lines(found).equals(lines(right))) {
            wrong.put(name, difference(i, lines(found), lines(right)));
          }
        }
      }
    }
    assertThat(compared).isPositive();
    assertThat(wrong).containsOnlyKeys(NOT_AS_STALWART.keySet());
  }

  @SuppressWarnings("unchecked") // JSON.
  private static String shape(Map<String, Object> message, int number, List<Object> bodies) {
    List<Map<String, Object>> parts =
        (List<Map<String, Object>>) Objects.requireNonNull(message.get("parts"));
    Map<String, Object> body =
        (Map<String, Object>) Objects.requireNonNull(parts.get(number).get("body"));
    Map.Entry<String, Object> content = body.entrySet().iterator().next();
    return switch (content.getKey()) {
      case "Multipart" -> {
        StringBuilder shape = new StringBuilder("(");
        for (Object child : (List<?>) content.getValue()) {
          shape.append(shape(message, ((Number) child).intValue(), bodies));
        }
        yield shape.append(')').toString();
      }
      case "Message" -> "[" + shape((Map<String, Object>) content.getValue(), 0, bodies) + "]";
      default -> {
        bodies.add(content.getValue());
        yield ".";
      }
    };
  }

  private static String octets(List<?> numbers) {
    StringBuilder octets = new StringBuilder();
    numbers.forEach(number -> octets.append((char) ((Number) number).intValue()));
    return octets.toString();
  }

  /// `.` a single part, `(...)` a multipart, `[...]` a message within.
  private static String shape(Part part) {
    StringBuilder shape = new StringBuilder();
    boolean message = Sections.isMessage(part) && part.getPartsCount() == 1;
    if (Sections.isMultipart(part) || message) {
      shape.append(message ? '[' : '(');
      part.getPartsList().forEach(child -> shape.append(shape(child)));
      return shape.append(message ? ']' : ')').toString();
    }
    return ".";
  }

  private static void leaves(Part part, List<Part> to) {
    if (part.getPartsCount() == 0) {
      to.add(part);
    }
    part.getPartsList().forEach(child -> leaves(child, to));
  }

  private static byte[] decoded(byte[] octets, Part part) throws IOException {
    int start = (int) part.getBodyOffset();
    ByteArrayInputStream body =
        new ByteArrayInputStream(octets, start, (int) part.getEndOffset() - start);
    return TransferDecoder.lenient(body, Sections.encoding(part)).readAllBytes();
  }

  private static String text(byte[] octets, Part part) throws IOException {
    var charset = ContentFields.parameter(part.toBuilder(), "charset");
    StringWriter text = new StringWriter();
    try (Reader reader =
        Charsets.reader(
            new ByteArrayInputStream(decoded(octets, part)),
            charset == null ? "" : charset.toString(ISO_8859_1))) {
      reader.transferTo(text);
    }
    return text.toString();
  }

  private static String difference(int part, String found, String right) {
    int at = 0;
    while (at < Math.min(found.length(), right.length()) && found.charAt(at) == right.charAt(at)) {
      at++;
    }
    return "part " + part + " at " + at + ": " + words(found, at) + " for " + words(right, at);
  }

  private static String words(String text, int at) {
    int end = Math.min(text.length(), at + 30);
    return text.substring(Math.max(0, at - 10), end).replaceAll("[^ -~]", "?")
        + " (of "
        + text.length()
        + ")";
  }

  /// Line ends are as the file had them.
  private static String lines(String text) {
    return text.replace("\r\n", "\n");
  }

  private static Path folder(String name) {
    Path folder = CorpusTest.folder();
    assumeTrue(folder != null, "no corpus: set -Dmailwing.corpus=DIR to a folder of .eml files");
    return Objects.requireNonNull(folder).resolve(name);
  }
}
