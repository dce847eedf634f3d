package mailwing.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.DynamicTest;

/// Plays recorded protocol sessions against a server. A file is one session or several that
/// interleave:
///
/// ```
/// # RFC 1939 §5. A comment; it cites what is shown.
/// @connect pop3            a connection to the port named pop3; `@connect b: pop3`, and `[b]` in lines, for others
/// @connect pop3s tls       the same, with TLS at once
/// S: +OK {{*}}             a line from the server; see Expected for {{...}}
/// C: USER alice            a line to the server, CRLF added; {{name}} is filled in
/// C! a\r\nb\x00            octets to the server with \r \n \t \\ \xHH, nothing added
/// C= message               the octets of variable `message`
/// S! abc\r\n               exactly these octets
/// S= message               exactly the octets of variable `message`
/// S& ...                   lines of one run of S& may come in any order
/// S... +OK{{*}}            any number of other lines, then this one
/// @starttls                the handshake
/// @compress                DEFLATE in both directions from now on (RFC 4978)
/// @decompress              no longer, behind the last blocks of both (RFC 8437)
/// @closed                  the server has ended the stream
/// @close                   we cut the connection
/// @let name = text         a variable; the text may use \r and the like
/// @octets name             a variable of the lines that follow, each ended by CRLF, up to a line `@end`
/// @do action arguments     a Java action that the test brought
/// ```
///
/// Octets are Latin-1 characters in here; the file is UTF-8 and non-ASCII text is sent as UTF-8.
public final class Transcript {
  /// Something a transcript has the test do.
  @FunctionalInterface
  public interface Action {
    void run(List<String> arguments, Map<String, String> variables) throws Exception;
  }

  /// What transcripts run against.
  ///
  /// @param ports by name
  /// @param tls for clients
  /// @param variables set at the start of each
  /// @param actions by name, for `@do`
  public record Setting(
      Map<String, Integer> ports,
      SSLContext tls,
      Map<String, String> variables,
      Map<String, Action> actions) {}

  private static final String DEFAULT = "";

  private final String name;
  private final List<String> lines;
  private final Setting setting;
  private final Map<String, String> variables = new HashMap<>();
  private final Map<String, TranscriptClient> clients = new HashMap<>();

  private Transcript(String name, List<String> lines, Setting setting) {
    this.name = name;
    this.lines = lines;
    this.setting = setting;
    variables.putAll(setting.variables());
  }

  /// One test for each `*.txt` in a directory of the module (`src/test/transcripts`).
  public static Stream<DynamicTest> tests(Path directory, Setting setting) throws IOException {
    List<Path> files;
    try (Stream<Path> listed = Files.walk(directory)) {
      files = listed.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
    if (files.isEmpty()) {
      throw new IOException("no transcript in " + directory.toAbsolutePath());
    }
    return files.stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getFileName().toString().replaceFirst("\\.txt$", ""),
                    () -> run(file, setting)));
  }

  /// Plays one file.
  public static void run(Path file, Setting setting) throws Exception {
    play(file.getFileName().toString(), Files.readString(file), setting);
  }

  /// Plays a text.
  public static void play(String name, String text, Setting setting) throws Exception {
    Transcript transcript = new Transcript(name, text.lines().toList(), setting);
    try {
      transcript.play();
    } finally {
      for (TranscriptClient client : transcript.clients.values()) {
        client.close();
      }
    }
  }

  private void play() throws Exception {
    int number = 0;
    try {
      while (number < lines.size()) {
        String line = lines.get(number);
        number++;
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        if (line.startsWith("@octets ")) {
          number = octets(line.substring(8).strip(), number);
        } else if (line.startsWith("@")) {
          directive(line.substring(1));
        } else if (line.startsWith("S&") || line.matches("S\\[\\w+]&.*")) {
          int end = number;
          while (end < lines.size() && lines.get(end).matches("S(\\[\\w+])?&.*")) {
            end++;
          }
          inAnyOrder(lines.subList(number - 1, end));
          number = end;
        } else {
          step(Step.parse(line));
        }
      }
    } catch (IOException | AssertionError | RuntimeException e) {
      throw new AssertionError(
          name + ":" + number + ": " + lines.get(number - 1) + "\n  " + e.getMessage(), e);
    }
  }

  /// A line to or from a connection.
  private record Step(char side, String client, String kind, String text) {
    static Step parse(String line) {
      var matcher =
          java.util.regex.Pattern.compile("([CS])(?:\\[(\\w+)])?(:|!|=|&|\\.\\.\\.) ?(.*)")
              .matcher(line);
      if (!matcher.matches()) {
        throw new TranscriptException("not a step");
      }
      return new Step(
          matcher.group(1).charAt(0),
          Optional.ofNullable(matcher.group(2)).orElse(DEFAULT),
          matcher.group(3),
          matcher.group(4));
    }
  }

  private void step(Step step) throws IOException {
    TranscriptClient client = client(step.client);
    if (step.side == 'C') {
      switch (step.kind) {
        case ":" -> client.send(utf8(Expected.filled(step.text, variables)) + "\r\n");
        case "!" -> client.send(unescaped(Expected.filled(step.text, variables)));
        case "=" -> client.send(variable(step.text.strip()));
        default -> throw new TranscriptException("not a step");
      }
      return;
    }
    switch (step.kind) {
      case ":" -> {
        String line = client.line();
        if (!matches(step.text, line)) {
          throw new AssertionError("got: " + line);
        }
      }
      case "..." -> {
        String line = client.line();
        while (!matches(step.text, line)) {
          line = client.line();
        }
      }
      case "!" -> client.expect(unescaped(Expected.filled(step.text, variables)));
      case "=" -> client.expect(variable(step.text.strip()));
      default -> throw new TranscriptException("not a step");
    }
  }

  private boolean matches(String text, String line) {
    Optional<Map<String, String>> captured = Expected.parse(utf8(text), variables).match(line);
    captured.ifPresent(variables::putAll);
    return captured.isPresent();
  }

  private void inAnyOrder(List<String> run) throws IOException {
    List<Step> open = new ArrayList<>(run.stream().map(Step::parse).toList());
    while (!open.isEmpty()) {
      String line = client(open.getFirst().client).line();
      String client = open.getFirst().client;
      boolean found = false;
      for (Iterator<Step> i = open.iterator(); i.hasNext() && !found; ) {
        Step step = i.next();
        if (step.client.equals(client) && matches(step.text, line)) {
          i.remove();
          found = true;
        }
      }
      if (!found) {
        throw new AssertionError("got, out of a run of S&: " + line);
      }
    }
  }

  private void directive(String text) throws Exception {
    String[] words = text.split("\\s+", 2);
    String rest = words.length > 1 ? words[1] : "";
    switch (words[0]) {
      case "connect" -> connect(rest);
      case "starttls" -> client(rest.strip()).startTls(setting.tls());
      case "compress" -> client(rest.strip()).compress();
      case "decompress" -> client(rest.strip()).decompress();
      case "closed" -> client(rest.strip()).expectEnd();
      case "close" -> client(rest.strip()).close();
      case "let" -> {
        String[] sides = rest.split(" = ", 2);
        variables.put(sides[0].strip(), unescaped(Expected.filled(sides[1], variables)));
      }
      case "do" -> {
        List<String> arguments =
            new ArrayList<>(List.of(Expected.filled(rest, variables).split("\\s+", -1)));
        Action action = setting.actions().get(arguments.removeFirst());
        if (action == null) {
          throw new TranscriptException("no such action");
        }
        action.run(arguments, variables);
      }
      default -> throw new TranscriptException("no such directive");
    }
  }

  private void connect(String rest) throws IOException {
    int colon = rest.indexOf(':');
    String client = colon < 0 ? DEFAULT : rest.substring(0, colon).strip();
    String[] words = rest.substring(colon + 1).strip().split("\\s+", -1);
    Integer port = setting.ports().get(words[0]);
    if (port == null) {
      throw new TranscriptException("no port named " + words[0]);
    }
    TranscriptClient fresh = TranscriptClient.connect(port);
    TranscriptClient before = clients.put(client, fresh);
    if (before != null) {
      before.close();
    }
    if (words.length > 1 && words[1].equals("tls")) {
      fresh.startTls(setting.tls());
    }
  }

  private int octets(String variable, int from) {
    StringBuilder octets = new StringBuilder();
    for (int number = from; number < lines.size(); number++) {
      String line = lines.get(number);
      if (line.equals("@end")) {
        variables.put(variable, octets.toString());
        return number + 1;
      }
      octets.append(utf8(line)).append("\r\n");
    }
    throw new TranscriptException("no @end");
  }

  private TranscriptClient client(String client) {
    TranscriptClient found = clients.get(client);
    if (found == null) {
      throw new TranscriptException("no connection " + client);
    }
    return found;
  }

  private String variable(String variable) {
    String value = variables.get(variable);
    if (value == null) {
      throw new TranscriptException("no variable " + variable);
    }
    return value;
  }

  /// Each UTF-8 octet as one character.
  private static String utf8(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static String unescaped(String text) {
    String octets = utf8(text);
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < octets.length()) {
      char c = octets.charAt(i);
      if (c != '\\' || i + 1 == octets.length()) {
        out.append(c);
        i++;
        continue;
      }
      char escaped = octets.charAt(i + 1);
      i += 2;
      switch (escaped) {
        case 'r' -> out.append('\r');
        case 'n' -> out.append('\n');
        case 't' -> out.append('\t');
        case 'x' -> {
          out.append((char) Integer.parseInt(octets.substring(i, i + 2), 16));
          i += 2;
        }
        default -> out.append(escaped);
      }
    }
    return out.toString();
  }
}
