package mailwing.smtp;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// A host that takes mail as a test wants it to, written apart from the gateway: what it reads, it
/// reads by its own rules.
final class Sink implements AutoCloseable {
  /// What a test may change about it.
  static final class Manners {
    volatile List<String> extensions =
        List.of(
            "PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES");
    volatile @Nullable SSLContext tls;
    volatile boolean brokenTls;

    /// What RCPT is answered, from its path.
    volatile UnaryOperator<String> rcpt = path -> "250 2.1.5 fine";

    /// What the message's end is answered; empty: the connection is cut.
    volatile UnaryOperator<String> end = data -> "250 2.0.0 taken";

    /// Cuts the connection when so many octets of DATA have come; -1 never.
    volatile int cutInData = -1;

    volatile boolean silentAtMail;

    /// `user password` that AUTH PLAIN has to say before MAIL; empty: nobody has to log in.
    volatile String login = "";

    /// How long each reply takes.
    volatile Duration pause = Duration.ZERO;

    /// More recipients than this are told to come in another transaction.
    volatile int mostRecipients = Integer.MAX_VALUE;
  }

  /// A message that was taken to its end.
  ///
  /// @param text its octets, each a character
  record Taken(String mail, List<String> rcpts, String text, boolean tls, int connection) {}

  final Manners manners = new Manners();
  final List<Taken> taken = new CopyOnWriteArrayList<>();
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger mostConnections = new AtomicInteger();

  /// Every command line.
  final List<String> commands = new CopyOnWriteArrayList<>();

  final List<String> violations = new CopyOnWriteArrayList<>();
  private final ServerSocket server;
  private final String name;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  Sink(String name, String address, int port) throws IOException {
    this.name = name;
    server = new ServerSocket();
    server.setReuseAddress(true);
    server.bind(new InetSocketAddress(address, port));
    Thread.ofVirtual().name("sink-" + name).start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /// Connections that are open now.
  int open() {
    return open.size();
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = server.accept();
        open.add(socket);
        mostConnections.accumulateAndGet(open.size(), Math::max);
        Thread.ofVirtual().start(() -> new Session(socket).run());
      } catch (IOException e) {
        return;
      }
    }
  }

  private final class Session {
    private final int number = connections.incrementAndGet();
    private Socket socket;
    private InputStream in = InputStream.nullInputStream();
    private boolean tls;
    private String mail = "";
    private boolean loggedIn;
    private final ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    private final List<String> rcpts = new ArrayList<>();

    Session(Socket socket) {
      this.socket = socket;
    }

    void run() {
      Socket accepted = socket;
      try (Socket first = accepted) {
        in = new BufferedInputStream(first.getInputStream());
        say("220 " + name + " sink");
        String line = line();
        while (line != null && obey(line)) {
          line = line();
        }
      } catch (IOException e) {
        // Cut, by one of the two.
        return;
      } finally {
        open.remove(accepted);
      }
    }

    private boolean obey(String line) throws IOException {
      commands.add(line);
      String verb = line.toUpperCase(Locale.ROOT).split("[ :]", 2)[0];
      switch (verb) {
        case "EHLO" -> ehlo();
        case "HELO" -> say("250 " + name);
        case "STARTTLS" -> startTls();
        case "MAIL" -> {
          if (manners.silentAtMail) {
            return pause();
          }
          if (!mail.isEmpty()) {
            violations.add("a transaction within one: " + line);
            say("503 5.5.1 nested MAIL command");
          } else if (!manners.login.isEmpty() && !loggedIn) {
            say("530 5.7.0 log in first");
          } else {
            mail = line;
            say("250 2.1.0 fine");
          }
        }
        case "AUTH" -> {
          String wanted = "\0" + manners.login.replace(' ', '\0');
          loggedIn =
              line.equals(
                  "AUTH PLAIN "
                      + Base64.getEncoder()
                          .encodeToString(wanted.getBytes(StandardCharsets.UTF_8)));
          say(loggedIn ? "235 2.7.0 fine" : "535 5.7.8 no");
        }
        case "RCPT" -> {
          String reply =
              rcpts.size() >= manners.mostRecipients
                  ? "452 4.5.3 too many recipients"
                  : manners.rcpt.apply(line.replaceAll(".*<(.*)>.*", "$1"));
          if (reply.startsWith("2")) {
            rcpts.add(line);
          }
          say(reply);
        }
        case "DATA" -> {
          return data();
        }
        case "BDAT" -> {
          return chunk(line);
        }
        case "RSET" -> {
          reset();
          say("250 2.0.0 fine");
        }
        case "QUIT" -> {
          say("221 2.0.0 bye");
          return false;
        }
        default -> {
          violations.add("unknown command: " + line);
          say("500 5.5.1 what");
        }
      }
      return true;
    }

    private void reset() {
      mail = "";
      rcpts.clear();
      chunks.reset();
    }

    /// RFC 3030 §2.
    private boolean chunk(String line) throws IOException {
      String[] words = line.split(" ", -1);
      byte[] octets = in.readNBytes(Integer.parseInt(words[1]));
      if (rcpts.isEmpty()) {
        say("503 5.5.1 no valid recipients");
        return true;
      }
      chunks.writeBytes(octets);
      if (words.length < 3) {
        say("250 2.0.0 more");
        return true;
      }
      return take(chunks.toString(StandardCharsets.ISO_8859_1));
    }

    private boolean pause() {
      try {
        Thread.sleep(60_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return false;
    }

    private void ehlo() throws IOException {
      List<String> lines = new ArrayList<>();
      lines.add(name);
      lines.addAll(manners.extensions);
      if (manners.tls != null && !tls) {
        lines.add("STARTTLS");
      }
      for (int i = 0; i < lines.size(); i++) {
        say("250" + (i < lines.size() - 1 ? "-" : " ") + lines.get(i));
      }
    }

    private void startTls() throws IOException {
      say("220 2.0.0 go");
      if (manners.brokenTls) {
        socket.getOutputStream().write("this is no handshake".getBytes(StandardCharsets.US_ASCII));
        socket.close();
        return;
      }
      SSLContext context = manners.tls;
      if (context == null) {
        throw new IOException("no TLS here");
      }
      SSLSocket secure =
          (SSLSocket)
              context.getSocketFactory().createSocket(socket, null, server.getLocalPort(), true);
      secure.setUseClientMode(false);
      secure.startHandshake();
      socket = secure;
      in = new BufferedInputStream(secure.getInputStream());
      tls = true;
    }

    /// Reads to `<CRLF>.<CRLF>` octet by octet; a CR or LF that is alone is a violation.
    private boolean data() throws IOException {
      if (rcpts.isEmpty()) {
        say("554 5.5.1 no valid recipients");
        return true;
      }
      say("354 go");
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      StringBuilder line = new StringBuilder();
      while (true) {
        int octet = in.read();
        if (octet < 0) {
          return false;
        }
        if (manners.cutInData >= 0 && out.size() + line.length() >= manners.cutInData) {
          return false;
        }
        if (octet == '\r') {
          if (in.read() != '\n') {
            violations.add("a bare CR in DATA");
          }
          if (line.toString().equals(".")) {
            break;
          }
          String text = line.toString();
          String plain = text.startsWith(".") ? text.substring(1) : text;
          out.writeBytes((plain + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
          line.setLength(0);
        } else {
          if (octet == '\n') {
            violations.add("a bare LF in DATA");
          }
          line.append((char) octet);
        }
      }
      return take(out.toString(StandardCharsets.ISO_8859_1));
    }

    private boolean take(String text) throws IOException {
      taken.add(new Taken(mail, List.copyOf(rcpts), text, tls, number));
      String reply = manners.end.apply(mail);
      reset();
      if (reply.isEmpty()) {
        return false;
      }
      say(reply);
      return true;
    }

    private void say(String line) throws IOException {
      if (!manners.pause.isZero()) {
        try {
          Thread.sleep(manners.pause);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
    }

    private @Nullable String line() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      while (true) {
        int octet = in.read();
        if (octet < 0) {
          return null;
        }
        if (octet == '\n') {
          String text = line.toString(StandardCharsets.UTF_8);
          if (!text.endsWith("\r")) {
            violations.add("a bare LF after " + text);
            return text;
          }
          return text.substring(0, text.length() - 1);
        }
        line.write(octet);
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
