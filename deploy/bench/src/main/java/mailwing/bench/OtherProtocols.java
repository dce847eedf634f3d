package mailwing.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;

/// One message over submissions (RFC 8314), read over POP3 with TLS: through the proxy, it shows
/// this client's own address in its Received field.
final class OtherProtocols {
  private final String proxy;
  private final SSLSocketFactory trust;
  private final String user;
  private final String password;

  OtherProtocols(String proxy, SSLSocketFactory trust, String user, String password) {
    this.proxy = proxy;
    this.trust = trust;
    this.user = user;
    this.password = password;
  }

  void check() throws IOException {
    submit();
    String received = receivedOfNewest();
    List<String> ours = List.of(InetAddress.getLocalHost().getHostAddress());
    if (ours.stream().noneMatch(address -> received.contains("[" + address + "]"))) {
      throw new IOException("Received does not show " + ours + ": " + received);
    }
  }

  private void submit() throws IOException {
    String plain = "\0" + user + "\0" + password;
    try (LineSocket socket = LineSocket.overTls(proxy, 2465, trust)) {
      SmtpClient smtp = new SmtpClient(socket);
      smtp.command(
          "AUTH PLAIN "
              + Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8)));
      smtp.send(user, List.of(user), new SampleMessages(2000, 2).next(user, user));
    }
  }

  private String receivedOfNewest() throws IOException {
    try (LineSocket socket = LineSocket.overTls(proxy, 2995, trust)) {
      ok(socket);
      socket.write("USER " + user + "\r\n");
      ok(socket);
      socket.write("PASS " + password + "\r\n");
      ok(socket);
      socket.write("STAT\r\n");
      String newest = ok(socket).split(" ", -1)[1];
      socket.write("TOP " + newest + " 0\r\n");
      ok(socket);
      StringBuilder header = new StringBuilder();
      String line = socket.readLine();
      while (!line.equals(".")) {
        header.append(line).append('\n');
        line = socket.readLine();
      }
      socket.write("QUIT\r\n");
      ok(socket);
      return header.toString();
    }
  }

  private static String ok(LineSocket socket) throws IOException {
    String line = socket.readLine();
    if (!line.startsWith("+OK")) {
      throw new IOException("POP3: " + line);
    }
    return line;
  }
}
