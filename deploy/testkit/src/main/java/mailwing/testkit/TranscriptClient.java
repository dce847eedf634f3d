package mailwing.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/// A client that sends and reads octets; in its Strings each octet is one character (Latin-1).
public final class TranscriptClient implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 20_000;

  private Socket socket;
  private InputStream in;
  private OutputStream out;
  private InputStream clearIn;
  private OutputStream clearOut;

  private TranscriptClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
    this.out = socket.getOutputStream();
    this.clearIn = in;
    this.clearOut = out;
  }

  /// Connects to loopback.
  public static TranscriptClient connect(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    return new TranscriptClient(socket);
  }

  /// Sends octets as they are.
  public void send(String octets) throws IOException {
    out.write(octets.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  /// Ends our side of the stream.
  public void endOutput() throws IOException {
    socket.shutdownOutput();
  }

  /// The next line, without its CRLF; a line ended otherwise is an error.
  public String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      int octet = read(line);
      if (octet == '\n') {
        String text = line.toString(StandardCharsets.ISO_8859_1);
        if (!text.endsWith("\r")) {
          throw new AssertionError("a line that ends with a bare LF: " + text);
        }
        return text.substring(0, text.length() - 1);
      }
      line.write(octet);
    }
  }

  /// Lines up to and without the one that is a lone dot.
  public String multiline() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String line = line(); !line.equals("."); line = line()) {
      lines.append(line).append("\r\n");
    }
    return lines.toString();
  }

  /// Exactly so many octets.
  public String octets(int count) throws IOException {
    byte[] octets = in.readNBytes(count);
    return new String(octets, StandardCharsets.ISO_8859_1);
  }

  /// Exactly these octets come next.
  public void expect(String octets) throws IOException {
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    for (int i = 0; i < octets.length(); i++) {
      int octet = read(got);
      got.write(octet);
      if (octet != octets.charAt(i)) {
        throw new AssertionError(
            "octet " + i + " differs; got: " + got.toString(StandardCharsets.ISO_8859_1));
      }
    }
  }

  /// The server has ended the stream and sent nothing more.
  public void expectEnd() throws IOException {
    int octet;
    try {
      octet = in.read();
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the stream goes on", e);
    } catch (IOException e) {
      return;
    }
    if (octet >= 0) {
      throw new AssertionError(
          "got more: "
              + (char) octet
              + new String(in.readNBytes(in.available()), StandardCharsets.ISO_8859_1));
    }
  }

  /// Shakes hands.
  public void startTls(SSLContext context) throws IOException {
    SSLSocket tls =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, "localhost", socket.getPort(), true);
    tls.startHandshake();
    socket = tls;
    in = new BufferedInputStream(tls.getInputStream());
    out = tls.getOutputStream();
  }

  /// Deflates and inflates from now on (RFC 4978), as zlib does it in C clients.
  public void compress() throws IOException {
    clearIn = in;
    clearOut = out;
    out = new DeflaterOutputStream(out, new Deflater(6, true), true);
    in = new Inflating(in);
  }

  /// Ends our deflating by a last block, and goes on behind the server's (RFC 8437 §4.1).
  public void decompress() throws IOException {
    if (!(out instanceof DeflaterOutputStream deflating && in instanceof Inflating inflating)) {
      throw new IllegalStateException("not compressed");
    }
    deflating.finish();
    clearOut.flush();
    if (inflating.read() >= 0) {
      throw new AssertionError("more came compressed");
    }
    in = new SequenceInputStream(inflating.rest(), clearIn);
    out = clearOut;
  }

  private static final class Inflating extends InflaterInputStream {
    Inflating(InputStream in) {
      super(in, new Inflater(true));
    }

    /// What was read and is behind the last block.
    InputStream rest() {
      return new ByteArrayInputStream(buf, len - inf.getRemaining(), inf.getRemaining());
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private int read(ByteArrayOutputStream sofar) throws IOException {
    int octet;
    try {
      octet = in.read();
    } catch (SocketTimeoutException e) {
      throw new AssertionError(
          "nothing more came; so far: " + sofar.toString(StandardCharsets.ISO_8859_1), e);
    }
    if (octet < 0) {
      throw new EOFException(
          "the server ended the stream; so far: " + sofar.toString(StandardCharsets.ISO_8859_1));
    }
    return octet;
  }
}
