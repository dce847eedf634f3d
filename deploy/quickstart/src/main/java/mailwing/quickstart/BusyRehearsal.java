package mailwing.quickstart;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.net.SocketFactory;
import mailwing.cli.AdminClient;
import mailwing.quickstart.PortPlan.Role;
import mailwing.store.v1.AddUserRequest;

/// What a server does most, done for some seconds by many clients at once, plain and over TLS: the
/// profiles of these ways go into the AOT cache (JEP 515), and a start compiles them soon and well.
///
/// Only of what was compiled by C2 here is there a profile that spares a start to make its own: a
/// method that runs once for a message wants thousands of messages. So what changes mail, the
/// longest of ways, is done longest (docs/adr/0026-first-minute.md).
///
/// Nothing is measured, and how often each is done depends on the machine.
final class BusyRehearsal {
  private static final int CLIENTS = 20;
  private static final int RECIPIENTS = 10;

  /// Of each client in the first scene at least, on a machine that is slow or has other work.
  private static final int DELIVERIES = 200;

  /// One client in so many is within TLS.
  private static final int SECURE = 4;

  private static final String PASSWORD = "rehearse";
  private static final int LINES = 64;

  /// Messages that are read, of those that the first scene brings each user.
  private static final int READ = 40;

  /// Who has a large mailbox, and how often all of INBOX is in it.
  private static final int COLLECTORS = 2;

  private static final int COPIES = 10;

  private final PortPlan plan;
  private final SocketFactory tls;
  private long until;

  /// What a client does over and over, on a session that it opens for it.
  private interface Work {
    void run(int client) throws IOException;
  }

  private record Scene(int millis, Work work) {}

  /// One time of it, counted from 0.
  private interface Turn {
    void run(int count) throws IOException;
  }

  BusyRehearsal(PortPlan plan, SocketFactory tls) {
    this.plan = plan;
    this.tls = tls;
  }

  void run(Path data) throws IOException, InterruptedException {
    try (var admin = AdminClient.at(data)) {
      for (var client = 0; client < CLIENTS; client++) {
        var add =
            AddUserRequest.newBuilder()
                .setAddress(user(client))
                .setPassword(ByteString.copyFromUtf8(PASSWORD))
                .build();
        admin.call(add.getAddress(), stub -> stub.addUser(add));
      }
    }
    for (var scene :
        List.of(
            new Scene(7000, this::deliver),
            new Scene(1500, this::deliverToMany),
            new Scene(1000, this::idle),
            new Scene(3000, this::append),
            new Scene(1000, this::status),
            new Scene(1300, this::bodies),
            new Scene(2000, this::ranges),
            new Scene(3000, this::store),
            new Scene(4000, this::large),
            new Scene(1300, this::logins),
            new Scene(1300, this::pop3))) {
      together(scene);
    }
  }

  private void together(Scene scene) throws IOException, InterruptedException {
    until = System.nanoTime() + Duration.ofMillis(scene.millis()).toNanos();
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (var client = 0; client < CLIENTS; client++) {
        var number = client;
        running.add(
            clients.submit(
                () -> {
                  scene.work().run(number);
                  return number;
                }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    } catch (ExecutionException e) {
      throw new IOException("rehearsing at work", e.getCause());
    }
  }

  private void repeat(Turn turn) throws IOException {
    repeat(1, turn);
  }

  private void repeat(int atLeast, Turn turn) throws IOException {
    for (var count = 0; System.nanoTime() - until < 0 || count < atLeast; count++) {
      turn.run(count);
    }
  }

  private static String user(int client) {
    return "rehearsal" + client + "@example.test";
  }

  private static boolean secure(int client) {
    return client % SECURE == 1;
  }

  private RehearsalClient open(int client, Role plain, Role withinTls) throws IOException {
    return secure(client) ? new RehearsalClient(tls, plan.port(withinTls).port()) : plain(plain);
  }

  private RehearsalClient plain(Role role) throws IOException {
    return new RehearsalClient(SocketFactory.getDefault(), plan.port(role).port());
  }

  private RehearsalClient imap(int client) throws IOException {
    var imap = open(client, Role.IMAP, Role.IMAPS);
    imap.read("* OK");
    imap.ask("a LOGIN " + user(client) + " " + PASSWORD, "a OK");
    return imap;
  }

  private RehearsalClient selected(int client) throws IOException {
    var imap = imap(client);
    imap.ask("b SELECT INBOX", "b OK");
    return imap;
  }

  /// About 5 KB without a line that begins with a dot.
  private String message(int client, int count) {
    var text = new StringBuilder(6000);
    text.append("From: Somebody <bob@example.test>\r\nTo: <").append(user(client));
    text.append(">\r\nSubject: Re: rehearsal ").append(count / 3);
    text.append("\r\nDate: Sun, 22 Nov 2026 10:").append(10 + count % 50);
    text.append(":00 +0000\r\nMessage-ID: ").append(id(client, count));
    // Conversations of three.
    if (count % 3 > 0) {
      text.append("\r\nIn-Reply-To: ").append(id(client, count - 1)).append("\r\nReferences:");
      for (var before = count - count % 3; before < count; before++) {
        text.append("\r\n ").append(id(client, before));
      }
    }
    text.append("\r\nMIME-Version: 1.0\r\n");
    if (count % 2 == 0) {
      text.append("Content-Type: text/plain; charset=utf-8\r\n\r\n");
    } else {
      text.append("Content-Type: multipart/alternative; boundary=part\r\n\r\n--part\r\n");
      text.append("Content-Type: text/html; charset=utf-8\r\n\r\n<p>Hello</p>\r\n--part\r\n\r\n");
    }
    for (var line = 0; line < LINES; line++) {
      text.append("The meeting is moved to ").append(line);
      text.append(" o'clock, and the report of the project comes later.\r\n");
    }
    return text.append(count % 2 == 0 ? "" : "--part--\r\n").toString();
  }

  private String id(int client, int count) {
    return "<" + client + "." + count + "." + until + "@example.test>";
  }

  private void deliver(int client) throws IOException {
    try (var smtp = open(client, Role.SMTP, Role.SUBMISSIONS)) {
      smtp.read("220 ");
      smtp.ask("EHLO localhost", "250 ");
      if (secure(client)) {
        var login = "\0" + user(client) + "\0" + PASSWORD;
        smtp.ask(
            "AUTH PLAIN "
                + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.US_ASCII)),
            "235 ");
      }
      repeat(
          DELIVERIES,
          count -> send(smtp, client, count, List.of(user((client + count) % CLIENTS))));
      smtp.ask("QUIT", "221 ");
    }
  }

  private void send(RehearsalClient smtp, int client, int count, List<String> recipients)
      throws IOException {
    var start = new StringBuilder("MAIL FROM:<").append(user(client)).append('>');
    for (var recipient : recipients) {
      start.append("\r\nRCPT TO:<").append(recipient).append('>');
    }
    smtp.say(start.append("\r\nDATA").toString());
    smtp.read("354 ");
    smtp.ask(message(client, count) + ".", "250 ");
  }

  private void deliverToMany(int client) throws IOException {
    try (var smtp = plain(Role.SMTP)) {
      smtp.read("220 ");
      smtp.ask("EHLO localhost", "250 ");
      repeat(
          count ->
              send(
                  smtp,
                  client,
                  count,
                  IntStream.range(0, RECIPIENTS)
                      .mapToObj(other -> user((client + count + other) % CLIENTS))
                      .toList()));
      smtp.ask("QUIT", "221 ");
    }
  }

  /// Each delivers to itself what it waits for.
  private void idle(int client) throws IOException {
    try (var imap = selected(client);
        var smtp = plain(Role.SMTP)) {
      smtp.read("220 ");
      smtp.ask("EHLO localhost", "250 ");
      imap.ask("c IDLE", "+ ");
      repeat(
          count -> {
            send(smtp, client, count, List.of(user(client)));
            imap.read("* ");
          });
      imap.ask("DONE", "c OK");
      smtp.ask("QUIT", "221 ");
    }
  }

  private void append(int client) throws IOException {
    try (var imap = imap(client)) {
      repeat(
          count -> {
            var message = message(client, count);
            imap.ask("c APPEND INBOX {" + message.length() + "+}\r\n" + message, "c OK");
          });
    }
  }

  private void status(int client) throws IOException {
    try (var imap = imap(client)) {
      repeat(count -> imap.ask("c STATUS INBOX (MESSAGES UIDNEXT UNSEEN)", "c OK"));
    }
  }

  private void bodies(int client) throws IOException {
    try (var imap = selected(client)) {
      repeat(
          count -> {
            imap.ask("c FETCH " + (1 + count % READ) + " (BODY.PEEK[])", "c OK");
            imap.ask("d UID FETCH " + (1 + count % READ) + " (FLAGS BODY.PEEK[])", "d OK");
          });
    }
  }

  private void ranges(int client) throws IOException {
    try (var imap = selected(client)) {
      repeat(
          count -> {
            imap.ask("c FETCH 1:20 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)", "c OK");
            imap.ask(
                "d FETCH 21:40 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Subject"
                    + " Date Message-ID References In-Reply-To Content-Type Reply-To)])",
                "d OK");
            imap.ask("e FETCH 1:40 (FLAGS)", "e OK");
          });
    }
  }

  private void store(int client) throws IOException {
    try (var imap = selected(client)) {
      repeat(
          count -> {
            var sign = count / READ % 2 == 0 ? " +" : " -";
            imap.ask("c STORE " + (1 + count % READ) + sign + "FLAGS (\\Flagged)", "c OK");
          });
    }
  }

  /// What is done with thousands of messages in a mailbox that nobody has opened before.
  private void large(int client) throws IOException {
    if (client >= COLLECTORS) {
      return;
    }
    try (var imap = imap(client)) {
      repeat(
          _ -> {
            imap.ask("c CREATE Large", "c OK");
            imap.ask("d SELECT INBOX", "d OK");
            for (var copy = 0; copy < COPIES; copy++) {
              imap.ask("e COPY 1:* Large", "e OK");
            }
            imap.ask("f SELECT Large", "f OK");
            imap.ask("g UID THREAD REFERENCES UTF-8 ALL", "g OK");
            imap.ask("h UID SORT (DATE) UTF-8 ALL", "h OK");
            imap.ask("i UID SORT (SUBJECT) UTF-8 ALL", "i OK");
            imap.ask("j UID FETCH 1:* (FLAGS)", "j OK");
            imap.ask("k UID FETCH 1:* (ENVELOPE)", "k OK");
            imap.ask("l UID SEARCH SUBJECT nobody", "l OK");
            imap.ask("m UID SEARCH BODY nobody", "m OK");
            imap.ask("n DELETE Large", "n OK");
          });
    }
  }

  private void logins(int client) throws IOException {
    repeat(
        _ -> {
          try (var imap = selected(client)) {
            imap.ask("c LOGOUT", "c OK");
          }
        });
  }

  private void pop3(int client) throws IOException {
    try (var pop3 = open(client, Role.POP3, Role.POP3S)) {
      pop3.read("+OK");
      pop3.ask("USER " + user(client), "+OK");
      pop3.ask("PASS " + PASSWORD, "+OK");
      pop3.ask("STAT", "+OK");
      pop3.ask("UIDL", ".");
      repeat(
          count -> {
            pop3.ask("RETR " + (1 + count % READ), "+OK");
            pop3.read(".");
          });
      pop3.ask("QUIT", "+OK");
    }
  }
}
