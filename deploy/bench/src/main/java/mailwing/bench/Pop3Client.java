package mailwing.bench;

import java.io.Closeable;
import java.io.IOException;
import java.util.Scanner;

/// A POP3 client.
final class Pop3Client implements Closeable {
  private final LineSocket socket;

  Pop3Client(String host, int port, String user, String password) throws IOException {
    socket = new LineSocket(host, port);
    ok();
    socket.write("USER " + user + "\r\n");
    ok();
    socket.write("PASS " + password + "\r\n");
    ok();
  }

  /// How many messages the maildrop holds.
  int stat() throws IOException {
    socket.write("STAT\r\n");
    return new Scanner(ok().substring(3)).nextInt();
  }

  void retr(int number) throws IOException {
    socket.write("RETR " + number + "\r\n");
    ok();
    socket.skipToDotLine();
  }

  /// Sends all commands at once and reads all answers (RFC 2449 section 6.6).
  void retrPipelined(int first, int last) throws IOException {
    StringBuilder commands = new StringBuilder(12 * (last - first + 1));
    for (int i = first; i <= last; i++) {
      commands.append("RETR ").append(i).append("\r\n");
    }
    socket.write(commands.toString());
    for (int i = first; i <= last; i++) {
      ok();
      socket.skipToDotLine();
    }
  }

  void quit() throws IOException {
    socket.write("QUIT\r\n");
    ok();
  }

  private String ok() throws IOException {
    String line = socket.readLine();
    if (!line.startsWith("+OK")) {
      throw new IOException(line);
    }
    return line;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
