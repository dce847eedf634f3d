package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.MailFixture.ALICE;
import static mailwing.store.grpc.MailFixture.BOB;
import static mailwing.store.grpc.MailFixture.id;
import static mailwing.store.grpc.MailFixture.message;
import static mailwing.store.grpc.MailFixture.prefix;
import static mailwing.store.grpc.MailFixture.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.ResolveRecipientRequest;
import mailwing.store.v1.ResolveRecipientResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeliveryTest {
  private final Random random = new Random(20261121);
  private MailFixture store;
  private int users;

  @BeforeAll
  void start() {
    store = new MailFixture();
  }

  @AfterAll
  void stop() {
    store.close();
  }

  private String fresh() {
    return "user" + users++ + "@example.test";
  }

  @Test
  void manyDeliveriesOverEightThreadsAreAllStoredWithoutHoleOrRepeat() throws Exception {
    MailFixture.User alice = store.user(ALICE);
    byte[] message = message("many", 1000);
    List<byte[]> ids = IntStream.range(0, 1200).mapToObj(i -> id(random)).toList();
    Set<Integer> told = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<DeliverResponse>> calls = new ArrayList<>();
      for (byte[] id : ids) {
        calls.add(threads.submit(() -> store.deliver(id, message, ALICE)));
      }
      for (Future<DeliverResponse> call : calls) {
        RecipientResult result = call.get().getResults(0);
        assertThat(result.getStatus()).isEqualTo(RecipientResult.Status.DELIVERED);
        assertThat(told.add(result.getUid())).isTrue();
      }
    }
    MailFixture.Snapshot snapshot = alice.snapshot(alice.ref("INBOX"));
    assertThat(snapshot.uids()).isEqualTo(IntStream.rangeClosed(1, 1200).boxed().toList());
    assertThat(told).hasSize(1200).containsAll(snapshot.uids());
    MailboxStatus head = snapshot.head();
    int octets = message.length + prefix(ALICE).length;
    assertThat(head.getMessages()).isEqualTo(1200);
    assertThat(head.getUnseen()).isEqualTo(1200);
    assertThat(head.getRecent()).isEqualTo(1200);
    assertThat(head.getUidNext()).isEqualTo(1201);
    assertThat(head.getOctets()).isEqualTo(1200L * octets);
    assertThat(
            store.number(
                "SELECT max(seq) - min(seq) + 1 - count(*) FROM ("
                    + "SELECT change_seq AS seq FROM outbox WHERE account_id = ? UNION ALL"
                    + " SELECT changes[i][2] FROM outbox_batch,"
                    + " generate_series(1, array_length(changes, 1)) i WHERE changes[i][1] = ?) x",
                alice.accountId(),
                alice.accountId()))
        .as("change_seq without holes")
        .isZero();
  }

  @Test
  void aRepeatStoresNothingTwiceAndAnswersAsTheFirst() throws Exception {
    String address = fresh();
    MailFixture.User user = store.user(address);
    byte[] id = id(random);
    byte[] message = message("repeat", 500);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<DeliverResponse>> calls = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        calls.add(threads.submit(() -> store.deliver(id, message, address)));
      }
      for (Future<DeliverResponse> call : calls) {
        RecipientResult result = call.get().getResults(0);
        assertThat(result.getStatus()).isEqualTo(RecipientResult.Status.DELIVERED);
        assertThat(result.getUid()).isEqualTo(1);
      }
    }
    assertThat(user.status("INBOX").getMessages()).isEqualTo(1);
  }

  @Test
  void oneAccountAmongTheRecipientsTwiceGetsOneCopy() {
    String address = fresh();
    MailFixture.User user = store.user(address);
    store.user(BOB);
    store.alias("team@example.test", address, BOB);
    DeliverResponse response =
        store.deliver(
            id(random),
            message("once", 500),
            address,
            "team@example.test",
            address.replace("@", "+x@"),
            "nobody@example.test",
            "someone@elsewhere.test");
    assertThat(response.getResultsList())
        .extracting(RecipientResult::getStatus)
        .containsExactly(
            RecipientResult.Status.DELIVERED,
            RecipientResult.Status.DELIVERED,
            RecipientResult.Status.DELIVERED,
            RecipientResult.Status.FAILED,
            RecipientResult.Status.FAILED);
    assertThat(response.getResults(3).getError()).isEqualTo(ErrorCode.ACCOUNT_NOT_FOUND);
    assertThat(response.getResults(4).getError()).isEqualTo(ErrorCode.DOMAIN_NOT_FOUND);
    assertThat(user.status("INBOX").getMessages()).isEqualTo(1);
  }

  @Test
  void aLargeMessageIsReadBackByRange() {
    String address = fresh();
    String other = fresh();
    MailFixture.User user = store.user(address);
    MailFixture.User second = store.user(other);
    byte[] message = message("large", 3 << 20);
    store.deliver(id(random), message, address, other);
    for (MailFixture.User reader : List.of(user, second)) {
      byte[] prefix = prefix(reader.accountId() == user.accountId() ? address : other);
      byte[] whole = Arrays.copyOf(prefix, prefix.length + message.length);
      System.arraycopy(message, 0, whole, prefix.length, message.length);
      MailboxRef inbox = reader.ref("INBOX");
      assertThat(reader.body(inbox, 1, 0, 0)).isEqualTo(whole);
      for (int i = 0; i < 40; i++) {
        int from = random.nextInt(whole.length);
        int length = 1 + random.nextInt(600_000);
        assertThat(reader.body(inbox, 1, from, length))
            .isEqualTo(Arrays.copyOfRange(whole, from, Math.min(whole.length, from + length)));
      }
      int chunk = 256 << 10;
      for (int edge : new int[] {chunk, chunk + prefix.length, 2 * chunk + prefix.length}) {
        assertThat(reader.body(inbox, 1, edge - 1, 2))
            .isEqualTo(Arrays.copyOfRange(whole, edge - 1, edge + 1));
      }
      assertThat(reader.body(inbox, 1, whole.length, 10)).isEmpty();
      assertThat(reader.body(inbox, 1, whole.length + 5L, 10)).isEmpty();
    }
    assertThat(store.number("SELECT count(*) FROM blob_upload")).isZero();
  }

  @Test
  void thePrefixIsPartOfTheMessageAndShiftsItsStructure() {
    String address = fresh();
    MailFixture.User user = store.user(address);
    String text =
        String.join(
            "\r\n",
            "Subject: parts",
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "",
            "one",
            "--b",
            "Content-Type: text/html",
            "",
            "<p>two</p>",
            "--b--",
            "");
    store.deliver(id(random), text.getBytes(UTF_8), address);
    FetchedMessage fetched =
        user.messages()
            .fetchMessages(
                FetchMessagesRequest.newBuilder()
                    .setMailbox(user.ref("INBOX"))
                    .addUids(range(1, 0))
                    .setItems(
                        FetchItems.newBuilder()
                            .setStructure(true)
                            .setHeader(true)
                            .setBodyUpTo(100_000)
                            .setEnvelope(true)
                            .setSize(true)
                            .setPreview(true))
                    .build())
            .next()
            .getMessages(0);
    String whole = new String(prefix(address), UTF_8) + text;
    assertThat(fetched.getBody().toStringUtf8()).isEqualTo(whole);
    assertThat(fetched.getSize()).isEqualTo(whole.length());
    assertThat(fetched.getHeader().toStringUtf8())
        .isEqualTo(whole.substring(0, whole.indexOf("\r\n\r\n") + 4));
    assertThat(fetched.getEnvelope().getSubject().toStringUtf8()).isEqualTo("parts");
    var second = fetched.getStructure().getParts(1);
    assertThat(whole.substring((int) second.getBodyOffset(), (int) second.getEndOffset()))
        .isEqualTo("<p>two</p>");
    assertThat(fetched.getStructure().getHeaderOffset()).isZero();
    assertThat(fetched.getStructure().getEndOffset()).isEqualTo(whole.length());
  }

  @Test
  void quotaIsCheckedAtRecipientAndAtCommit() {
    String address = fresh();
    MailFixture.User user =
        store.user(address, QuotaLimits.newBuilder().setOctets(3000).setMessages(2).build());
    assertThat(resolve(address, 1000)).isEqualTo(ResolveRecipientResponse.Status.LOCAL);
    assertThat(resolve(address, 4000)).isEqualTo(ResolveRecipientResponse.Status.TOO_LARGE);
    byte[] message = message("quota", 1000);
    assertThat(store.deliver(id(random), message, address).getResults(0).getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(resolve(address, 2500)).isEqualTo(ResolveRecipientResponse.Status.OVER_QUOTA);
    RecipientResult large =
        store.deliver(id(random), message("too much", 2500), address).getResults(0);
    assertThat(large.getStatus()).isEqualTo(RecipientResult.Status.FAILED);
    assertThat(large.getError()).isEqualTo(ErrorCode.OVER_QUOTA);
    assertThat(store.deliver(id(random), message("b", 500), address).getResults(0).getUid())
        .isEqualTo(2);
    assertThat(store.deliver(id(random), message("c", 10), address).getResults(0).getError())
        .isEqualTo(ErrorCode.OVER_QUOTA);
    assertThat(user.status("INBOX").getMessages()).isEqualTo(2);
    assertThat(resolve("nobody@example.test", 1))
        .isEqualTo(ResolveRecipientResponse.Status.UNKNOWN_USER);
    assertThat(resolve("x@elsewhere.test", 1)).isEqualTo(ResolveRecipientResponse.Status.NOT_LOCAL);
  }

  private ResolveRecipientResponse.Status resolve(String address, long size) {
    return store
        .delivery()
        .resolveRecipient(
            ResolveRecipientRequest.newBuilder().setAddress(address).setSize(size).build())
        .getStatus();
  }

  @Test
  void furtherAddressesAreAnsweredInOrder() {
    String address = fresh();
    store.user(address);
    ResolveRecipientResponse answer =
        store
            .delivery()
            .resolveRecipient(
                ResolveRecipientRequest.newBuilder()
                    .setAddress("x@elsewhere.test")
                    .addFurther(address)
                    .addFurther("nobody@example.test")
                    .addFurther(address)
                    .build());
    assertThat(answer.getStatus()).isEqualTo(ResolveRecipientResponse.Status.NOT_LOCAL);
    assertThat(answer.getFurtherList())
        .extracting(ResolveRecipientResponse::getStatus)
        .containsExactly(
            ResolveRecipientResponse.Status.LOCAL,
            ResolveRecipientResponse.Status.UNKNOWN_USER,
            ResolveRecipientResponse.Status.LOCAL);
    assertThat(
            MailFixture.error(
                catchThrowable(
                    () ->
                        store
                            .delivery()
                            .resolveRecipient(
                                ResolveRecipientRequest.newBuilder()
                                    .setAddress(address)
                                    .addAllFurther(Collections.nCopies(101, address))
                                    .build()))))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
  }

  @Test
  void aNamedMailboxGetsItWhereItIsElseInbox() {
    String address = fresh();
    MailFixture.User user = store.user(address);
    for (String mailbox : List.of("Junk", "No/Such")) {
      store.deliver(
          DeliveryEnvelope.newBuilder()
              .setDeliveryId(ByteString.copyFrom(id(random)))
              .setMailbox(mailbox)
              .addRecipients(DeliveryRecipient.newBuilder().setAddress(address))
              .build(),
          message("junk", 100));
    }
    assertThat(user.status("Junk").getMessages()).isEqualTo(1);
    assertThat(user.status("INBOX").getMessages()).isEqualTo(1);
  }

  @Test
  void deliveryGoesOnWhenItsConnectionsAreCut() throws Exception {
    String address = fresh();
    MailFixture.User user = store.user(address);
    byte[] message = message("cut", 2000);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<DeliverResponse>> calls = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        byte[] id = id(random);
        calls.add(threads.submit(() -> store.deliver(id, message, address)));
        if (i % 50 == 25) {
          store.execute(
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  + " WHERE application_name = 'mailwing-store-47' AND datname = current_database()");
        }
      }
      for (Future<DeliverResponse> call : calls) {
        assertThat(call.get().getResults(0).getStatus())
            .isEqualTo(RecipientResult.Status.DELIVERED);
      }
    }
    assertThat(user.snapshot(user.ref("INBOX")).uids())
        .isEqualTo(IntStream.rangeClosed(1, 200).boxed().toList());
  }

  @Test
  void whatCannotBeStoredNowBesidesWhatWasIsStoredLater() throws Exception {
    laterBesides(300_000);
  }

  @Test
  void aSmallMessageThatCannotBeStoredNowBesidesWhatWasIsStoredLater() throws Exception {
    laterBesides(700);
  }

  private void laterBesides(int octets) throws Exception {
    String free = fresh();
    String busy = fresh();
    MailFixture.User first = store.user(free);
    MailFixture.User second = store.user(busy);
    byte[] message = message("later", octets);
    byte[] id = id(random);
    try (Connection blocker = store.database.connect();
        Statement statement = blocker.createStatement()) {
      blocker.setAutoCommit(false);
      statement.execute(
          "SELECT 1 FROM account_state WHERE account_id = " + second.accountId() + " FOR UPDATE");
      DeliverResponse response = store.deliver(id, message, busy, free);
      assertThat(response.getResults(0).getStatus()).isEqualTo(RecipientResult.Status.DEFERRED);
      assertThat(response.getResults(1).getStatus()).isEqualTo(RecipientResult.Status.DELIVERED);
      assertThat(catchThrowable(() -> store.deliver(id(random), message, busy)))
          .satisfies(e -> assertThat(MailFixture.error(e)).isEqualTo(ErrorCode.UNAVAILABLE));
      blocker.rollback();
    }
    await().atMost(Duration.ofSeconds(30)).until(() -> second.status("INBOX").getMessages() == 1);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> store.number("SELECT count(*) FROM delivery_retry") == 0);
    byte[] prefix = prefix(busy);
    byte[] whole = Arrays.copyOf(prefix, prefix.length + message.length);
    System.arraycopy(message, 0, whole, prefix.length, message.length);
    assertThat(second.body(second.ref("INBOX"), 1, 0, 0)).isEqualTo(whole);
    assertThat(store.deliver(id, message, busy, free).getResults(0).getStatus())
        .isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(first.status("INBOX").getMessages()).isEqualTo(1);
    assertThat(second.status("INBOX").getMessages()).isEqualTo(1);
  }

  @Test
  void whereTheRestCannotBeMadeDurableNothingIsCommitted() throws Exception {
    String first = fresh();
    String second = fresh();
    List<MailFixture.User> users = List.of(store.user(first), store.user(second));
    store.alias("both@example.test", first, second);
    byte[] message = message("rest", 300_000);
    store.execute(
        "CREATE FUNCTION no_retry() RETURNS trigger LANGUAGE plpgsql AS"
            + " 'BEGIN RAISE EXCEPTION ''full'' USING ERRCODE = ''53100''; END';"
            + "CREATE TRIGGER no_retry BEFORE INSERT ON delivery_retry"
            + " FOR EACH ROW EXECUTE FUNCTION no_retry()");
    try {
      for (String[] recipients : new String[][] {{first, second}, {"both@example.test"}}) {
        assertThat(catchThrowable(() -> store.deliver(id(random), message, recipients)))
            .satisfies(e -> assertThat(MailFixture.error(e)).isEqualTo(ErrorCode.UNAVAILABLE));
      }
      for (MailFixture.User user : users) {
        assertThat(user.status("INBOX").getMessages()).isZero();
      }
      // A small one is for all of them in one commit: nothing is left.
      assertThat(store.deliver(id(random), message("whole", 700), first, second).getResultsList())
          .allMatch(result -> result.getStatus() == RecipientResult.Status.DELIVERED);
    } finally {
      store.execute("DROP TRIGGER no_retry ON delivery_retry; DROP FUNCTION no_retry");
    }
    // The client sends it again, under another id.
    assertThat(store.deliver(id(random), message, first, second).getResultsList())
        .allMatch(result -> result.getStatus() == RecipientResult.Status.DELIVERED);
    for (MailFixture.User user : users) {
      assertThat(user.status("INBOX").getMessages()).isEqualTo(2);
    }
  }

  @Test
  void whatWasRefusedOneAccountIsNotTriedAgain() {
    String first = fresh();
    String second = fresh();
    MailFixture.User small = store.user(first, QuotaLimits.newBuilder().setOctets(100).build());
    MailFixture.User large = store.user(second);
    List<RecipientResult> results =
        store.deliverEach(id(random), message("small", 500), first, second).getResultsList();
    assertThat(results.get(0).getError()).isEqualTo(ErrorCode.OVER_QUOTA);
    assertThat(results.get(1).getStatus()).isEqualTo(RecipientResult.Status.DELIVERED);
    results = store.deliverEach(id(random), message("small", 500), second, first).getResultsList();
    assertThat(results.get(0).getStatus()).isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(results.get(1).getError()).isEqualTo(ErrorCode.OVER_QUOTA);
    assertThat(
            store.number(
                "SELECT count(*) FROM delivery_retry WHERE target_account_id = ?",
                small.accountId()))
        .isZero();
    assertThat(large.status("INBOX").getMessages()).isEqualTo(2);
    assertThat(small.status("INBOX").getMessages()).isZero();
  }

  @Test
  void anAliasOfWhichOneAccountIsBusyIsDeliveredToAllInTheEnd() throws Exception {
    String free = fresh();
    String busy = fresh();
    MailFixture.User first = store.user(free);
    MailFixture.User second = store.user(busy);
    store.alias("pair@example.test", busy, free);
    try (Connection blocker = store.database.connect();
        Statement statement = blocker.createStatement()) {
      blocker.setAutoCommit(false);
      statement.execute(
          "SELECT 1 FROM account_state WHERE account_id = " + second.accountId() + " FOR UPDATE");
      assertThat(
              store
                  .deliver(id(random), message("pair", 400), "pair@example.test")
                  .getResults(0)
                  .getStatus())
          .isEqualTo(RecipientResult.Status.DELIVERED);
      assertThat(second.accountId()).isNotEqualTo(first.accountId());
      blocker.rollback();
    }
    await().atMost(Duration.ofSeconds(30)).until(() -> second.status("INBOX").getMessages() == 1);
    assertThat(first.status("INBOX").getMessages()).isEqualTo(1);
  }

  @Test
  void whoIsFoundFullBesideOneWhoIsNotGetsItsCopyWhenThereIsRoom() {
    String free = fresh();
    String full = fresh();
    MailFixture.User first = store.user(free);
    MailFixture.User second = store.user(full, QuotaLimits.newBuilder().setMessages(1).build());
    store.deliver(id(random), message("fills", 100), full);
    byte[] message = message("owed", 1000);
    // The full one comes first: it is tried before anything is committed.
    DeliverResponse response = store.deliver(id(random), message, full, free);
    assertThat(response.getResults(0).getStatus()).isEqualTo(RecipientResult.Status.DEFERRED);
    assertThat(response.getResults(1).getStatus()).isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(store.number("SELECT count(*) FROM delivery_retry")).isEqualTo(1);
    // Where each recipient is answered, the refusal is the client's, and nothing waits.
    DeliverResponse each = store.deliverEach(id(random), message("refused", 100), full, free);
    assertThat(each.getResults(0).getStatus()).isEqualTo(RecipientResult.Status.FAILED);
    assertThat(each.getResults(0).getError()).isEqualTo(ErrorCode.OVER_QUOTA);
    assertThat(each.getResults(1).getStatus()).isEqualTo(RecipientResult.Status.DELIVERED);
    assertThat(store.number("SELECT count(*) FROM delivery_retry")).isEqualTo(1);
    store.execute(
        "UPDATE account_state SET limit_messages = 2 WHERE account_id = " + second.accountId());
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> store.number("SELECT count(*) FROM delivery_retry") == 0);
    assertThat(second.status("INBOX").getMessages()).isEqualTo(2);
    assertThat(first.status("INBOX").getMessages()).isEqualTo(2);
    byte[] prefix = prefix(full);
    byte[] whole = Arrays.copyOf(prefix, prefix.length + message.length);
    System.arraycopy(message, 0, whole, prefix.length, message.length);
    assertThat(second.body(second.ref("INBOX"), 2, 0, 0)).isEqualTo(whole);
  }

  @Test
  void badDeliveriesAreRefused() {
    String address = fresh();
    store.user(address);
    assertThat(
            MailFixture.error(
                catchThrowable(() -> store.deliver(new byte[3], message("x", 10), address))))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(MailFixture.error(catchThrowable(() -> store.deliver(id(random), message("x", 10)))))
        .isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(
            MailFixture.error(
                catchThrowable(
                    () ->
                        store.deliver(
                            DeliveryEnvelope.newBuilder()
                                .setDeliveryId(ByteString.copyFrom(id(random)))
                                .setSize(100L << 20)
                                .addRecipients(DeliveryRecipient.newBuilder().setAddress(address))
                                .build(),
                            message("x", 10)))))
        .isEqualTo(ErrorCode.MESSAGE_TOO_LARGE);
  }
}
