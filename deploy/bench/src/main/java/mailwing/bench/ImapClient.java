package mailwing.bench;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /// Takes each untagged line of an answer, literals left out.
  interface Untagged {
    void take(Line line) throws IOException;
  }

  private static final Untagged NOBODY = line -> {};

  private final LineSocket socket;
  private int tag;
  private int fetches;
  private long literalOctets;

  /// An answer must begin within two minutes.
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
    command(command, NOBODY);
  }

  void command(String command, Untagged untagged) throws IOException {
    finish(send(command), untagged);
  }

  /// Sends one command and does not wait for its answer, which must be read before the next.
  void begin(String command) throws IOException {
    send(command);
    socket.flush();
  }

  private String send(String command) throws IOException {
    String name = "a" + ++tag + " ";
    socket.write(name);
    socket.write(command);
    socket.write("\r\n");
    return name;
  }

  /// Reads the answer of what was begun.
  void end(Untagged untagged) throws IOException {
    finish("a" + tag + " ", untagged);
  }

  /// Appends with a synchronising literal, as most clients do.
  void append(String mailbox, byte[] message) throws IOException {
    String name = send("APPEND " + mailbox + " {" + message.length + "}");
    awaitContinuation(name);
    socket.write(message);
    socket.write("\r\n");
    finish(name, NOBODY);
  }

  /// Appends several messages with one command.
  ///
  /// @param atOnce the server takes literals that do not wait for it
  void append(String mailbox, List<Appended> messages, boolean atOnce) throws IOException {
    String name = "a" + ++tag + " ";
    String before = name + "APPEND " + mailbox;
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
    finish(name, NOBODY);
  }

  private void awaitContinuation(String name) throws IOException {
    Line line = socket.nextLine();
    while (!line.startsWith("+")) {
      if (line.startsWith(name)) {
        throw new Refused(line.toString());
      }
      line = socket.nextLine();
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
    finish("idle ", NOBODY);
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

  /// Takes each literal of an answer, after the line that announces it.
  interface Literals {
    void take(String line, byte[] octets) throws IOException;
  }

  /// Sends a command whose literals are wanted.
  void read(String command, Literals literals) throws IOException {
    finish(send(command), NOBODY, literals);
  }

  private void finish(String name, Untagged untagged) throws IOException {
    finish(name, untagged, null);
  }

  /// @param name the tag and a space
  /// @param literals null where they are not wanted
  private void finish(String name, Untagged untagged, @Nullable Literals literals)
      throws IOException {
    fetches = 0;
    literalOctets = 0;
    while (true) {
      Line line = socket.nextLine();
      if (line.startsWith(name)) {
        if (!line.startsWith("OK", name.length())) {
          throw new Refused(line.toString());
        }
        return;
      }
      if (isFetch(line)) {
        fetches++;
      }
      untagged.take(line);
      for (long octets = announced(line); octets >= 0; octets = announced(socket.nextLine())) {
        literalOctets += octets;
        if (literals == null) {
          socket.skip(octets);
        } else {
          String before = line.toString();
          literals.take(before, socket.read(Math.toIntExact(octets)));
        }
      }
    }
  }

  /// How long the literal is that comes after the line, or -1.
  private static long announced(Line line) {
    int last = line.length() - 1;
    if (last < 1 || line.charAt(last) != '}') {
      return -1;
    }
    int open = line.lastIndexOf('{');
    return open < 0 ? -1 : Long.parseLong(line, open + 1, last, 10);
  }

  /// `* 23 FETCH (`
  static boolean isFetch(Line line) {
    int space = line.indexOf(' ', 2);
    return space > 0 && line.startsWith("FETCH (", space + 1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
