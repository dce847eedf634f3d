package mailwing.bench;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/// An SMTP client that pipelines a whole transaction (RFC 2920).
final class SmtpClient implements Closeable {
  private final LineSocket socket;

  SmtpClient(String host, int port) throws IOException {
    this(new LineSocket(host, port));
  }

  /// Greets on a connection that is there.
  SmtpClient(LineSocket socket) throws IOException {
    this.socket = socket;
    expect('2');
    socket.write("EHLO bench.test\r\n");
    expect('2');
  }

  /// Sends one command that must be answered by 2xx.
  void command(String command) throws IOException {
    socket.write(command + "\r\n");
    expect('2');
  }

  /// Sends one message, dot-stuffed already and ending in CRLF, and waits for its 250.
  void send(String sender, List<String> recipients, byte[] message) throws IOException {
    socket.write("MAIL FROM:<");
    socket.write(sender);
    for (String recipient : recipients) {
      socket.write(">\r\nRCPT TO:<");
      socket.write(recipient);
    }
    socket.write(">\r\nDATA\r\n");
    expect('2');
    for (int i = 0; i < recipients.size(); i++) {
      expect('2');
    }
    expect('3');
    socket.write(message);
    socket.write(".\r\n");
    expect('2');
  }

  private void expect(char first) throws IOException {
    Line line = socket.nextLine();
    while (line.length() > 3 && line.charAt(3) == '-') {
      line = socket.nextLine();
    }
    if (line.isEmpty() || line.charAt(0) != first) {
      throw new IOException("expected " + first + "xx, got: " + line);
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
