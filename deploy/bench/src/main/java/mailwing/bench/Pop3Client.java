package mailwing.bench;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// A POP3 client.
final class Pop3Client implements Closeable {
  private final LineSocket socket;

  /// Not logged in yet: PASS must follow.
  Pop3Client(LineSocket socket, String user) throws IOException {
    this.socket = socket;
    ok();
    command("USER " + user, false);
  }

  /// A message that has no line with a dot at its beginning.
  byte[] message(int number) throws IOException {
    socket.write("RETR " + number + "\r\n");
    ok();
    StringBuilder text = new StringBuilder();
    for (String line = socket.readLine(); !line.equals("."); line = socket.readLine()) {
      text.append(line).append("\r\n");
    }
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /// Gives the server an hour for each answer.
  void waitLong() throws IOException {
    socket.waitLong();
  }

  /// Sends a command and reads its answer, of one line or up to a line with a dot.
  void command(String command, boolean lines) throws IOException {
    socket.write(command + "\r\n");
    ok();
    if (lines) {
      socket.skipToDotLine();
    }
  }

  long octetsRead() {
    return socket.octetsRead();
  }

  /// Asks for all of a range at once and reads all answers (RFC 2449 section 6.6); throws if one is
  /// not as long as expected.
  ///
  /// @param octets of each message by its number
  long retr(int first, int last, int[] octets) throws IOException {
    StringBuilder commands = new StringBuilder(12 * (last - first + 1));
    for (int i = first; i <= last; i++) {
      commands.append("RETR ").append(i).append("\r\n");
    }
    socket.write(commands.toString());
    long all = 0;
    for (int i = first; i <= last; i++) {
      ok();
      long read = socket.skipToDotLine();
      if (read != octets[i]) {
        throw new IOException("RETR " + i + " gave " + read + " octets, not " + octets[i]);
      }
      all += read;
    }
    return all;
  }

  void quit() throws IOException {
    socket.write("QUIT\r\n");
    ok();
  }

  private void ok() throws IOException {
    Line line = socket.nextLine();
    if (!line.startsWith("+OK")) {
      throw new IOException(line.toString());
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
