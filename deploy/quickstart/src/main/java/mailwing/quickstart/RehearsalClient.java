package mailwing.quickstart;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.SocketFactory;

/// A session of a rehearsal, told line by line.
final class RehearsalClient implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 60_000;

  private final Socket socket;
  private final BufferedReader in;
  private final OutputStream out;

  RehearsalClient(SocketFactory factory, int port) throws IOException {
    socket = factory.createSocket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    out = socket.getOutputStream();
  }

  void ask(String line, String answer) throws IOException {
    say(line);
    read(answer);
  }

  /// Sends a line, or several of a pipeline.
  void say(String lines) throws IOException {
    out.write((lines + "\r\n").getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  /// Reads up to the line that begins so.
  void read(String beginning) throws IOException {
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith(beginning)) {
        return;
      }
    }
    throw new IOException("the session ended before " + beginning);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
