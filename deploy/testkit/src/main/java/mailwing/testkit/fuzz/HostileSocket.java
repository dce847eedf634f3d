package mailwing.testkit.fuzz;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/// A client's socket for a protocol of lines. What is sent goes out on a thread of its own, in
/// pieces that the seed cuts, so that a server which stops reading until its replies are read holds
/// nobody up. Each character is an octet.
public final class HostileSocket implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 60_000;
  private static final int HISTORY = 80;
  private static final int SHOWN = 400;

  private final Random random;
  private final Deque<String> history = new ArrayDeque<>();
  private final Socket plain;
  private Socket socket;
  private InputStream in;
  private OutputStream out;
  private @Nullable Thread sender;

  public HostileSocket(int port, Random random) throws IOException {
    this.random = random;
    plain = new Socket(InetAddress.getLoopbackAddress(), port);
    plain.setSoTimeout(PATIENCE_MILLIS);
    plain.setTcpNoDelay(true);
    socket = plain;
    in = new BufferedInputStream(plain.getInputStream());
    out = plain.getOutputStream();
  }

  /// Shakes hands. What the server had sent in the clear after its reply is an error.
  public void startTls(SSLContext context) throws IOException {
    settle();
    if (in.available() > 0) {
      throw new AssertionError("octets in the clear before the handshake");
    }
    SSLSocket tls =
        (SSLSocket)
            context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
    tls.startHandshake();
    socket = tls;
    in = new BufferedInputStream(socket.getInputStream());
    out = socket.getOutputStream();
    note("(TLS)");
  }

  /// Sends when what was sent before is out; does not wait for it.
  public void send(String octets) throws IOException {
    settle();
    note("C: " + shown(octets));
    byte[] all = octets.getBytes(StandardCharsets.ISO_8859_1);
    boolean whole = random.nextInt(4) > 0;
    int largest = 1 + random.nextInt(Math.max(1, all.length));
    boolean slow = all.length < 400 && random.nextInt(12) == 0;
    int step = whole ? all.length : slow ? 7 : Math.max(largest, all.length / 50);
    OutputStream to = out;
    sender = Thread.startVirtualThread(() -> write(to, all, Math.max(1, step), slow));
  }

  private static void write(OutputStream to, byte[] all, int step, boolean slow) {
    try {
      for (int at = 0; at < all.length; at += step) {
        to.write(all, at, Math.min(step, all.length - at));
        to.flush();
        if (slow) {
          Thread.sleep(1);
        }
      }
    } catch (IOException e) {
      // The session has ended; what the server said is still read.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Waits until everything is sent.
  public void settle() throws IOException {
    Thread running = sender;
    if (running == null) {
      return;
    }
    try {
      if (!running.join(java.time.Duration.ofMillis(PATIENCE_MILLIS))) {
        throw new AssertionError("the server takes no more");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    sender = null;
  }

  /// Has something come already?
  public boolean hasInput() throws IOException {
    return in.available() > 0;
  }

  /// The next line up to CRLF, without it; null at the end. With `strict`, a CR or LF that is alone
  /// and a NUL are errors, as is a line of more than so many octets.
  public @Nullable String line(int most, boolean strict) throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      int octet = in.read();
      if (octet < 0) {
        if (!line.isEmpty()) {
          throw new AssertionError("the stream ended within a line: " + shown(line.toString()));
        }
        note("(the end)");
        return null;
      }
      line.append((char) octet);
      int length = line.length();
      if (octet == '\n' && length > 1 && line.charAt(length - 2) == '\r') {
        line.setLength(length - 2);
        String text = line.toString();
        if (strict && text.chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0)) {
          throw new AssertionError("a bare line end or NUL in " + shown(text));
        }
        note("S: " + shown(text));
        return text;
      }
      if (length > most) {
        throw new AssertionError("a line without end: " + shown(line.toString()));
      }
    }
  }

  /// The next octet, -1 at the end.
  public int octet() throws IOException {
    return in.read();
  }

  /// Sends no more; reads on.
  public void endOutput() throws IOException {
    settle();
    note("(end of output)");
    socket.shutdownOutput();
  }

  /// Ends the connection by a reset, in the midst of whatever it is in.
  public void cut() throws IOException {
    note("(cut)");
    plain.setSoLinger(true, 0);
    plain.close();
  }

  private synchronized void note(String line) {
    if (history.size() == HISTORY) {
      history.removeFirst();
    }
    history.add(line);
  }

  /// What was said last, for a failure's message.
  public synchronized String told() {
    return history.stream().collect(Collectors.joining("\n"));
  }

  private static String shown(String octets) {
    String start = octets.substring(0, Math.min(octets.length(), SHOWN));
    return start
            .replace("\\", "\\\\")
            .replace("\r", "\\r")
            .replace("\n", "\\n")
            .replace("\0", "\\0")
        + (octets.length() > SHOWN ? "... (" + octets.length() + " octets)" : "");
  }

  @Override
  public void close() throws IOException {
    plain.close();
  }
}
