package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import mailwing.testkit.RealMessages;
import mailwing.testkit.TestStore;
import mailwing.testkit.TranscriptClient;
import mailwing.testkit.imap.ImapClient;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Real messages by SMTP and LMTP, each by DATA and as BINARYMIME by BDAT, read back by IMAP: all
/// octets behind the trace fields are as they were sent. DATA refuses a NUL and a bare CR (RFC 5321
/// §2.3.8, §4.5.2); BINARYMIME keeps them (RFC 3030 §3). What loops is refused.
///
/// A sample by seed, or all, where there is a folder of messages: see [RealMessages].
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RealMessagesDeliveryTest {
  private static final long SEED = 20261122;

  private static final Pattern TRACE =
      Pattern.compile("((Return-Path|Delivered-To|Received): [^\r\n]*\r\n([ \t][^\r\n]*\r\n)*)+");

  private static final Pattern RECEIVED =
      Pattern.compile("^Received[ \t]*:", Pattern.MULTILINE | Pattern.CASE_INSENSITIVE);

  private TestStore store;
  private Gateways gateways;

  @BeforeAll
  void start() throws Exception {
    store = TestStore.startWithKafka();
    gateways = new Gateways(store::client, Gateways.events(store), Gateways.LOOPBACK);
    store.addUser("smtp");
    store.addUser("lmtp");
  }

  @AfterAll
  void stop() {
    gateways.close();
    store.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"smtp", "lmtp"})
  void whatIsDeliveredIsReadBackWithSeed20261122(String service) throws Exception {
    assumeTrue(RealMessages.folder() != null, "no folder of messages: set -Dmailwing.corpus=DIR");
    long uid = 1;
    try (TranscriptClient sender = Dialogs.smtpSession(gateways, service);
        ImapClient reader = ImapClient.connect(gateways.port("imap"))) {
      reader.login(service);
      reader.done("SELECT INBOX");
      for (Path file : RealMessages.sample(60, SEED)) {
        byte[] octets = RealMessages.crlf(file);
        if (octets.length == 0) {
          continue;
        }
        if (loops(octets)) {
          refuse(service, octets, "554 5.4.6 ", file);
          continue;
        }
        if (mayTravelByData(octets)) {
          assertThat(data(sender, service, octets)).as("DATA of %s", file).startsWith("250 ");
          check(reader, uid++, endingWithLine(octets), "DATA of " + file);
        } else {
          refuse(service, octets, "550 5.6.0 ", file);
        }
        assertThat(binary(sender, service, octets)).as("BDAT of %s", file).startsWith("250 ");
        check(reader, uid++, octets, "BDAT of " + file);
      }
    }
    assertThat(uid).isGreaterThan(1);
  }

  /// By DATA, on a connection of its own: one that errs often is closed.
  private void refuse(String service, byte[] octets, String reply, Path file) throws IOException {
    try (TranscriptClient sender = Dialogs.smtpSession(gateways, service)) {
      assertThat(data(sender, service, octets)).as("DATA of %s", file).startsWith(reply);
    }
  }

  private static void check(ImapClient reader, long uid, byte[] sent, String what)
      throws IOException {
    reader.done("NOOP");
    Map<String, @Nullable Object> items =
        reader.fetch(uid, "(RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[] BINARY.PEEK[])");
    ByteString stored = (ByteString) Objects.requireNonNull(items.get("BINARY[]"));
    int trace = stored.size() - sent.length;
    assertThat(trace).as(what).isPositive();
    assertThat(stored.substring(trace)).as(what).isEqualTo(ByteString.copyFrom(sent));
    assertThat(stored.substring(0, trace).toString(StandardCharsets.ISO_8859_1))
        .as(what)
        .matches(TRACE);
    assertThat(items.get("BODY[]"))
        .as(what)
        .isEqualTo(RealMessages.withoutNul(stored.toByteArray()));
    assertThat(items.get("RFC822.SIZE")).as(what).isEqualTo((long) stored.size());
  }

  /// No NUL, and no CR without LF.
  private static boolean mayTravelByData(byte[] octets) {
    for (int i = 0; i < octets.length; i++) {
      boolean crlf = i + 1 < octets.length && octets[i + 1] == '\n';
      if (octets[i] == 0 || (octets[i] == '\r' && !crlf)) {
        return false;
      }
    }
    return true;
  }

  /// More Received fields than a message may have by default (RFC 5321 §6.3).
  private static boolean loops(byte[] octets) {
    return RECEIVED.matcher(latin1(octets).split("\r\n\r\n", 2)[0]).results().count() > 50;
  }

  private static byte[] endingWithLine(byte[] octets) {
    String text = latin1(octets);
    return (text.endsWith("\r\n") ? text : text + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String latin1(byte[] octets) {
    return new String(octets, StandardCharsets.ISO_8859_1);
  }

  /// The reply to the final dot.
  private static String data(TranscriptClient sender, String user, byte[] octets)
      throws IOException {
    begin(sender, user, "8BITMIME");
    assertThat(Dialogs.smtp(sender, "DATA").getLast()).startsWith("354 ");
    String lines = ("\r\n" + latin1(endingWithLine(octets))).replace("\r\n.", "\r\n..");
    sender.send(lines.substring(2) + ".\r\n");
    return Dialogs.reply(sender).getLast();
  }

  /// The reply to the last chunk.
  private static String binary(TranscriptClient sender, String user, byte[] octets)
      throws IOException {
    begin(sender, user, "BINARYMIME");
    int half = octets.length / 2;
    String text = latin1(octets);
    sender.send("BDAT " + half + "\r\n" + text.substring(0, half));
    assertThat(Dialogs.reply(sender).getLast()).startsWith("250 ");
    sender.send("BDAT " + (octets.length - half) + " LAST\r\n" + text.substring(half));
    return Dialogs.reply(sender).getLast();
  }

  private static void begin(TranscriptClient sender, String user, String body) throws IOException {
    assertThat(Dialogs.smtp(sender, "MAIL FROM:<> BODY=" + body).getLast()).startsWith("250 ");
    assertThat(Dialogs.smtp(sender, "RCPT TO:<" + user + "@" + TestStore.DOMAIN + ">").getLast())
        .startsWith("250 ");
  }
}
