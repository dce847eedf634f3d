package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.MailFixture.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import mailwing.store.domain.MailJobs;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.TextIndex;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.Database;
import mailwing.store.persistence.MessageReads;
import mailwing.store.persistence.UidSpans;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CreateMailboxRequest;
import mailwing.store.v1.EnvelopeArrays;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.ThreadRequest;
import mailwing.store.v1.UidRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Lists and threads are the same from pages as from messages' rows, and no page outlives a message
/// that is in it.
class OverviewPagesTest {
  private static final long SEED = 20261123;
  private static final int LEAST = 50;
  private static final String TEST = "'00000000-0000-0000-0000-000000000002'";

  private final Random random = new Random(SEED);
  private final List<String> ids = new ArrayList<>();
  private MailFixture store;
  private Database database;
  private MailStore mail;
  private MailFixture.User user;
  private List<MailboxRef> mailboxes;

  /// Envelopes that came so, of all that were asked for.
  private int cameTogether;

  @BeforeEach
  void start() {
    store = new MailFixture();
    database = store.open();
    mail = MailFixture.mail(database);
    user = store.user(MailFixture.ALICE);
    store.claimIndex(user, TEST);
    mailboxes = new ArrayList<>(List.of(user.ref("INBOX")));
    for (String name : List.of("Sparse", "Mixed")) {
      user.mailboxes().createMailbox(CreateMailboxRequest.newBuilder().setName(name).build());
      mailboxes.add(user.ref(name));
    }
  }

  @AfterEach
  void stop() {
    database.close();
    store.close();
  }

  /// Lets nobody but this test make pages.
  private void fill() {
    store.execute("DELETE FROM text_claim WHERE holder = " + TEST);
    try {
      new TextIndex(mail, LEAST).fill(() -> true);
    } finally {
      store.claimIndex(user, TEST);
    }
  }

  private void append(int count) {
    append(count, this::message);
  }

  private void append(int count, Supplier<byte[]> message) {
    MailFixture.Reply<AppendResponse> reply = new MailFixture.Reply<>();
    StreamObserver<AppendRequest> call =
        user.async().withDeadlineAfter(2, TimeUnit.MINUTES).append(reply);
    for (int i = 0; i < count; i++) {
      AppendHeader.Builder header = AppendHeader.newBuilder();
      if (i == 0) {
        header.setMailbox(mailboxes.getFirst());
      }
      call.onNext(
          AppendRequest.newBuilder()
              .setHeader(header)
              .setData(ByteString.copyFrom(message.get()))
              .build());
    }
    call.onCompleted();
    reply.value();
  }

  /// With any of its fields, or without; some of them long, now and then.
  private byte[] message() {
    StringBuilder text = new StringBuilder("From: Carol <carol@example.org>\r\n");
    if (random.nextInt(8) > 0) {
      String id = "<" + ids.size() + "." + random.nextInt() + "@example.org>";
      ids.add(id);
      text.append("Message-ID: ").append(id).append("\r\n");
    }
    if (random.nextInt(8) > 0) {
      text.append(random.nextBoolean() ? "Subject: Re: " : "Subject: ")
          .append(random.nextBoolean() ? "straße über " : "")
          .append(random.nextInt(40))
          .append("\r\n");
    }
    if (random.nextInt(4) > 0) {
      text.append("Date: ").append(10 + random.nextInt(15)).append(" Nov 2026 10:00:00 +0100\r\n");
    }
    int references = random.nextInt(30) == 0 ? 150 : random.nextInt(4);
    if (references > 0 && !ids.isEmpty()) {
      text.append("References:");
      for (int i = 0; i < references; i++) {
        text.append("\r\n ").append(ids.get(random.nextInt(ids.size())));
      }
      text.append("\r\n");
    }
    text.append("To: a@example.org");
    for (int i = random.nextInt(200) == 0 ? 400 : 1; i > 0; i--) {
      text.append(",\r\n some").append(i).append("@example.org");
    }
    return text.append("\r\n\r\nText\r\n")
        .toString()
        .getBytes(random.nextBoolean() ? UTF_8 : ISO_8859_1);
  }

  private void copy(int from, int to, int first, int last) {
    user.messages()
        .copyMessages(
            CopyMessagesRequest.newBuilder()
                .setSource(mailboxes.get(from))
                .setDestination(mailboxes.get(to))
                .addUids(range(first, last))
                .build())
        .forEachRemaining(r -> {});
  }

  private void expunge(int mailbox, int first, int last) {
    user.messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(mailboxes.get(mailbox))
                .addUids(range(first, last))
                .setRegardlessOfDeleted(true)
                .build())
        .forEachRemaining(r -> {});
  }

  /// Removes for good what was expunged.
  private void collect() {
    store.execute("UPDATE expunged SET at = at - 15 * 86400000::bigint");
    new MailJobs(mail, MailJobs.Retention.DEFAULTS).collect(user.accountId());
  }

  private long pages() {
    return store.number(
        "SELECT count(*) FROM overview_page WHERE account_id = ?", user.accountId());
  }

  /// @param together as far as the store does so
  private List<FetchedMessage> envelopes(MailboxRef mailbox, UidRange range, boolean together) {
    List<FetchedMessage> all = new ArrayList<>();
    user.messages()
        .fetchMessages(
            FetchMessagesRequest.newBuilder()
                .setMailbox(mailbox)
                .addUids(range)
                .setItems(
                    FetchItems.newBuilder()
                        .setEnvelope(true)
                        .setEncoded(true)
                        .setEnvelopeArrays(together))
                .build())
        .forEachRemaining(
            frame -> {
              all.addAll(frame.getMessagesList());
              assertThat(together || !frame.hasEnvelopes()).isTrue();
              assertThat(frame.getSerializedSize()).isLessThan(4 << 20);
              cameTogether += frame.getEnvelopes().getUidsCount();
              all.addAll(messages(frame.getEnvelopes()));
            });
    return all;
  }

  private static List<FetchedMessage> messages(EnvelopeArrays envelopes) {
    ByteString blocks = ByteString.copyFrom(envelopes.getBlocksList());
    List<FetchedMessage> all = new ArrayList<>();
    for (int i = 0; i < envelopes.getUidsCount(); i++) {
      int start = envelopes.getStarts(i);
      all.add(
          FetchedMessage.newBuilder()
              .setUid(envelopes.getUids(i))
              .setEncodedEnvelope(blocks.substring(start, start + envelopes.getLengths(i)))
              .build());
    }
    return all;
  }

  /// All that lists and threads tell.
  private List<Object> answers() {
    List<Object> all = new ArrayList<>();
    for (MailboxRef mailbox : mailboxes) {
      int from = 1 + random.nextInt(200);
      // A large envelope does not come with others: among few there is hardly one.
      for (UidRange range : List.of(range(1, -1), range(from, from + 150), range(1, 40))) {
        List<FetchedMessage> envelopes = envelopes(mailbox, range, false);
        assertThat(envelopes(mailbox, range, true)).isEqualTo(envelopes);
        all.addAll(envelopes);
      }
      for (ThreadRequest.Algorithm algorithm :
          List.of(
              ThreadRequest.Algorithm.REFERENCES,
              ThreadRequest.Algorithm.REFS,
              ThreadRequest.Algorithm.ORDEREDSUBJECT)) {
        user.messages()
            .thread(
                ThreadRequest.newBuilder()
                    .setMailbox(mailbox)
                    .setKey(SearchKey.newBuilder().setAll(true))
                    .setAlgorithm(algorithm)
                    .build())
            .forEachRemaining(
                frame -> {
                  all.add(frame.getUidsList());
                  all.add(frame.getDepthsList());
                });
      }
    }
    return all;
  }

  /// Answers with the pages there are, with none, and with all that can be made; and what pages
  /// there were are as they would be made now.
  private void compare() {
    Random again = new Random(random.nextLong());
    long seed = again.nextLong();
    random.setSeed(seed);
    List<Object> with = answers();
    assertThat(with).hasSizeGreaterThan(200);
    assertThat(cameTogether).isPositive();
    cameTogether = 0;
    store.execute("CREATE TABLE kept_page AS TABLE overview_page");
    store.execute("DELETE FROM overview_page");
    random.setSeed(seed);
    assertThat(answers()).isEqualTo(with);
    store.execute("UPDATE text_segment SET paged = false");
    fill();
    random.setSeed(seed);
    assertThat(answers()).isEqualTo(with);
    assertThat(
            store.number(
                "SELECT count(*) FROM kept_page k WHERE NOT EXISTS (SELECT 1 FROM overview_page o"
                    + " WHERE o.account_id = k.account_id AND o.page_no = k.page_no"
                    + " AND o.envelopes IS NOT DISTINCT FROM k.envelopes"
                    + " AND o.links IS NOT DISTINCT FROM k.links)"))
        .isZero();
    store.execute("DROP TABLE kept_page");
  }

  @Test
  void answersAreTheSameWithPagesAndWithoutSeed20261123() {
    append(330);
    copy(0, 2, 100, 260);
    copy(0, 2, 20, 120);
    for (int uid = 3; uid < 330; uid += 1 + random.nextInt(9)) {
      copy(0, 1, uid, uid);
    }
    assertThat(pages()).isZero();
    fill();
    assertThat(pages()).isEqualTo(5);
    compare();
    for (int round = 0; round < 5; round++) {
      int uid = 1 + random.nextInt(300);
      expunge(0, uid, uid + random.nextInt(6));
      expunge(2, uid / 2, uid / 2 + random.nextInt(40));
      expunge(1, uid / 9, uid / 9 + 3);
      if (round % 2 == 0) {
        collect();
      }
      append(40);
      compare();
    }
  }

  @Test
  void aPageGoesWithItsMessageAndIsMadeAgainWithoutIt() {
    append(200);
    fill();
    assertThat(pages()).isEqualTo(3);
    expunge(0, 70, 70);
    assertThat(pages()).as("it may be undeleted").isEqualTo(3);
    collect();
    assertThat(pages()).isEqualTo(2);
    append(LEAST);
    fill();
    fill();
    assertThat(pages()).isEqualTo(3);
    compare();
    // As a program does that knows of no pages.
    store.execute("UPDATE message SET preview = '' WHERE message_id = 5");
    assertThat(pages()).isEqualTo(2);
    store.execute("DELETE FROM message WHERE message_id BETWEEN 60 AND 140");
    assertThat(pages()).isZero();
  }

  /// An envelope that just comes with others.
  private byte[] withManyAddresses() {
    StringBuilder text =
        new StringBuilder("Subject: " + random.nextInt() + "\r\nTo: a@example.org");
    for (int i = 100; i < 240; i++) {
      text.append(",\r\n some").append(i).append("@example.org");
    }
    return text.append("\r\n\r\nText\r\n").toString().getBytes(UTF_8);
  }

  @Test
  void manyLargeEnvelopesComeInBatchesThatAreBoundedInOctets() {
    append(100);
    for (int i = 0; i < 4; i++) {
      append(325, this::withManyAddresses);
    }
    fill();
    assertThat(pages()).isEqualTo(21);
    FetchItems items = FetchItems.newBuilder().setEnvelope(true).setEncoded(true).build();
    MessageReads.Reached reached = MessageReads.Reached.NOTHING;
    List<Integer> uids = new ArrayList<>();
    int batches = 0;
    while (reached.uid() < UidSpans.MAX) {
      MessageReads.Batch batch =
          mail.messageReads()
              .next(
                  Access.own(user.accountId()),
                  mailboxes.getFirst().getMailboxId(),
                  UidSpans.ALL,
                  reached,
                  items,
                  0);
      reached = batch.reached();
      batches++;
      assertThat(batch.messages().stream().mapToLong(FetchedMessage::getSerializedSize).sum())
          .isLessThan(4 << 20);
      batch.messages().forEach(message -> uids.add(message.getUid()));
    }
    assertThat(batches).isGreaterThan(1);
    assertThat(uids).isEqualTo(IntStream.rangeClosed(1, 1400).boxed().toList());
    compare();
  }

  @Test
  void aRemovedAccountLeavesNoPage() {
    append(200);
    fill();
    assertThat(pages()).isEqualTo(3);
    store
        .directory()
        .removeUser(RemoveUserRequest.newBuilder().setAddress(MailFixture.ALICE).build());
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                store.number(
                        "SELECT count(*) FROM account_state WHERE account_id = ?", user.accountId())
                    == 0);
    assertThat(pages()).isZero();
  }

  @Test
  void aPageThatIsMadeWhileItsMessageIsRemovedWaitsForThat() throws Exception {
    append(200);
    try (Connection connection = store.database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("DELETE FROM message WHERE message_id = 70");
      CompletableFuture<Void> filled = CompletableFuture.runAsync(this::fill);
      await().atMost(Duration.ofSeconds(60)).until(this::somebodyWaits);
      connection.commit();
      filled.get(1, TimeUnit.MINUTES);
    }
    assertThat(pages()).isEqualTo(3);
    compare();
  }

  private boolean somebodyWaits() throws SQLException {
    return store.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        > 0;
  }
}
