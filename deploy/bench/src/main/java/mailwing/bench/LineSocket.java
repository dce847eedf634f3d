package mailwing.bench;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/// A blocking connection that reads lines and counted octets with little work of its own, since the
/// load generator shares its processors with the server it measures.
final class LineSocket implements Closeable {
  private static final int TIMEOUT_MILLIS = 120_000;
  private static final int LONG_TIMEOUT_MILLIS = 3_600_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] buffer;
  private int position;
  private int limit;
  private long octetsRead;

  LineSocket(String host, int port) throws IOException {
    this(connect(host, port), 32 * 1024);
  }

  private LineSocket(Socket socket, int bufferOctets) throws IOException {
    this.socket = socket;
    buffer = new byte[bufferOctets];
    in = socket.getInputStream();
    out = socket.getOutputStream();
  }

  /// Over TLS; the certificate must be for `host` and trusted by `factory`.
  static LineSocket overTls(String host, int port, SSLSocketFactory factory) throws IOException {
    SSLSocket tls = (SSLSocket) factory.createSocket(connect(host, port), host, port, true);
    SSLParameters parameters = tls.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    tls.setSSLParameters(parameters);
    tls.startHandshake();
    return new LineSocket(tls, 32 * 1024);
  }

  /// Over TLS with whoever answers, and with little memory: for measuring thousands of connections.
  static LineSocket overAnyTls(String host, int port) throws IOException {
    SSLSocket tls =
        (SSLSocket) AnyServer.FACTORY.createSocket(connect(host, port), host, port, true);
    tls.startHandshake();
    return new LineSocket(tls, 1024);
  }

  private static Socket connect(String host, int port) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(new InetSocketAddress(host, port), 10_000);
    return socket;
  }

  /// Gives the other side an hour for each answer.
  void waitLong() throws IOException {
    socket.setSoTimeout(LONG_TIMEOUT_MILLIS);
  }

  void write(byte[] octets) throws IOException {
    out.write(octets);
  }

  void write(String ascii) throws IOException {
    out.write(ascii.getBytes(StandardCharsets.ISO_8859_1));
  }

  /// The next line without its line end.
  String readLine() throws IOException {
    StringBuilder line = new StringBuilder(80);
    while (true) {
      for (int i = position; i < limit; i++) {
        if (buffer[i] == '\n') {
          append(line, i);
          position = i + 1;
          int end = line.length();
          if (end > 0 && line.charAt(end - 1) == '\r') {
            line.setLength(end - 1);
          }
          return line.toString();
        }
      }
      append(line, limit);
      fill();
    }
  }

  private void append(StringBuilder line, int end) {
    line.append(new String(buffer, position, end - position, StandardCharsets.ISO_8859_1));
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
    long octets = -3;
    int state = 2; // a line starts
    while (true) {
      if (position == limit) {
        fill();
      }
      while (position < limit) {
        byte b = buffer[position++];
        octets++;
        state =
            switch (state) {
              case 2 -> b == '.' ? 3 : b == '\r' ? 1 : 0;
              case 3 -> b == '\r' ? 4 : 0;
              case 4 -> b == '\n' ? 5 : 0;
              case 1 -> b == '\n' ? 2 : b == '\r' ? 1 : 0;
              default -> b == '\r' ? 1 : 0;
            };
        if (state == 5) {
          return octets;
        }
      }
    }
  }

  long octetsRead() {
    return octetsRead;
  }

  private void fill() throws IOException {
    int count = in.read(buffer, 0, buffer.length);
    if (count < 0) {
      throw new EOFException("the server closed the connection");
    }
    position = 0;
    limit = count;
    octetsRead += count;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
