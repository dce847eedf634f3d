package mailwing.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/// What the containers must not let through.
final class Refusals {
  private static final int PROXIED_IMAP = 3143;
  private static final int PLAIN_IMAP = 2143;

  private final String proxy;
  private final String gateway;

  Refusals(String proxy, String gateway) {
    this.proxy = proxy;
    this.gateway = gateway;
  }

  /// Nobody is trusted by address here: LOGINDISABLED, and LOGIN is refused (RFC 9051 section
  /// 6.2.3).
  void passwordWithoutTls(String user, String password) throws IOException {
    try (ImapClient client = new ImapClient(proxy, PLAIN_IMAP)) {
      List<String> lines = new ArrayList<>();
      client.command("CAPABILITY", line -> lines.add(line.toString()));
      if (lines.stream().noneMatch(line -> line.contains(" LOGINDISABLED"))) {
        throw new IOException("no LOGINDISABLED before TLS: " + lines);
      }
      String answer = "OK";
      try {
        client.login(user, password);
      } catch (IOException e) {
        answer = String.valueOf(e.getMessage());
      }
      if (!answer.contains("[PRIVACYREQUIRED]")) {
        throw new IOException("LOGIN without TLS was answered with " + answer);
      }
    }
  }

  /// A gateway takes a PROXY header from HAProxy's address alone, and speaks to nobody without one.
  void strangersOnProxiedListeners() throws IOException {
    for (String first : List.of("", "PROXY TCP4 192.0.2.1 192.0.2.2 1024 143\r\n")) {
      greeting(PROXIED_IMAP, first + "a CAPABILITY\r\n");
    }
    greeting(PLAIN_IMAP, "");
  }

  private void greeting(int port, String first) throws IOException {
    String said;
    try (LineSocket socket = new LineSocket(gateway, port)) {
      socket.write(first);
      said = socket.readLine();
    } catch (EOFException | SocketException e) {
      return; // ended, reset or refused
    }
    throw new IOException("a stranger on port " + port + " of a gateway was told: " + said);
  }
}
