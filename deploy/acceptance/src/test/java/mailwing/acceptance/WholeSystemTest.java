package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import mailwing.testkit.TestStore;
import mailwing.testkit.TranscriptClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// In by SMTP, stored once, read by IMAP and POP3: all gateways, the store, PostgreSQL and Kafka.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WholeSystemTest {
  private TestStore store;
  private Gateways gateways;

  @BeforeAll
  void start() throws Exception {
    store = TestStore.startWithKafka();
    gateways = new Gateways(store::client, Gateways.events(store), Gateways.LOOPBACK);
    for (String user : List.of("pushed", "many", "both")) {
      store.addUser(user);
    }
  }

  @AfterAll
  void stop() throws Exception {
    gateways.close();
    store.close();
  }

  @Test
  void oneDeliveryIsToldToTheClientsOfTwoGatewaysWithinASecond() throws Exception {
    try (TranscriptClient first = Dialogs.inbox(gateways, "imap", "pushed@example.test");
        TranscriptClient second = Dialogs.inbox(gateways, "imap-2", "pushed@example.test");
        TranscriptClient sender = Dialogs.smtpSession(gateways, "smtp")) {
      for (TranscriptClient idler : List.of(first, second)) {
        idler.send("i IDLE\r\n");
        assertThat(idler.line()).startsWith("+ ");
      }
      // The first warms classes and connections up; the others are measured.
      for (int i = 1; i <= 5; i++) {
        long sent = System.nanoTime();
        assertThat(
                Dialogs.mail(
                    sender, "a@b.test", "pushed@example.test", Dialogs.message("push" + i)))
            .startsWith("250");
        for (TranscriptClient idler : List.of(first, second)) {
          assertThat(idler.line()).isEqualTo("* " + i + " EXISTS");
          assertThat(idler.line()).matches("\\* \\d+ RECENT");
        }
        if (i > 1) {
          assertThat(System.nanoTime() - sent).isLessThan(1_000_000_000L);
        }
      }
    }
  }

  @Test
  void twelveHundredMessagesOverEightConnectionsHaveUidsWithoutHoleOrRepeat() throws Exception {
    List<Future<Integer>> senders = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int n = 0; n < 8; n++) {
        int number = n;
        senders.add(
            threads.submit(
                () -> {
                  int accepted = 0;
                  try (TranscriptClient smtp = Dialogs.smtpSession(gateways, "smtp")) {
                    for (int i = 0; i < 150; i++) {
                      String id = number + "-" + i;
                      if (Dialogs.mail(smtp, "", "many@example.test", Dialogs.message(id))
                          .startsWith("250")) {
                        accepted++;
                      }
                    }
                  }
                  return accepted;
                }));
      }
      for (Future<Integer> sender : senders) {
        assertThat(sender.get()).isEqualTo(150);
      }
    }
    try (TranscriptClient imap = Dialogs.inbox(gateways, "imaps", "many@example.test")) {
      List<String> uids = Dialogs.imap(imap, "UID SEARCH ALL");
      assertThat(uids)
          .containsExactly(
              "* SEARCH "
                  + String.join(
                      " ", IntStream.rangeClosed(1, 1200).mapToObj(Integer::toString).toList()));
      List<String> ids = Dialogs.messageIds(imap);
      assertThat(ids).hasSize(1200);
      assertThat(new HashSet<>(ids)).hasSize(1200);
    }
    try (TranscriptClient pop3 = gateways.connect("pop3")) {
      pop3.line();
      pop3.send("USER many@example.test\r\nPASS wing\r\nUIDL\r\nQUIT\r\n");
      pop3.line();
      assertThat(pop3.line()).isEqualTo("+OK 1200 messages");
      pop3.line();
      assertThat(pop3.multiline().lines().map(line -> line.split(" ", -1)[1]).distinct())
          .hasSize(1200);
    }
  }

  @Test
  void whatOneProtocolChangesTheOthersSee() throws Exception {
    try (TranscriptClient smtp = Dialogs.smtpSession(gateways, "lmtp")) {
      assertThat(Dialogs.mail(smtp, "", "both@example.test", Dialogs.message("one")))
          .startsWith("250");
      assertThat(Dialogs.mail(smtp, "", "both@example.test", Dialogs.message("two")))
          .startsWith("250");
    }
    try (TranscriptClient imap = Dialogs.inbox(gateways, "imap", "both@example.test");
        TranscriptClient pop3 = gateways.connect("pop3s")) {
      imap.send("i IDLE\r\n");
      imap.line();
      pop3.line();
      pop3.send("USER both@example.test\r\nPASS wing\r\nDELE 1\r\n");
      for (int i = 0; i < 3; i++) {
        assertThat(pop3.line()).startsWith("+OK");
      }
      pop3.send("QUIT\r\n");
      assertThat(pop3.line()).startsWith("+OK");
      assertThat(imap.line()).isEqualTo("* 1 EXPUNGE");
      imap.send("DONE\r\n");
      assertThat(imap.line()).startsWith("i OK");
      assertThat(Dialogs.messageIds(imap)).containsExactly("<two@example.org>");
    }
  }
}
