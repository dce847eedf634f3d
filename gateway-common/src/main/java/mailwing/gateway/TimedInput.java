package mailwing.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;

/// A socket's input that must be read within a time altogether, however it trickles.
final class TimedInput extends InputStream {
  private final Socket socket;
  private final InputStream in;
  private final long until;

  TimedInput(Socket socket, Duration time) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
    this.until = System.nanoTime() + time.toNanos();
  }

  @Override
  public int read() throws IOException {
    arm();
    return in.read();
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    arm();
    return in.read(target, offset, length);
  }

  private void arm() throws IOException {
    long millis = (until - System.nanoTime()) / 1_000_000;
    if (millis <= 0) {
      throw new SocketTimeoutException("PROXY header took too long");
    }
    socket.setSoTimeout((int) Math.min(millis, Integer.MAX_VALUE));
  }
}
