package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import mailwing.smtp.client.ClientTimes;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.smtp.queue.TlsRules;
import mailwing.store.v1.ChangeQueueRequest;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.TraceMessagesRequest;
import mailwing.store.v1.TraceStep;
import mailwing.store.v1.TraceStep.Kind;
import mailwing.store.v1.TracedMessage;
import mailwing.testkit.TestStore;
import mailwing.testkit.TranscriptClient;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// One message through all of it, and what is told of it: submitted over TLS, read, moved and
/// deleted here, put off and then taken elsewhere, and returned from where nobody has that name.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WhereIsMyMailTest {
  private final Elsewhere elsewhere = new Elsewhere();
  private TestStore store;
  private Gateways gateways;

  /// Another host: it puts `later@` off once, and knows nobody called `nobody`.
  private static final class Elsewhere implements AutoCloseable {
    private final ServerSocket server;
    private final AtomicInteger puttingOff = new AtomicInteger(1);

    Elsewhere() {
      try {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return server.getLocalPort();
    }

    private void accept() {
      try {
        while (true) {
          Socket client = server.accept();
          Thread.ofVirtual().start(() -> serve(client));
        }
      } catch (SocketException e) {
        // Closed.
        return;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void serve(Socket client) {
      try (client) {
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
        say(client, "220 mx.remote.test ESMTP");
        boolean data = false;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          if (data) {
            if (line.equals(".")) {
              data = false;
              say(client, "250 2.0.0 taken");
            }
            continue;
          }
          data = line.equals("DATA");
          say(client, answer(line));
        }
      } catch (IOException e) {
        // It has hung up.
        return;
      }
    }

    private String answer(String line) {
      if (line.contains("<nobody@")) {
        return "550 5.1.1 nobody has that name";
      }
      if (line.contains("<later@") && puttingOff.getAndDecrement() > 0) {
        return "450 4.2.0 not now";
      }
      return line.equals("DATA") ? "354 go on" : "250 mx.remote.test";
    }

    private static void say(Socket client, String reply) throws IOException {
      client.getOutputStream().write((reply + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  @BeforeAll
  void start() throws Exception {
    store = TestStore.startWithKafka();
    OutboundConfig.Hop hop =
        new OutboundConfig.Hop("127.0.0.1", elsewhere.port(), OutboundConfig.Tls.NONE);
    gateways =
        new Gateways(
            store::client,
            Gateways.events(store),
            Gateways.LOOPBACK,
            new OutboundConfig(
                true,
                25,
                true,
                Map.of("remote.test", hop),
                Optional.empty(),
                20,
                2,
                0,
                10,
                Duration.ofSeconds(1),
                Duration.ofSeconds(30),
                ClientTimes.all(Duration.ofSeconds(10)),
                new TlsRules(false, Optional.empty(), 443, Optional.empty())));
    store.addUser("alice");
    store.addUser("bob");
  }

  @AfterAll
  void stop() throws Exception {
    gateways.close();
    store.close();
    elsewhere.close();
  }

  private static String submit(TranscriptClient client, String... recipients) throws IOException {
    String plain = "\0alice@example.test\0wing";
    assertThat(
            Dialogs.smtp(
                client,
                "AUTH PLAIN "
                    + Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.UTF_8))))
        .allMatch(line -> line.startsWith("235"));
    assertThat(Dialogs.smtp(client, "MAIL FROM:<alice@example.test>").getLast()).startsWith("250");
    for (String recipient : recipients) {
      assertThat(Dialogs.smtp(client, "RCPT TO:<" + recipient + ">").getLast()).startsWith("250");
    }
    assertThat(Dialogs.smtp(client, "DATA").getLast()).startsWith("354");
    client.send(
        """
        From: alice@example.test
        Message-ID: <whole@example.test>
        Date: Sun, 22 Nov 2026 00:00:00 +0000
        Subject: hidden

        Hello
        .
        """
            .replace("\n", "\r\n"));
    String reply = Dialogs.reply(client).getLast();
    assertThat(reply).startsWith("250 2.0.0 Stored as ");
    return reply.substring(reply.lastIndexOf(' ') + 1);
  }

  private Optional<TracedMessage> trace(String what) {
    Iterator<TracedMessage> found =
        store.trace().traceMessages(TraceMessagesRequest.newBuilder().setAny(what).build());
    return found.hasNext() ? Optional.of(found.next()) : Optional.empty();
  }

  private TracedMessage until(String what, Kind kind, String recipient) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(40))
        .until(
            () -> trace(what),
            found -> found.isPresent() && kinds(found.get(), recipient).contains(kind))
        .orElseThrow();
  }

  private static List<Kind> kinds(TracedMessage message, String recipient) {
    return steps(message, recipient).stream().map(TraceStep::getKind).toList();
  }

  private static List<TraceStep> steps(TracedMessage message, String recipient) {
    return message.getStepsList().stream()
        .filter(step -> step.getRecipient().equals(recipient))
        .toList();
  }

  @Test
  void eachStepOfAMessageIsTold() throws Exception {
    String id;
    try (TranscriptClient client = Dialogs.smtpSession(gateways, "submissions")) {
      id = submit(client, "bob@example.test", "later@remote.test", "nobody@remote.test");
    }
    try (TranscriptClient bob = Dialogs.inbox(gateways, "imaps", "bob@example.test")) {
      Dialogs.imap(bob, "UID FETCH 1 (BODY[])");
      Dialogs.imap(bob, "UID MOVE 1 Archive");
      Dialogs.imap(bob, "SELECT Archive");
      Dialogs.imap(bob, "UID STORE 1 +FLAGS (\\Deleted)");
      Dialogs.imap(bob, "EXPUNGE");
    }
    until(id, Kind.TRIED, "later@remote.test");
    store
        .queue()
        .changeQueue(
            ChangeQueueRequest.newBuilder()
                .setChange(ChangeQueueRequest.Change.FLUSH)
                .setFilter(QueueFilter.newBuilder().setQueueId(id))
                .build());
    until(id, Kind.RELAYED, "later@remote.test");
    TracedMessage whole = until(id, Kind.NOTIFIED, "nobody@remote.test");

    assertThat(whole.getReversePath()).isEqualTo("alice@example.test");
    assertThat(whole.getMessageId()).isEqualTo("whole@example.test");
    assertThat(whole.getOrigin().getAddress()).isEqualTo("127.0.0.1");
    assertThat(whole.getOrigin().getHelo()).isEqualTo("client.test");
    assertThat(whole.getOrigin().getTlsSuite()).startsWith("TLSv1.3 TLS_");
    assertThat(whole.getOrigin().getAuthenticatedAs()).isEqualTo("alice@example.test");
    assertThat(whole.getOrigin().getHost()).isEqualTo("mail.example.test");
    assertThat(whole.toString()).doesNotContain("hidden");
    assertThat(whole.getSteps(0).getKind()).isEqualTo(Kind.ACCEPTED);

    List<TraceStep> here = steps(whole, "bob@example.test");
    assertThat(here)
        .extracting(TraceStep::getKind)
        .containsExactly(Kind.DELIVERED, Kind.READ, Kind.MOVED, Kind.EXPUNGED);
    assertThat(here.getFirst().getMailbox()).isEqualTo("INBOX");
    assertThat(here.getFirst().getUid()).isEqualTo(1);
    assertThat(here.get(2).getFromMailbox()).isEqualTo("INBOX");
    assertThat(here.get(2).getMailbox()).isEqualTo("Archive");
    assertThat(here.getLast().getMailbox()).isEqualTo("Archive");

    List<TraceStep> put = new ArrayList<>(steps(whole, "later@remote.test"));
    put.removeIf(step -> step.getKind() == Kind.ADMINISTERED);
    assertThat(put)
        .extracting(TraceStep::getKind)
        .containsExactly(Kind.QUEUED, Kind.TRIED, Kind.RELAYED);
    assertThat(put.get(1).getAttempt().getResult().getReply()).contains("not now");
    assertThat(put.get(2).getAttempt().getResult().getReply()).contains("taken");

    List<TraceStep> returned = steps(whole, "nobody@remote.test");
    assertThat(returned)
        .extracting(TraceStep::getKind)
        .containsExactly(Kind.QUEUED, Kind.FAILED, Kind.NOTIFIED);
    assertThat(returned.get(1).getAttempt().getResult().getStatus()).isEqualTo("5.1.1");
    TracedMessage bounce =
        until(returned.getLast().getNoticeId(), Kind.DELIVERED, "alice@example.test");
    assertThat(bounce.getReversePath()).isEmpty();
  }

  @Test
  void refusedRecipientIsToldWithinSeconds() throws Exception {
    try (TranscriptClient client = Dialogs.smtpSession(gateways, "smtp")) {
      for (int i = 0; i < 3; i++) {
        assertThat(Dialogs.mail(client, "carol@example.org", "unknown@example.test", ""))
            .startsWith("550 5.1.1");
      }
    }
    TracedMessage refused = until("unknown@example.test", Kind.REFUSED, "unknown@example.test");
    TraceStep step = refused.getSteps(0);
    assertThat(step.getRefusal().getCode()).isEqualTo(550);
    assertThat(step.getRefusal().getStatus()).isEqualTo("5.1.1");
    assertThat(step.getRefusal().getCount()).isPositive();
    assertThat(refused.getOrigin().getAddress()).isEqualTo("127.0.0.1");
    assertThat(trace("carol@example.org")).isPresent();
  }
}
