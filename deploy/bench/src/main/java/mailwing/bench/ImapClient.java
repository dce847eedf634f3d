package mailwing.bench;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;

/// An IMAP client that sends a command and reads to its tagged reply, skipping literals.
final class ImapClient implements Closeable {
  /// The server said NO or BAD.
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1;

    Refused(String line) {
      super(line);
    }
  }

  /// A message of an APPEND, after its flags and date.
  static final class Appended {
    private final String before;
    private final byte[] octets;

    Appended(String before, byte[] octets) {
      this.before = before;
      this.octets = octets;
    }
  }

  private final LineSocket socket;
  private int tag;
  private int fetches;
  private long literalOctets;
  private String lastFetch = "";

  ImapClient(String host, int port) throws IOException {
    this(new LineSocket(host, port));
  }

  ImapClient(LineSocket socket) throws IOException {
    this.socket = socket;
    String greeting = socket.readLine();
    if (!greeting.startsWith("* OK")) {
      throw new IOException("greeting: " + greeting);
    }
  }

  void login(String user, String password) throws IOException {
    command("LOGIN \"" + user + "\" \"" + password + "\"");
  }

  void command(String command) throws IOException {
    command(command, line -> {});
  }

  /// Sends one command; each untagged line (literals left out) goes to `untagged`.
  void command(String command, Consumer<String> untagged) throws IOException {
    begin(command);
    end(untagged);
  }

  /// Sends one command and does not wait for its answer, which must be read before the next.
  void begin(String command) throws IOException {
    socket.write("a" + ++tag + " " + command + "\r\n");
  }

  /// Reads the answer of what was begun.
  void end(Consumer<String> untagged) throws IOException {
    finish("a" + tag, untagged);
  }

  /// Appends with a synchronising literal, as most clients do.
  void append(String mailbox, byte[] message) throws IOException {
    String name = "a" + ++tag;
    socket.write(name + " APPEND " + mailbox + " {" + message.length + "}\r\n");
    awaitContinuation(name);
    byte[] data = new byte[message.length + 2];
    System.arraycopy(message, 0, data, 0, message.length);
    System.arraycopy("\r\n".getBytes(StandardCharsets.US_ASCII), 0, data, message.length, 2);
    socket.write(data);
    finish(name, untagged -> {});
  }

  /// Appends several messages with one command.
  ///
  /// @param atOnce the server takes literals that do not wait for it
  void append(String mailbox, List<Appended> messages, boolean atOnce) throws IOException {
    String name = "a" + ++tag;
    String before = name + " APPEND " + mailbox;
    for (Appended message : messages) {
      int length = message.octets.length;
      String space = message.before.isEmpty() ? "" : " ";
      socket.write(before + space + message.before + " {" + length + (atOnce ? "+}\r\n" : "}\r\n"));
      if (!atOnce) {
        awaitContinuation(name);
      }
      socket.write(message.octets);
      before = "";
    }
    socket.write("\r\n");
    finish(name, untagged -> {});
  }

  private void awaitContinuation(String name) throws IOException {
    String line = socket.readLine();
    while (!line.startsWith("+")) {
      if (line.startsWith(name)) {
        throw new Refused(line);
      }
      line = socket.readLine();
    }
  }

  /// Commands may take many minutes from now on.
  void waitLong() throws IOException {
    socket.waitLong();
  }

  /// Starts IDLE; [#readLine] then tells what is pushed.
  void idle() throws IOException {
    socket.write("idle IDLE\r\n");
    String line = socket.readLine();
    while (!line.startsWith("+")) {
      line = socket.readLine();
    }
  }

  void done() throws IOException {
    socket.write("DONE\r\n");
    finish("idle", untagged -> {});
  }

  String readLine() throws IOException {
    return socket.readLine();
  }

  long octetsRead() {
    return socket.octetsRead();
  }

  /// How many FETCH answers came with the last command.
  int fetches() {
    return fetches;
  }

  /// Octets of all literals of the last command's answer.
  long literalOctets() {
    return literalOctets;
  }

  /// The last FETCH answer, without its literals.
  String lastFetch() {
    return lastFetch;
  }

  /// Takes each literal of an answer, after the line that announces it.
  interface Literals {
    void take(String line, byte[] octets) throws IOException;
  }

  /// Sends a command whose literals are wanted.
  void read(String command, Literals literals) throws IOException {
    String name = "a" + ++tag;
    socket.write(name + " " + command + "\r\n");
    finish(
        name,
        untagged -> {},
        (line, octets) -> literals.take(line, socket.read(Math.toIntExact(octets))));
  }

  private interface Reading {
    void literal(String line, long octets) throws IOException;
  }

  private void finish(String name, Consumer<String> untagged) throws IOException {
    finish(name, untagged, (line, octets) -> socket.skip(octets));
  }

  private void finish(String name, Consumer<String> untagged, Reading reading) throws IOException {
    fetches = 0;
    literalOctets = 0;
    String prefix = name + " ";
    while (true) {
      String line = socket.readLine();
      if (line.startsWith(prefix)) {
        if (!line.startsWith("OK", prefix.length())) {
          throw new Refused(line);
        }
        return;
      }
      String first = line;
      int open;
      while (line.endsWith("}") && (open = line.lastIndexOf('{')) >= 0) {
        long octets = Long.parseLong(line, open + 1, line.length() - 1, 10);
        literalOctets += octets;
        reading.literal(line, octets);
        line = socket.readLine();
      }
      if (isFetch(first)) {
        fetches++;
        lastFetch = first;
      }
      untagged.accept(first);
    }
  }

  /// `* 23 FETCH (`
  private static boolean isFetch(String line) {
    int space = line.indexOf(' ', 2);
    return space > 0 && line.startsWith("FETCH (", space + 1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
