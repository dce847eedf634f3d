package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.service.Networks;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import mailwing.testkit.TranscriptClient;
import org.junit.jupiter.api.Test;

/// What the gateways announce, read from them while they run, has a row in docs/protocols.md.
class AnnouncedTest {
  private static final Path PAGE = Path.of("../../docs/protocols.md");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  @Test
  void whatIsAnnouncedIsDocumented() throws Exception {
    Set<String> announced = new LinkedHashSet<>();
    try (TestStore store = TestStore.startWithKafka()) {
      store.addUser("reader");
      for (Networks trusted : List.of(Networks.none(), Gateways.LOOPBACK)) {
        try (Gateways gateways = new Gateways(store::client, Gateways.events(store), trusted)) {
          imap(gateways, announced);
          pop3(gateways, announced);
          for (String port : List.of("smtp", "submission", "submissions", "lmtp")) {
            smtp(gateways, port, announced);
          }
        }
      }
    }
    assertThat(announced)
        .contains("IMAP IMAP4rev1", "IMAP LOGINDISABLED", "POP3 UIDL", "SMTP PIPELINING");
    assertThat(documented()).containsAll(announced);
  }

  private static void imap(Gateways gateways, Set<String> announced) throws Exception {
    try (TranscriptClient client = gateways.connect("imap")) {
      client.line();
      addImap(Dialogs.imap(client, "CAPABILITY"), announced);
      Dialogs.imap(client, "STARTTLS");
      client.startTls(TestTls.shared().clientContext());
      addImap(Dialogs.imap(client, "CAPABILITY"), announced);
      Dialogs.imap(client, "LOGIN reader@example.test wing");
      addImap(Dialogs.imap(client, "CAPABILITY"), announced);
    }
  }

  private static void addImap(List<String> lines, Set<String> announced) {
    for (String line : lines) {
      Arrays.stream(line.substring("* CAPABILITY ".length()).split(" ", -1))
          .forEach(name -> announced.add("IMAP " + name));
    }
  }

  private static void pop3(Gateways gateways, Set<String> announced) throws Exception {
    try (TranscriptClient client = gateways.connect("pop3")) {
      client.line();
      client.send("CAPA\r\nSTLS\r\n");
      client.line();
      addPop3(client.multiline(), announced);
      client.line();
      client.startTls(TestTls.shared().clientContext());
      client.send("CAPA\r\n");
      client.line();
      addPop3(client.multiline(), announced);
      client.send("USER reader@example.test\r\nPASS wing\r\nCAPA\r\n");
      client.line();
      client.line();
      client.line();
      addPop3(client.multiline(), announced);
    }
  }

  /// The name, and each mechanism of SASL as `SASL NAME`.
  private static void addPop3(String lines, Set<String> announced) {
    lines
        .lines()
        .forEach(
            line -> {
              String[] words = line.split(" ", -1);
              if (words[0].equals("SASL")) {
                Arrays.stream(words).skip(1).forEach(name -> announced.add("POP3 SASL " + name));
              } else {
                announced.add("POP3 " + words[0]);
              }
            });
  }

  private static void smtp(Gateways gateways, String port, Set<String> announced) throws Exception {
    String hello = port.equals("lmtp") ? "LHLO client.test" : "EHLO client.test";
    try (TranscriptClient client = gateways.connect(port)) {
      Dialogs.reply(client);
      List<String> lines = Dialogs.smtp(client, hello);
      addSmtp(lines, announced);
      if (lines.stream().anyMatch(line -> line.endsWith("STARTTLS"))) {
        Dialogs.smtp(client, "STARTTLS");
        client.startTls(TestTls.shared().clientContext());
        addSmtp(Dialogs.smtp(client, hello), announced);
      }
    }
  }

  private static void addSmtp(List<String> lines, Set<String> announced) {
    for (String line : lines.subList(1, lines.size())) {
      String[] words = line.substring(4).split(" ", -1);
      if (words[0].equals("AUTH")) {
        Arrays.stream(words).skip(1).forEach(name -> announced.add("SMTP AUTH " + name));
      } else {
        announced.add("SMTP " + words[0]);
      }
    }
  }

  /// The names in the first column of each section's table, under the section's name; a row that is
  /// not done does not count.
  private static Set<String> documented() throws Exception {
    Set<String> names = new LinkedHashSet<>();
    String section = "";
    for (String line : Files.readAllLines(PAGE)) {
      if (line.startsWith("## ")) {
        section = line.substring(3).split(" ", -1)[0];
      } else if (line.startsWith("| ") && line.contains("| done |")) {
        Matcher code = CODE.matcher(line.substring(0, line.indexOf('|', 1)));
        while (code.find()) {
          names.add(section + " " + code.group(1));
        }
      }
    }
    return names;
  }
}
