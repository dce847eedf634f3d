package mailwing.bench;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/// A blocking connection that reads lines and counted octets with little work of its own, since the
/// load generator shares its processors with the server it measures. What is written is sent when
/// an answer is read, in as few pieces as it fits.
final class LineSocket implements Closeable {
  private static final int TIMEOUT_MILLIS = 120_000;
  private static final int LONG_TIMEOUT_MILLIS = 3_600_000;
  private static final int BUFFER_OCTETS = 64 * 1024;
  private static final int SMALL_BUFFER_OCTETS = 1024;
  private static final int LINE_OCTETS = 64 * 1024 * 1024;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] unsent;
  private int unsentOctets;
  private byte[] buffer;
  private int position;
  private int limit;
  private long octetsRead;
  private final Line line = new Line();

  /// An answer must begin within two minutes.
  LineSocket(String host, int port) throws IOException {
    this(connect(host, port, TIMEOUT_MILLIS), BUFFER_OCTETS);
  }

  private LineSocket(Socket socket, int bufferOctets) throws IOException {
    this.socket = socket;
    buffer = new byte[bufferOctets];
    unsent = new byte[bufferOctets];
    in = socket.getInputStream();
    out = socket.getOutputStream();
  }

  /// Waits for an answer as long as it takes, which saves the system a question each time: for one
  /// that is watched.
  static LineSocket untimed(String host, int port) throws IOException {
    return new LineSocket(connect(host, port, 0), BUFFER_OCTETS);
  }

  /// Over TLS; the certificate must be for `host` and trusted by `factory`.
  static LineSocket overTls(String host, int port, SSLSocketFactory factory) throws IOException {
    SSLSocket tls =
        (SSLSocket) factory.createSocket(connect(host, port, TIMEOUT_MILLIS), host, port, true);
    SSLParameters parameters = tls.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    tls.setSSLParameters(parameters);
    tls.startHandshake();
    return new LineSocket(tls, BUFFER_OCTETS);
  }

  /// Over TLS with whoever answers, and with little memory: for measuring thousands of connections.
  static LineSocket overAnyTls(String host, int port) throws IOException {
    SSLSocket tls =
        (SSLSocket)
            AnyServer.FACTORY.createSocket(connect(host, port, TIMEOUT_MILLIS), host, port, true);
    tls.startHandshake();
    return new LineSocket(tls, SMALL_BUFFER_OCTETS);
  }

  private static Socket connect(String host, int port, int timeoutMillis) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(timeoutMillis);
    socket.connect(new InetSocketAddress(host, port), 10_000);
    return socket;
  }

  /// Gives the other side an hour for each answer.
  void waitLong() throws IOException {
    socket.setSoTimeout(LONG_TIMEOUT_MILLIS);
  }

  void write(byte[] octets) throws IOException {
    if (octets.length > unsent.length - unsentOctets) {
      flush();
    }
    if (octets.length > unsent.length) {
      out.write(octets);
    } else {
      System.arraycopy(octets, 0, unsent, unsentOctets, octets.length);
      unsentOctets += octets.length;
    }
  }

  void write(String ascii) throws IOException {
    write(ascii.getBytes(StandardCharsets.ISO_8859_1));
  }

  /// Sends what was written now, before anything is read.
  void flush() throws IOException {
    if (unsentOctets > 0) {
      out.write(unsent, 0, unsentOctets);
      unsentOctets = 0;
    }
  }

  /// The next line, which is there until the next reading.
  Line nextLine() throws IOException {
    int searched = 0;
    while (true) {
      int end = Line.feed(buffer, position + searched, limit);
      if (end >= 0) {
        int from = position;
        position = end + 1;
        return line.set(buffer, from, end > from && buffer[end - 1] == '\r' ? end - 1 : end);
      }
      searched = limit - position;
      fill();
    }
  }

  /// The next line without its line end.
  String readLine() throws IOException {
    return nextLine().toString();
  }

  void skip(long octets) throws IOException {
    long left = octets;
    while (left > 0) {
      if (position == limit) {
        fill();
      }
      int step = (int) Math.min(left, limit - position);
      position += step;
      left -= step;
    }
  }

  /// Exactly that many octets.
  byte[] read(int octets) throws IOException {
    byte[] all = new byte[octets];
    int at = 0;
    while (at < octets) {
      if (position == limit) {
        fill();
      }
      int step = Math.min(octets - at, limit - position);
      System.arraycopy(buffer, position, all, at, step);
      position += step;
      at += step;
    }
    return all;
  }

  /// Reads to the end of a POP3 or SMTP multi-line answer, a line with a single dot, and tells how
  /// many octets came before that line.
  long skipToDotLine() throws IOException {
    long octets = 0;
    while (true) {
      Line next = nextLine();
      if (next.isDot()) {
        return octets;
      }
      octets += next.octets();
    }
  }

  long octetsRead() {
    return octetsRead;
  }

  /// Reads on, with what was not taken yet at the beginning of the buffer.
  private void fill() throws IOException {
    flush();
    int kept = limit - position;
    if (kept == buffer.length) {
      if (kept >= LINE_OCTETS) {
        throw new IOException("a line of more than " + LINE_OCTETS + " octets came");
      }
      buffer = Arrays.copyOf(buffer, 2 * kept);
    } else if (kept > 0) {
      System.arraycopy(buffer, position, buffer, 0, kept);
    }
    position = 0;
    limit = kept;
    int count = in.read(buffer, kept, buffer.length - kept);
    if (count < 0) {
      throw new EOFException("the server closed the connection");
    }
    limit += count;
    octetsRead += count;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
