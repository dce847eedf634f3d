package mailwing.bench;

import java.io.Closeable;
import java.io.IOException;
import java.util.Scanner;

/// A POP3 client.
final class Pop3Client implements Closeable {
  private final LineSocket socket;

  Pop3Client(String host, int port, String user, String password) throws IOException {
    this(host, port, user);
    command("PASS " + password, false);
  }

  /// Not logged in yet: PASS must follow.
  Pop3Client(String host, int port, String user) throws IOException {
    socket = new LineSocket(host, port);
    ok();
    command("USER " + user, false);
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
