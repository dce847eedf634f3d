package mailwing.imap.fuzz;

import com.google.protobuf.ByteString;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import mailwing.testkit.TestTls;
import mailwing.testkit.imap.ImapResponse;
import mailwing.testkit.imap.ImapResponseReader;
import org.jspecify.annotations.Nullable;

/// A client that checks each response: in the grammar, one tagged response a command in their order
/// or BYE and the end, and numbers that are right ([Numbering]).
public final class HostileClient implements AutoCloseable, CommandGenerator.Situation {
  private static final int PATIENCE_MILLIS = 60_000;
  private static final int HISTORY = 60;

  // What changes the stream, in the languages there are.
  private static final Set<String> TLS_BEGINS =
      Set.of("Begin TLS negotiation now", "Jetzt die TLS-Aushandlung beginnen");
  private static final Set<String> COMPRESSION_BEGINS =
      Set.of("DEFLATE active", "DEFLATE ist aktiv");
  private static final Set<String> COMPRESSION_ENDS =
      Set.of(
          "Logged out of the account, no longer compressed",
          "Vom Konto abgemeldet, nicht mehr komprimiert");

  private final String user;
  private final String partner;
  private final List<String> shared;
  private final Numbering numbering = new Numbering();
  private final Set<String> capabilities = new HashSet<>();
  private final List<String> contexts = new ArrayList<>();
  private final Deque<Object> history = new ArrayDeque<>();
  private final List<ImapResponse> responses = new ArrayList<>();
  private final Socket plain;
  private Socket socket;
  private InputStream in;
  private OutputStream out;
  // What COMPRESS is put on.
  private InputStream below;
  private OutputStream belowOut;
  private ImapResponseReader reader;
  private boolean loggedIn;
  private boolean farewell;
  private boolean ended;
  private int tags;

  public HostileClient(int port, String user) throws IOException {
    this(port, user, user, List.of());
  }

  /// One that knows of another user, and of mailboxes of that one's.
  HostileClient(int port, String user, String partner, List<String> shared) throws IOException {
    this.user = user;
    this.partner = partner;
    this.shared = shared;
    this.plain = new Socket(InetAddress.getLoopbackAddress(), port);
    this.socket = plain;
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
    this.below = in;
    this.belowOut = out;
    this.reader = new ImapResponseReader(in);
    ImapResponse greeting = Objects.requireNonNull(reader.next());
    note(greeting);
    capabilities(greeting.code());
  }

  public String nextTag() {
    return "t" + ++tags;
  }

  public Numbering numbering() {
    return numbering;
  }

  public boolean ended() {
    return ended;
  }

  @Override
  public String state() {
    return !loggedIn ? "command-nonauth" : numbering.selected() ? "command-select" : "command-auth";
  }

  @Override
  public Set<String> capabilities() {
    return capabilities;
  }

  @Override
  public List<Long> uids() {
    return numbering.uids();
  }

  @Override
  public long uidValidity() {
    return numbering.uidValidity();
  }

  @Override
  public String user() {
    return user;
  }

  @Override
  public String other() {
    return HostileRound.OTHER;
  }

  @Override
  public String partner() {
    return partner;
  }

  @Override
  public List<String> shared() {
    return shared;
  }

  @Override
  public List<String> contexts() {
    return contexts;
  }

  /// The untagged responses of the last command.
  public List<ImapResponse> responses() {
    return responses;
  }

  /// Sends one line and takes its responses; null if the session has ended.
  public @Nullable ImapResponse command(String text) throws IOException {
    String tag = nextTag();
    return run(Sent.of(tag, List.of(ByteString.copyFromUtf8(tag + " " + text + "\r\n"))));
  }

  /// Sends a command, waiting where it must, and takes its responses; null if the session has
  /// ended.
  @Nullable ImapResponse run(Sent sent) throws IOException {
    Deque<ByteString> rest = new ArrayDeque<>(sent.chunks());
    send(rest.pop());
    return answered(sent, rest);
  }

  /// Waits for `+` and says DONE.
  public @Nullable ImapResponse idle() throws IOException {
    String tag = nextTag();
    return run(
        Sent.of(
            tag,
            List.of(
                ByteString.copyFromUtf8(tag + " IDLE\r\n"), ByteString.copyFromUtf8("DONE\r\n"))));
  }

  /// Appends to INBOX; the answer's name.
  public String append(byte[] message) throws IOException {
    String tag = nextTag();
    ImapResponse response =
        run(
            Sent.of(
                tag,
                List.of(
                    ByteString.copyFromUtf8(tag + " APPEND INBOX {" + message.length + "}\r\n"),
                    ByteString.copyFrom(message).concat(ByteString.copyFromUtf8("\r\n")))));
    return response == null ? "" : response.name();
  }

  /// Sends commands in one go and takes all their responses.
  void pipeline(List<Sent> commands) throws IOException {
    ByteString all = ByteString.EMPTY;
    for (Sent sent : commands) {
      all = all.concat(sent.octets());
    }
    ByteString octets = all;
    Thread sender = Thread.startVirtualThread(() -> trySend(octets));
    for (Sent sent : commands) {
      if (!ended) {
        note("C: (in one go)");
        answered(sent, new ArrayDeque<>());
      }
    }
    try {
      sender.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private void trySend(ByteString octets) {
    try {
      send(octets);
    } catch (IOException e) {
      // The session has ended; what the server said is still read.
    }
  }

  private void send(ByteString octets) throws IOException {
    note("C: " + shown(octets));
    octets.writeTo(out);
    out.flush();
  }

  private @Nullable ImapResponse answered(Sent sent, Deque<ByteString> rest) throws IOException {
    if (sent.name().equals("SELECT") || sent.name().equals("EXAMINE")) {
      numbering.selecting();
    }
    responses.clear();
    while (true) {
      ImapResponse response = reader.next();
      note(response == null ? "(the end)" : response);
      if (response == null) {
        ended = true;
        if (!farewell) {
          throw new AssertionError("the session ended without BYE");
        }
        return null;
      }
      switch (response.tag()) {
        case "+" -> goOn(sent, rest);
        case "*" -> untagged(sent, response);
        default -> {
          if (!response.tag().equals(sent.tag())) {
            throw new AssertionError("an answer to " + response.tag());
          }
          if ("SERVERBUG".equals(response.code())) {
            throw new AssertionError("an internal error");
          }
          effect(sent, response);
          return response;
        }
      }
    }
  }

  private void goOn(Sent sent, Deque<ByteString> rest) throws IOException {
    if (!rest.isEmpty()) {
      send(rest.pop());
    } else if (sent.name().equals("AUTHENTICATE")) {
      send(ByteString.copyFromUtf8("*\r\n"));
    } else if (!sent.name().equals("IDLE") || !sent.mentions("\r\nDONE")) {
      throw new AssertionError("asked for more than there is");
    }
  }

  private void untagged(Sent sent, ImapResponse response) {
    responses.add(response);
    switch (response.name()) {
      case "BYE" -> {
        farewell = true;
        if ("SERVERBUG".equals(response.code())) {
          throw new AssertionError("an internal error");
        }
      }
      case "BAD", "NO" -> {
        if (response.code() == null) {
          throw new AssertionError("a condition that belongs to no command");
        }
      }
      case "CAPABILITY" -> capabilities(response.data());
      case "ENABLED" -> {
        numbering.enabled(response.data());
        if (response.data().contains("IMAP4rev2") || response.data().contains("UTF8=ACCEPT")) {
          reader.utf8(true);
        }
      }
      default -> numbering.take(response, sent.name());
    }
  }

  private void capabilities(@Nullable String code) {
    if (code != null && code.startsWith("CAPABILITY ")) {
      capabilities(List.of(code.substring(11).split(" ", -1)));
    }
  }

  private void capabilities(Collection<?> names) {
    capabilities.clear();
    names.forEach(name -> capabilities.add(name.toString().toUpperCase(Locale.ROOT)));
  }

  private void effect(Sent sent, ImapResponse response) throws IOException {
    boolean ok = response.name().equals("OK");
    String name = sent.name();
    if (name.equals("SELECT") || name.equals("EXAMINE")) {
      numbering.selected(ok || (response.name().equals("BAD") && numbering.selected()));
    }
    if (!ok) {
      return;
    }
    capabilities(response.code());
    if (sent.mentions("UPDATE") && !name.equals("CANCELUPDATE")) {
      contexts.add(sent.tag());
    }
    switch (name) {
      case "LOGIN", "AUTHENTICATE" -> loggedIn = true;
      case "SELECT", "EXAMINE" -> contexts.clear();
      case "CLOSE", "UNSELECT" -> {
        numbering.closed();
        contexts.clear();
      }
      case "CANCELUPDATE" -> contexts.removeIf(tag -> sent.text().contains("\"" + tag + "\""));
      case "UNAUTHENTICATE" -> {
        loggedIn = false;
        numbering.unauthenticated();
        endCompression();
        command("CAPABILITY");
      }
      case "NOTIFY" -> numbering.notifying();
      case "STARTTLS" -> startTls();
      case "COMPRESS" -> compress();
      case "LOGOUT" -> {
        ended = true;
        if (!farewell || reader.next() != null) {
          throw new AssertionError("LOGOUT did not end the session");
        }
      }
      default -> {}
    }
  }

  private void startTls() throws IOException {
    if (in.available() > 0) {
      throw new AssertionError("octets after the answer of STARTTLS");
    }
    socket =
        TestTls.shared()
            .clientContext()
            .getSocketFactory()
            .createSocket(plain, "localhost", plain.getPort(), true);
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
    below = in;
    belowOut = out;
    reader = reader.over(in);
    command("CAPABILITY");
  }

  private void compress() {
    in = new BufferedInputStream(new Inflated(in));
    out = new DeflaterOutputStream(out, new Deflater(6, true), true);
    reader = reader.over(in);
    capabilities.remove("COMPRESS=DEFLATE");
  }

  /// RFC 8437 §3: what follows the last block is not compressed; the language is the default one.
  private void endCompression() throws IOException {
    if (out instanceof DeflaterOutputStream deflated) {
      deflated.finish();
      in.transferTo(OutputStream.nullOutputStream());
      in = below;
      out = belowOut;
    }
    reader = new ImapResponseReader(in);
  }

  /// Sends everything, ends the sending side, and reads to the end: responses of the grammar alone.
  /// Their tags and names.
  static List<String> converse(int port, ByteString octets) throws IOException {
    List<String> names = new ArrayList<>();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      Thread.startVirtualThread(
          () -> {
            try {
              octets.writeTo(socket.getOutputStream());
              socket.shutdownOutput();
            } catch (IOException e) {
              // The session has ended; what the server said is still read.
            }
          });
      read(new BufferedInputStream(socket.getInputStream()), names);
    }
    return names;
  }

  private static void read(InputStream in, List<String> names) throws IOException {
    ImapResponseReader reader = new ImapResponseReader(in);
    for (ImapResponse response = reader.next(); response != null; response = reader.next()) {
      names.add(response.tag() + " " + response.name());
      if ("SERVERBUG".equals(response.code())) {
        throw new AssertionError("an internal error");
      }
      if (response.name().equals("ENABLED")
          && (response.data().contains("IMAP4rev2") || response.data().contains("UTF8=ACCEPT"))) {
        reader.utf8(true);
      }
      if (TLS_BEGINS.contains(response.text())) {
        // No handshake comes: TLS says so by an alert, and no command sent in clear is answered.
        int octet = in.read();
        if (octet != 21 && octet != -1) {
          throw new AssertionError("octet " + octet + " where TLS should begin");
        }
        return;
      }
      if (COMPRESSION_ENDS.contains(response.text())) {
        // The inflater may have taken octets that are not compressed: only the end is looked for.
        in.transferTo(OutputStream.nullOutputStream());
        return;
      }
      if (COMPRESSION_BEGINS.contains(response.text())) {
        reader = reader.over(new Inflated(in));
      }
    }
  }

  /// DEFLATE without a last block: the stream ends where the connection does (RFC 4978 §4).
  private static final class Inflated extends InflaterInputStream {
    Inflated(InputStream in) {
      super(in, new Inflater(true));
    }

    @Override
    public int read(byte[] octets, int offset, int length) throws IOException {
      try {
        return super.read(octets, offset, length);
      } catch (EOFException e) {
        return -1;
      }
    }
  }

  /// What was said last, for a failure's message.
  public synchronized String told() {
    return history.stream()
        .map(Object::toString)
        .map(line -> line.length() > 600 ? line.substring(0, 600) + "..." : line)
        .collect(Collectors.joining("\n"));
  }

  private synchronized void note(Object line) {
    if (history.size() == HISTORY) {
      history.removeFirst();
    }
    history.add(line);
  }

  static String shown(ByteString octets) {
    return octets
        .substring(0, Math.min(octets.size(), 2000))
        .toString(StandardCharsets.ISO_8859_1)
        .replace("\r", "\\r")
        .replace("\n", "\\n");
  }

  @Override
  public void close() throws IOException {
    socket.close();
    plain.close();
  }
}
