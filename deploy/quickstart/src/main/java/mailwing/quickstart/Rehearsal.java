package mailwing.quickstart;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import mailwing.cli.Admin;
import mailwing.cli.pki.CertificateAuthority;
import mailwing.quickstart.PortPlan.Role;

/// What a running system is asked for while the JVM records what an AOT cache should hold: a
/// message in, the same message out by each protocol, a mailbox of many messages, and an
/// administration command; and what a server mostly does, for some seconds ([BusyRehearsal]).
final class Rehearsal {
  private static final int FIRST_OFFSET = 20_000;
  private static final int LAST_OFFSET = 50_000;
  private static final int OFFSET_STEP = 111;
  private static final String USER = "alice@example.test";
  private static final String PASSWORD = "wing";

  /// A mailbox of 2 to this power of messages: what runs for each of them is recorded as hot (JEP
  /// 515) and compiled soon after each start.
  private static final int DOUBLINGS = 13;

  private final PortPlan plan;
  private final SocketFactory tls;

  private Rehearsal(PortPlan plan, Path data) throws IOException, GeneralSecurityException {
    this.plan = plan;
    var trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    trusted.setCertificateEntry(
        "ca", CertificateAuthority.readCertificate(data.resolve("tls/ca.pem")));
    var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    this.tls = context.getSocketFactory();
  }

  /// Ports that nobody uses now.
  static PortPlan freePorts() {
    for (var offset = FIRST_OFFSET; offset < LAST_OFFSET; offset += OFFSET_STEP) {
      var plan = PortPlan.of(offset, 1, "127.0.0.1");
      try {
        plan.requireFree();
        return plan;
      } catch (StartException e) {
        // The next ones, then.
      }
    }
    throw new StartException("no free ports for a rehearsal");
  }

  /// Asks a system that has the demo users; throws if one answer is not as it should be.
  static void run(PortPlan plan, Path data) throws IOException, GeneralSecurityException {
    var rehearsal = new Rehearsal(plan, data);
    rehearsal.imapAndDelivery();
    rehearsal.pop3();
    rehearsal.manyMessages();
    if (Admin.run("user", "list", "--data", data.toString()) != 0) {
      throw new IOException("user list was refused");
    }
  }

  /// Lets a system work for some seconds; once, since it makes users.
  static void work(PortPlan plan, Path data)
      throws IOException, GeneralSecurityException, InterruptedException {
    new BusyRehearsal(plan, new Rehearsal(plan, data).tls).run(data);
  }

  private RehearsalClient client(SocketFactory factory, Role role) throws IOException {
    return new RehearsalClient(factory, plan.port(role).port());
  }

  private void deliver() throws IOException {
    try (var smtp = client(SocketFactory.getDefault(), Role.SMTP)) {
      smtp.read("220 ");
      smtp.ask("EHLO localhost", "250 ");
      smtp.ask("MAIL FROM:<bob@example.test>", "250 ");
      smtp.ask("RCPT TO:<" + USER + ">", "250 ");
      smtp.ask("DATA", "354 ");
      smtp.ask("From: bob@example.test\r\nSubject: rehearsal\r\n\r\nHello.\r\n.", "250 ");
      smtp.ask("QUIT", "221 ");
    }
  }

  private void imapAndDelivery() throws IOException {
    try (var imap = client(tls, Role.IMAPS)) {
      imap.read("* OK");
      imap.ask("a LOGIN " + USER + " " + PASSWORD, "a OK");
      imap.ask("b LIST \"\" *", "b OK");
      imap.ask("c SELECT INBOX", "c OK");
      imap.ask("d IDLE", "+ ");
      deliver();
      imap.read("* 2 EXISTS");
      imap.ask("DONE", "d OK");
      imap.ask("e UID FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE RFC822.SIZE)", "e OK");
      imap.ask("f FETCH 2 (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY[])", "f OK");
      imap.ask("g STORE 2 +FLAGS (\\Deleted)", "g OK");
      imap.ask("h SEARCH ALL", "h OK");
      imap.ask("i EXPUNGE", "i OK");
      imap.ask("j LOGOUT", "j OK");
    }
  }

  private void manyMessages() throws IOException {
    try (var imap = client(tls, Role.IMAPS)) {
      imap.read("* OK");
      imap.ask("a LOGIN " + USER + " " + PASSWORD, "a OK");
      imap.ask("b CREATE Many", "b OK");
      imap.ask("c SELECT INBOX", "c OK");
      imap.ask("d COPY 1 Many", "d OK");
      imap.ask("e SELECT Many", "e OK");
      for (var i = 0; i < DOUBLINGS; i++) {
        imap.ask("f UID COPY 1:* Many", "f OK");
        imap.ask("g NOOP", "g OK");
      }
      imap.ask("h SELECT INBOX", "h OK");
      for (var i = 0; i < 3; i++) {
        imap.ask("i SELECT Many", "i OK");
        imap.ask("j UID FETCH 1:* (FLAGS)", "j OK");
        imap.ask("k FETCH 1:* (UID RFC822.SIZE INTERNALDATE FLAGS ENVELOPE)", "k OK");
        imap.ask("l FETCH 1:500 (BODY.PEEK[HEADER.FIELDS (From To Subject Date)])", "l OK");
        imap.ask("m FETCH 1:500 (BODY.PEEK[])", "m OK");
        // Flags that change keep the answers from being kept.
        imap.ask("n UID SORT (DATE) UTF-8 NOT KEYWORD rehearsed", "n OK");
        imap.ask("o UID SORT (SUBJECT) UTF-8 NOT KEYWORD rehearsed", "o OK");
        imap.ask("p UID THREAD REFERENCES UTF-8 NOT KEYWORD rehearsed", "p OK");
        imap.ask("q UID SEARCH SUBJECT welcome", "q OK");
        imap.ask("r UID SEARCH BODY welcome", "r OK");
        imap.ask("s UID SEARCH UNSEEN", "s OK");
        imap.ask("t STORE 1:1000 +FLAGS.SILENT (\\Flagged)", "t OK");
        imap.ask("u SELECT INBOX", "u OK");
      }
      imap.ask("v DELETE Many", "v OK");
      imap.ask("w LOGOUT", "w OK");
    }
  }

  private void pop3() throws IOException {
    try (var pop3 = client(tls, Role.POP3S)) {
      pop3.read("+OK");
      pop3.ask("USER " + USER, "+OK");
      pop3.ask("PASS " + PASSWORD, "+OK");
      pop3.ask("UIDL", ".");
      pop3.ask("RETR 1", ".");
      pop3.ask("QUIT", "+OK");
    }
  }
}
