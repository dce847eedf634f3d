package mailwing.smtp;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// A client that sends octets and reads replies; a reply outside RFC 5321 §4.2's grammar is an
/// `AssertionError`.
final class SmtpClient implements AutoCloseable {
  private static final String STORED = "250 2.0.0 Stored as ";

  private Socket socket;
  private InputStream in;
  private OutputStream out;

  SmtpClient(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  /// Connected, and the greeting read.
  static SmtpClient greeted(int port) throws IOException {
    SmtpClient client = new SmtpClient(port);
    String greeting = client.reply();
    if (!greeting.startsWith("220 ")) {
      throw new AssertionError("greeting: " + greeting);
    }
    return client;
  }

  /// What logs in a user whose password is `wing`.
  static String plain(String address) {
    byte[] text = ("\0" + address + "\0wing").getBytes(StandardCharsets.UTF_8);
    return "AUTH PLAIN " + Base64.getEncoder().encodeToString(text);
  }

  /// Logs in a user whose password is `wing`, after EHLO.
  SmtpClient login(String address) throws IOException {
    command("EHLO client.test");
    must(plain(address), "235 ");
    return this;
  }

  private String must(String line, String answer) throws IOException {
    String reply = command(line);
    if (!reply.startsWith(answer)) {
      throw new AssertionError(line + " was answered " + reply);
    }
    return reply;
  }

  /// Submits a message by DATA, once it is logged in.
  ///
  /// @param recipients each a path in angle brackets, with or without parameters
  /// @param message to its last line's end, stuffed with dots
  /// @return the queue's id
  String submit(String mail, List<String> recipients, String message) throws IOException {
    must(mail, "250 ");
    for (String recipient : recipients) {
      must("RCPT TO:" + recipient, "250 ");
    }
    must("DATA", "354 ");
    send(message);
    return stored(command("."));
  }

  /// The queue's id of a message that was taken.
  static String stored(String reply) {
    if (!reply.startsWith(STORED)) {
      throw new AssertionError("not stored: " + reply);
    }
    return reply.substring(STORED.length());
  }

  void send(byte[] octets) throws IOException {
    out.write(octets);
    out.flush();
  }

  void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.UTF_8));
  }

  /// Sends a line and reads its reply.
  String command(String line) throws IOException {
    send(line + "\r\n");
    return reply();
  }

  /// A whole reply, its lines joined by LF; an `EOFException` at the stream's end.
  String reply() throws IOException {
    StringBuilder reply = new StringBuilder();
    while (true) {
      String line = line();
      if (!line.matches("[2-5][0-5][0-9](?:[ -][^\r\n\0]*)?")) {
        throw new AssertionError("not a reply line: " + line);
      }
      if (!reply.isEmpty() && !reply.substring(0, 3).equals(line.substring(0, 3))) {
        throw new AssertionError("codes differ: " + reply + " / " + line);
      }
      reply.append(reply.isEmpty() ? "" : "\n").append(line);
      if (line.length() == 3 || line.charAt(3) == ' ') {
        return reply.toString();
      }
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int octet = in.read();
      if (octet < 0) {
        throw new EOFException("stream ended after: " + line);
      }
      line.append((char) octet);
      if (line.length() > 1024) {
        throw new AssertionError("endless reply line");
      }
      if (octet == '\n') {
        if (line.length() < 2 || line.charAt(line.length() - 2) != '\r') {
          throw new AssertionError("bare LF in a reply");
        }
        return line.substring(0, line.length() - 2);
      }
    }
  }

  /// The next octet, -1 at the end of the stream.
  int octet() throws IOException {
    return in.read();
  }

  /// True at the end of the stream.
  boolean atEnd() throws IOException {
    return octet() < 0;
  }

  void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /// Shakes hands; any certificate will do.
  SmtpClient tls() throws IOException, GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustAll()}, null);
    SSLSocket tls =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
    tls.startHandshake();
    socket = tls;
    in = new BufferedInputStream(tls.getInputStream());
    out = tls.getOutputStream();
    return this;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static final class TrustAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
