package mailwing.smtp.client;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import mailwing.service.Secret;
import org.jspecify.annotations.Nullable;

/// A connection to a host, greeted, under TLS where that is wanted, and good for one message after
/// the other.
public final class Dialog implements AutoCloseable {
  /// The status of a TLS handshake that failed.
  public static final String NO_HANDSHAKE = "4.7.5";

  private final ClientTimes times;
  private final String helo;
  private final InetSocketAddress address;
  private Socket socket;
  private ReplyReader in;
  private OutputStream out;
  private Map<String, String> extensions = Map.of();
  private @Nullable String tls;
  private int messages;

  private Dialog(Socket socket, InetSocketAddress address, String helo, ClientTimes times)
      throws IOException {
    this.socket = socket;
    this.address = address;
    this.helo = helo;
    this.times = times;
    this.in = new ReplyReader(socket.getInputStream());
    this.out = output(socket);
  }

  private static OutputStream output(Socket socket) throws IOException {
    return new BufferedOutputStream(socket.getOutputStream(), 32 << 10);
  }

  /// Connects; under TLS from the first octet where a context is given.
  ///
  /// @param helo the name to greet with
  /// @param implicit how, else null
  public static Dialog connect(
      InetSocketAddress address, String helo, ClientTimes times, @Nullable Encryption implicit)
      throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.connect(address, millis(times.connect()));
    } catch (IOException e) {
      socket.close();
      throw new HostException(
          "4.4.1",
          "no connection to "
              + address.getAddress().getHostAddress()
              + " port "
              + address.getPort()
              + ": "
              + e.getMessage(),
          e);
    }
    Dialog dialog = new Dialog(socket, address, helo, times);
    try {
      if (implicit != null) {
        dialog.encrypt(implicit);
      }
      return dialog;
    } catch (IOException e) {
      dialog.close();
      throw e;
    }
  }

  /// How a connection is encrypted.
  ///
  /// @param context judges the certificate, and the names in it
  /// @param host the name that is asked for (SNI)
  public record Encryption(SSLContext context, String host) {}

  private static int millis(Duration time) {
    return Math.clamp(time.toMillis(), 1, Integer.MAX_VALUE);
  }

  /// Reads the 220.
  public HostReply greeting() throws IOException {
    return reply(times.greeting());
  }

  /// EHLO, or HELO where the host does not know that (RFC 5321 §3.2).
  public HostReply greet() throws IOException {
    HostReply reply = command("EHLO " + helo, times.greeting());
    extensions = Map.of();
    if (reply.isPermanent()) {
      return command("HELO " + helo, times.greeting());
    }
    if (reply.isPositive()) {
      Map<String, String> said = new HashMap<>();
      for (String line : reply.lines().subList(1, reply.lines().size())) {
        int space = line.indexOf(' ');
        said.put(
            (space < 0 ? line : line.substring(0, space)).toUpperCase(Locale.ROOT),
            space < 0 ? "" : line.substring(space + 1).strip());
      }
      extensions = said;
    }
    return reply;
  }

  public boolean offers(String extension) {
    return extensions.containsKey(extension);
  }

  /// An extension's parameters; empty where it has none or is not offered.
  String parameters(String extension) {
    return extensions.getOrDefault(extension, "");
  }

  /// STARTTLS (RFC 3207): what was said before does not count any more, and what the host sent
  /// before the handshake is refused.
  public HostReply startTls(Encryption encryption) throws IOException {
    HostReply reply = command("STARTTLS", times.greeting());
    if (reply.code() == 220) {
      if (in.hasBuffered()) {
        throw new HostException(NO_HANDSHAKE, "the host says more than 220 before the handshake");
      }
      encrypt(encryption);
    }
    return reply;
  }

  private void encrypt(Encryption encryption) throws IOException {
    SSLSocket secure =
        (SSLSocket)
            encryption
                .context()
                .getSocketFactory()
                .createSocket(socket, encryption.host(), address.getPort(), true);
    socket = secure;
    secure.setSoTimeout(millis(times.greeting()));
    try {
      secure.startHandshake();
    } catch (IOException e) {
      throw new HostException(NO_HANDSHAKE, "the TLS handshake failed: " + e.getMessage(), e);
    }
    in = new ReplyReader(secure.getInputStream());
    out = output(secure);
    tls = secure.getSession().getProtocol() + " " + secure.getSession().getCipherSuite();
    extensions = Map.of();
  }

  /// AUTH PLAIN, or LOGIN where that alone is offered (RFC 4954); only ever under TLS.
  public HostReply authenticate(String user, Secret password) throws IOException {
    if (tls == null) {
      throw new HostException("4.7.0", "no password is sent in the clear");
    }
    String offered = " " + parameters("AUTH").toUpperCase(Locale.ROOT) + " ";
    Base64.Encoder base64 = Base64.getEncoder();
    if (offered.contains(" PLAIN ") || !offered.contains(" LOGIN ")) {
      String plain = "\0" + user + "\0" + password.reveal();
      return command(
          "AUTH PLAIN " + base64.encodeToString(plain.getBytes(StandardCharsets.UTF_8)),
          times.greeting());
    }
    HostReply asked = command("AUTH LOGIN", times.greeting());
    if (asked.isIntermediate()) {
      asked =
          command(base64.encodeToString(user.getBytes(StandardCharsets.UTF_8)), times.greeting());
    }
    return asked.isIntermediate()
        ? command(base64.encodeToString(password.revealOctets()), times.greeting())
        : asked;
  }

  /// Puts a line into the buffer. Whoever makes it sees to it that nothing in it ends a line: this
  /// is the last look.
  void say(String line) throws IOException {
    if (line.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
      throw new IllegalArgumentException("a control character in a command");
    }
    out.write(line.getBytes(StandardCharsets.UTF_8));
    out.write('\r');
    out.write('\n');
  }

  void flush() throws IOException {
    try {
      out.flush();
    } catch (IOException e) {
      throw lost(e);
    }
  }

  HostReply command(String line, Duration time) throws IOException {
    say(line);
    flush();
    return reply(time);
  }

  HostReply reply(Duration time) throws IOException {
    try {
      socket.setSoTimeout(millis(time));
      return in.read();
    } catch (HostException e) {
      throw e;
    } catch (SocketTimeoutException e) {
      throw new HostException("4.4.2", "the host did not answer in " + time.toSeconds() + " s", e);
    } catch (IOException e) {
      throw lost(e);
    }
  }

  private static HostException lost(IOException e) {
    return new HostException("4.4.2", "the connection was lost: " + e.getMessage(), e);
  }

  /// For the message's octets. Each write may take as long as a block may: a host that takes
  /// nothing is cut off.
  OutputStream data() {
    return new OutputStream() {
      @Override
      public void write(int octet) throws IOException {
        out.write(octet);
      }

      @Override
      public void write(byte[] octets, int offset, int length) throws IOException {
        try (var _ = Watch.over(socket, times.dataBlock())) {
          out.write(octets, offset, length);
        } catch (IOException e) {
          throw lost(e);
        }
      }

      @Override
      public void flush() throws IOException {
        try (var _ = Watch.over(socket, times.dataBlock())) {
          out.flush();
        } catch (IOException e) {
          throw lost(e);
        }
      }
    };
  }

  ClientTimes times() {
    return times;
  }

  /// TLS protocol and cipher suite; empty in the clear.
  public String tls() {
    String active = tls;
    return active == null ? "" : active;
  }

  public InetSocketAddress address() {
    return address;
  }

  /// The address that this side of the connection has.
  public String localAddress() {
    return socket.getLocalAddress().getHostAddress();
  }

  void messageSent() {
    messages++;
  }

  /// Messages that this dialog has carried.
  public int messages() {
    return messages;
  }

  /// Is it still good for a message?
  public boolean isOpen() {
    return !socket.isClosed();
  }

  /// Hangs up within whatever is going on.
  public void abort() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone anyway.
      return;
    }
  }

  /// Says QUIT and waits for no answer.
  @Override
  public void close() {
    try (Socket open = socket) {
      if (!open.isClosed()) {
        try (var _ = Watch.over(open, Duration.ofSeconds(5))) {
          out.write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
          out.flush();
        }
      }
    } catch (IOException e) {
      // It is gone anyway.
      return;
    }
  }
}
