package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.testkit.TranscriptClient;

/// What tests say to gateways again and again.
final class Dialogs {
  private Dialogs() {}

  /// Sends an IMAP command under the tag `t`; the lines before its tagged OK.
  static List<String> imap(TranscriptClient client, String command) throws IOException {
    client.send("t " + command + "\r\n");
    List<String> untagged = new ArrayList<>();
    for (String line = client.line(); ; line = client.line()) {
      if (line.startsWith("t ")) {
        assertThat(line).as(command).startsWith("t OK");
        return untagged;
      }
      untagged.add(line);
    }
  }

  /// Greeted, logged in and INBOX selected.
  static TranscriptClient inbox(Gateways gateways, String port, String user) throws IOException {
    TranscriptClient client = gateways.connect(port);
    client.line();
    imap(client, "LOGIN " + user + " wing");
    imap(client, "SELECT INBOX");
    return client;
  }

  /// Sends an SMTP command; the whole reply's lines.
  static List<String> smtp(TranscriptClient client, String command) throws IOException {
    client.send(command + "\r\n");
    return reply(client);
  }

  static List<String> reply(TranscriptClient client) throws IOException {
    List<String> lines = new ArrayList<>();
    do {
      lines.add(client.line());
    } while (lines.getLast().length() > 3 && lines.getLast().charAt(3) == '-');
    return lines;
  }

  /// Greeted and EHLO said.
  static TranscriptClient smtpSession(Gateways gateways, String port) throws IOException {
    TranscriptClient client = gateways.connect(port);
    reply(client);
    assertThat(smtp(client, (port.equals("lmtp") ? "LHLO" : "EHLO") + " client.test").getLast())
        .startsWith("250 ");
    return client;
  }

  /// Sends a message; the reply to its end, or the first that refuses it.
  static String mail(TranscriptClient client, String from, String to, String message)
      throws IOException {
    client.send("MAIL FROM:<" + from + ">\r\nRCPT TO:<" + to + ">\r\n");
    String sender = reply(client).getLast();
    String recipient = reply(client).getLast();
    if (!sender.startsWith("250") || !recipient.startsWith("250")) {
      smtp(client, "RSET");
      return sender.startsWith("250") ? recipient : sender;
    }
    String go = smtp(client, "DATA").getLast();
    if (!go.startsWith("354")) {
      return go;
    }
    client.send(message + "\r\n.\r\n");
    return reply(client).getLast();
  }

  /// A small message.
  static String message(String id) {
    return "From: Sender <sender@example.org>\r\nTo: you@example.test\r\nSubject: "
        + id
        + "\r\nDate: Sat, 21 Nov 2026 20:00:00 +0000\r\nMessage-ID: <"
        + id
        + "@example.org>\r\n\r\nHello "
        + id;
  }

  /// The Message-IDs of a mailbox's messages, in order of their UIDs.
  static List<String> messageIds(TranscriptClient client) throws IOException {
    List<String> ids = new ArrayList<>();
    for (String line : imap(client, "UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")) {
      if (line.startsWith("Message-ID: ")) {
        ids.add(line.substring(12));
      }
    }
    return ids;
  }
}
