package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.mail.Authenticator;
import jakarta.mail.FetchProfile;
import jakarta.mail.Flags;
import jakarta.mail.Folder;
import jakarta.mail.Message;
import jakarta.mail.PasswordAuthentication;
import jakarta.mail.Session;
import jakarta.mail.Store;
import jakarta.mail.Transport;
import jakarta.mail.UIDFolder;
import jakarta.mail.event.MessageCountAdapter;
import jakarta.mail.event.MessageCountEvent;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.search.SubjectTerm;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.eclipse.angus.mail.imap.AppendUID;
import org.eclipse.angus.mail.imap.IMAPFolder;
import org.eclipse.angus.mail.imap.IMAPMessage;
import org.eclipse.angus.mail.imap.IMAPStore;
import org.eclipse.angus.mail.pop3.POP3Folder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Angus Mail, a client that others wrote, sends and reads through all three gateways.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AngusMailTest {
  private static final String ALICE = "alice@example.test";
  private static final String BOB = "bob@example.test";
  private TestStore store;
  private Gateways gateways;

  @BeforeAll
  void start() throws Exception {
    store = TestStore.startWithKafka();
    gateways =
        new Gateways(store::client, Gateways.events(store), mailwing.service.Networks.none());
    for (String user : List.of("alice", "bob", "carol", "idler")) {
      store.addUser(user);
    }
  }

  @AfterAll
  void stop() throws Exception {
    gateways.close();
    store.close();
  }

  private Session session(String user) {
    Properties properties = new Properties();
    var sockets = TestTls.shared().clientContext().getSocketFactory();
    for (String protocol : List.of("smtp", "smtps", "imap", "imaps", "pop3", "pop3s")) {
      String prefix = "mail." + protocol + ".";
      properties.put(prefix + "host", "localhost");
      properties.put(prefix + "ssl.socketFactory", sockets);
      properties.put(prefix + "starttls.required", "true");
      properties.put(prefix + "connectiontimeout", "20000");
      properties.put(prefix + "timeout", "20000");
    }
    // No password goes out in clear: without STARTTLS these fail.
    properties.put("mail.smtp.starttls.enable", "true");
    properties.put("mail.imap.starttls.enable", "true");
    properties.put("mail.pop3.starttls.enable", "true");
    properties.put("mail.smtp.auth", "true");
    properties.put("mail.smtp.port", gateways.port("submission"));
    properties.put("mail.imap.port", gateways.port("imap"));
    properties.put("mail.imaps.port", gateways.port("imaps-2"));
    properties.put("mail.pop3.port", gateways.port("pop3"));
    properties.put("mail.imap.partialfetch", "true");
    properties.put("mail.imap.fetchsize", "10000");
    return Session.getInstance(
        properties,
        new Authenticator() {
          @Override
          protected PasswordAuthentication getPasswordAuthentication() {
            return new PasswordAuthentication(user, "wing");
          }
        });
  }

  private static MimeMessage letter(Session session, String to, String subject, byte[] attachment)
      throws Exception {
    MimeMessage message = new MimeMessage(session);
    message.setFrom(new InternetAddress(ALICE, "Älice", "UTF-8"));
    message.setRecipients(Message.RecipientType.TO, to);
    message.setSubject(subject, "UTF-8");
    MimeMultipart parts = new MimeMultipart();
    MimeBodyPart text = new MimeBodyPart();
    text.setText(".a line with a dot\r\nGrüße\r\n", "UTF-8");
    parts.addBodyPart(text);
    MimeBodyPart file = new MimeBodyPart();
    file.setContent(attachment, "application/octet-stream");
    file.setFileName("noise.bin");
    file.setHeader("Content-Transfer-Encoding", "base64");
    parts.addBodyPart(file);
    message.setContent(parts);
    message.saveChanges();
    return message;
  }

  private static byte[] octets(Message message) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    message.writeTo(out);
    return out.toByteArray();
  }

  @Test
  void aLetterIsSentAndReadThroughEveryProtocol() throws Exception {
    byte[] noise = new byte[70_000];
    new Random(7).nextBytes(noise);
    Session sender = session(ALICE);
    MimeMessage sent = letter(sender, BOB, "Grüße aus Köln", noise);
    Transport.send(sent);
    byte[] whole = octets(sent);

    try (Store imap = session(BOB).getStore("imap")) {
      imap.connect();
      assertThat(((IMAPStore) imap).hasCapability("IDLE")).isTrue();
      assertThat(imap.getDefaultFolder().list("*"))
          .extracting(Folder::getFullName)
          .contains("INBOX", "Sent", "Drafts", "Trash", "Junk", "Archive");
      IMAPFolder inbox = (IMAPFolder) imap.getFolder("INBOX");
      inbox.open(Folder.READ_WRITE);
      Message[] messages = inbox.getMessages();
      FetchProfile profile = new FetchProfile();
      profile.add(FetchProfile.Item.ENVELOPE);
      profile.add(FetchProfile.Item.CONTENT_INFO);
      profile.add(FetchProfile.Item.FLAGS);
      profile.add(UIDFolder.FetchProfileItem.UID);
      inbox.fetch(messages, profile);
      IMAPMessage read = (IMAPMessage) messages[messages.length - 1];
      assertThat(read.getSubject()).isEqualTo("Grüße aus Köln");
      assertThat(read.getFrom()[0]).isEqualTo(new InternetAddress(ALICE, "Älice", "UTF-8"));
      assertThat(read.getMessageID()).isEqualTo(sent.getMessageID());
      assertThat(read.isSet(Flags.Flag.SEEN)).isFalse();
      assertThat(read.isMimeType("multipart/mixed")).isTrue();
      read.setPeek(true);
      MimeMultipart parts = (MimeMultipart) read.getContent();
      assertThat(parts.getCount()).isEqualTo(2);
      assertThat(parts.getBodyPart(0).getContent()).isEqualTo(".a line with a dot\r\nGrüße\r\n");
      assertThat(parts.getBodyPart(1).getFileName()).isEqualTo("noise.bin");
      // In pieces of 10,000 octets.
      try (InputStream in = parts.getBodyPart(1).getInputStream()) {
        assertThat(in.readAllBytes()).isEqualTo(noise);
      }
      assertThat(read.isSet(Flags.Flag.SEEN)).isFalse();
      byte[] stored = octets(read);
      assertThat(new String(stored, StandardCharsets.ISO_8859_1))
          .startsWith("Return-Path: <" + ALICE + ">\r\nDelivered-To: " + BOB + "\r\nReceived: ")
          .endsWith(new String(whole, StandardCharsets.ISO_8859_1));
      assertThat(read.getSize()).isEqualTo(stored.length);

      inbox.setFlags(messages, new Flags(Flags.Flag.FLAGGED), true);
      read.setFlags(new Flags("$Label1"), true);
      assertThat(inbox.search(new SubjectTerm("Köln"))).hasSize(1);
      IMAPFolder archive = (IMAPFolder) imap.getFolder("Archive");
      AppendUID[] copied = inbox.copyUIDMessages(new Message[] {read}, archive);
      assertThat(copied[0].uid).isEqualTo(1);
      inbox.moveMessages(new Message[] {read}, imap.getFolder("Trash"));
      inbox.close(false);
      archive.open(Folder.READ_ONLY);
      assertThat(archive.getMessage(1).getFlags().contains(Flags.Flag.FLAGGED)).isTrue();
      assertThat(archive.getMessage(1).getFlags().contains("$Label1")).isTrue();
      assertThat(octets(archive.getMessage(1))).isEqualTo(stored);
      archive.close(false);
      Folder trash = imap.getFolder("Trash");
      trash.open(Folder.READ_WRITE);
      assertThat(trash.getMessageCount()).isEqualTo(1);
      trash.getMessage(1).setFlag(Flags.Flag.DELETED, true);
      assertThat(trash.expunge()).hasSize(1);
      trash.close(false);
      Folder made = imap.getFolder("Reisen/Köln & Bonn");
      assertThat(made.create(Folder.HOLDS_MESSAGES)).isTrue();
      made.appendMessages(new Message[] {sent});
      assertThat(made.getMessageCount()).isEqualTo(1);
    }
  }

  @Test
  void aMaildropIsReadByPop3() throws Exception {
    Session sender = session(ALICE);
    MimeMessage one = letter(sender, "carol@example.test", "one", new byte[3000]);
    Transport.send(one);
    Transport.send(letter(sender, "carol@example.test", "two", new byte[10]));
    try (Store pop3 = session("carol@example.test").getStore("pop3")) {
      pop3.connect();
      POP3Folder inbox = (POP3Folder) pop3.getFolder("INBOX");
      inbox.open(Folder.READ_WRITE);
      assertThat(inbox.getMessageCount()).isEqualTo(2);
      assertThat(inbox.getUID(inbox.getMessage(1))).isNotEqualTo(inbox.getUID(inbox.getMessage(2)));
      byte[] read = octets(inbox.getMessage(1));
      assertThat(new String(read, StandardCharsets.ISO_8859_1))
          .endsWith(new String(octets(one), StandardCharsets.ISO_8859_1));
      assertThat(inbox.getSizes()[0]).isEqualTo(read.length);
      inbox.getMessage(1).setFlag(Flags.Flag.DELETED, true);
      inbox.close(true);
    }
    try (Store pop3 = session("carol@example.test").getStore("pop3")) {
      pop3.connect();
      Folder inbox = pop3.getFolder("INBOX");
      inbox.open(Folder.READ_ONLY);
      assertThat(inbox.getMessageCount()).isEqualTo(1);
      assertThat(inbox.getMessage(1).getSubject()).isEqualTo("two");
      inbox.close(false);
    }
  }

  @Test
  void idleTellsOfANewLetter() throws Exception {
    LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
    try (Store imap = session("idler@example.test").getStore("imaps")) {
      imap.connect();
      IMAPFolder inbox = (IMAPFolder) imap.getFolder("INBOX");
      inbox.open(Folder.READ_ONLY);
      inbox.addMessageCountListener(
          new MessageCountAdapter() {
            @Override
            public void messagesAdded(MessageCountEvent event) {
              told.add("added " + event.getMessages().length);
            }
          });
      Thread idling =
          Thread.startVirtualThread(
              () -> {
                try {
                  inbox.idle(true);
                } catch (jakarta.mail.MessagingException e) {
                  told.add(e.toString());
                }
              });
      Transport.send(letter(session(ALICE), "idler@example.test", "wake", new byte[1]));
      assertThat(told.poll(20, TimeUnit.SECONDS)).isEqualTo("added 1");
      idling.join();
      assertThat(inbox.getMessage(1).getSubject()).isEqualTo("wake");
      inbox.close(false);
    }
  }
}
