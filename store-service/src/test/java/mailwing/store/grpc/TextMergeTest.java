package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.MailFixture.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.accounts.Resolution;
import mailwing.store.domain.MailJobs;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.TextIndex;
import mailwing.store.events.ChangeSignal;
import mailwing.store.persistence.Database;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.HeaderMatch;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Segments of the text index are merged behind the searches that read them.
class TextMergeTest {
  private static final int AT_ONCE = 100;
  private static final String TEST = "'00000000-0000-0000-0000-000000000001'";
  private static final String IN_TRANSACTION =
      " FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()";

  private final List<String> bodies = new ArrayList<>();
  private int atOnce = AT_ONCE;
  private MailFixture store;
  private Database database;
  private MailStore mail;
  private MailFixture.User user;
  private MailboxRef inbox;

  @BeforeEach
  void start() {
    store = new MailFixture();
    database = store.open();
    mail = MailFixture.mail(database);
    user = store.user(MailFixture.ALICE);
    inbox = user.ref("INBOX");
    store.claimIndex(user, TEST);
  }

  @AfterEach
  void stop() {
    database.close();
    store.close();
  }

  /// Appends as many as make a segment.
  private void append() {
    MailFixture.Reply<AppendResponse> reply = new MailFixture.Reply<>();
    StreamObserver<AppendRequest> call =
        user.async().withDeadlineAfter(5, TimeUnit.MINUTES).append(reply);
    for (int i = 0; i < atOnce; i++) {
      int number = bodies.size();
      String body = "Common words-" + number % 97 + " and text" + number + " of it";
      bodies.add(body);
      AppendHeader.Builder header = AppendHeader.newBuilder();
      if (i == 0) {
        header.setMailbox(inbox);
      }
      call.onNext(
          AppendRequest.newBuilder()
              .setHeader(header)
              .setData(
                  ByteString.copyFrom(
                      ("From: a@example.org\r\nSubject: about "
                              + number
                              + "\r\n\r\n"
                              + body
                              + "\r\n")
                          .getBytes(UTF_8)))
              .build());
    }
    call.onCompleted();
    reply.value();
  }

  private void grow(int segments) {
    for (int i = 0; i < segments; i++) {
      append();
      fill(() -> true);
    }
  }

  private List<Integer> search(SearchKey.Builder key) {
    List<Integer> uids = new ArrayList<>();
    user.messages()
        .withDeadlineAfter(5, TimeUnit.MINUTES)
        .search(SearchRequest.newBuilder().setMailbox(inbox).setKey(key).build())
        .forEachRemaining(frame -> uids.addAll(frame.getUidsList()));
    return uids;
  }

  private List<Integer> expected(String needle) {
    return IntStream.range(0, bodies.size())
        .filter(i -> bodies.get(i).contains(needle))
        .mapToObj(i -> i + 1)
        .toList();
  }

  private void compare(String... needles) {
    for (String needle : needles) {
      assertThat(search(SearchKey.newBuilder().setBody(needle)))
          .as(needle)
          .isEqualTo(expected(needle));
    }
  }

  /// Lets nobody but this test index, for the store's own chore has other ideas of what is small.
  private void fill(BooleanSupplier wanted) {
    store.execute("DELETE FROM text_claim WHERE holder = " + TEST);
    try {
      new TextIndex(mail, atOnce).fill(wanted);
    } finally {
      store.claimIndex(user, TEST);
    }
  }

  private long segments() {
    return store.number("SELECT count(*) FROM text_segment");
  }

  /// Every row of postings is a segment's, and no message is in two of them.
  private void isWhole() {
    assertThat(
            store.number(
                "SELECT count(*) FROM text_postings WHERE segment_no NOT IN"
                    + " (SELECT segment_no FROM text_segment)"))
        .isZero();
    assertThat(
            store.number(
                "SELECT count(*) FROM text_segment a JOIN text_segment b"
                    + " ON a.segment_no < b.segment_no"
                    + " AND a.first_id <= b.last_id AND b.first_id <= a.last_id"))
        .isZero();
    assertThat(store.number("SELECT max(last_id) FROM text_segment")).isEqualTo(bodies.size());
    assertThat(store.number("SELECT count(*) FROM text_claim WHERE holder <> " + TEST)).isZero();
  }

  @Test
  void manySmallSegmentsBecomeOneWhileTheyAreSearched() {
    atOnce = 560;
    grow(7);
    assertThat(segments()).isEqualTo(7);
    append();
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger searches = new AtomicInteger();
    CompletableFuture<Void> searching =
        CompletableFuture.runAsync(
            () -> {
              do {
                int number = searches.incrementAndGet();
                // Each time another needle: what was found before is remembered.
                compare("text" + number * 31, "words-" + number % 97, "and text" + number);
              } while (!done.get());
            });
    fill(() -> true);
    done.set(true);
    searching.join();
    assertThat(searches.get()).isPositive();
    assertThat(segments()).isEqualTo(1);
    assertThat(store.number("SELECT messages FROM text_segment")).isEqualTo(bodies.size());
    // More messages a segment, fewer buckets a row.
    assertThat(store.number("SELECT span FROM text_segment")).isEqualTo(8);
    isWhole();
    compare("text1234", "words-9", "nowhere", "mon words-3 and text3", "t4", "77");
    assertThat(
            search(
                SearchKey.newBuilder()
                    .setHeader(HeaderMatch.newBuilder().setName("SUBJECT").setValue("out 44"))))
        .hasSize(1 + 10 + 80);

    // What common words say needs no look: there is nothing to be looked at any more.
    store.execute("DELETE FROM blob_chunk");
    compare("ommo", "Common");
    assertThat(
            search(
                SearchKey.newBuilder()
                    .setHeader(HeaderMatch.newBuilder().setName("From").setValue("@example"))))
        .hasSize(bodies.size());
    assertThat(search(SearchKey.newBuilder().setText("about"))).hasSize(bodies.size());
  }

  @Test
  void whoeverDiesInAMergeLeavesWhatWasThere() {
    grow(7);
    append();
    for (int after : List.of(0, 1, 30, 55)) {
      AtomicInteger steps = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  fill(
                      () -> {
                        if ((steps.get() > 0 || merging()) && steps.getAndIncrement() == after) {
                          store.execute("SELECT pg_terminate_backend(pid)" + IN_TRANSACTION);
                        }
                        return true;
                      }))
          .isInstanceOf(StoreException.class);
      assertThat(segments()).isEqualTo(8);
      isWhole();
      compare("text" + (17 + after));
    }
    // A store that died keeps its claim for a while: others leave the account alone until then.
    store.execute("UPDATE text_claim SET holder = gen_random_uuid()");
    fill(() -> true);
    assertThat(segments()).isEqualTo(8);
    store.execute("UPDATE text_claim SET until = mail_now() - 1");
    // One that is told to stop leaves things as they are as well.
    AtomicInteger steps = new AtomicInteger();
    fill(() -> (steps.get() == 0 && !merging()) || steps.incrementAndGet() < 20);
    assertThat(segments()).isEqualTo(8);
    isWhole();
    fill(() -> true);
    assertThat(segments()).isEqualTo(1);
    assertThat(store.number("SELECT count(*) FROM text_upkeep")).isZero();
    isWhole();
    compare("text799", "words-96", "nowhere");
  }

  private boolean merging() {
    return segments() == 8 && store.number("SELECT count(*)" + IN_TRANSACTION) > 0;
  }

  @Test
  void twoStoresMergeAnAccountOnce() {
    grow(7);
    append();
    store.execute("DELETE FROM text_claim");
    try (Database other =
        Database.open(
            StoreConfig.Database.of(
                store.database.jdbcUrl(), store.database.user(), store.database.password()))) {
      TextIndex second =
          new TextIndex(
              new MailStore(
                  other.dataSource(),
                  address -> new Resolution.UnknownUser(),
                  new ChangeSignal(),
                  MailStore.Limits.DEFAULTS),
              atOnce);
      CompletableFuture<Void> running =
          CompletableFuture.runAsync(
              () -> {
                while (segments() != 1) {
                  second.fill(() -> true);
                }
              });
      TextIndex first = new TextIndex(mail, atOnce);
      while (segments() != 1) {
        first.fill(() -> true);
      }
      running.join();
    }
    isWhole();
    compare("text777", "words-5", "nowhere");
  }

  @Test
  void expungedMessagesLeaveTheIndex() {
    grow(3);
    assertThat(store.number("SELECT sum(messages) FROM text_segment")).isEqualTo(300);
    long octets = store.number("SELECT sum(octets) FROM text_segment");
    user.messages()
        .withDeadlineAfter(5, TimeUnit.MINUTES)
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(inbox)
                .addUids(range(1, 240))
                .setRegardlessOfDeleted(true)
                .build())
        .forEachRemaining(r -> {});
    for (int i = 0; i < 240; i++) {
      bodies.set(i, "");
    }
    fill(() -> true);
    // They can still be undeleted.
    assertThat(store.number("SELECT sum(messages) FROM text_segment")).isEqualTo(300);
    compare("text9", "words-13");
    new MailJobs(
            mail,
            new MailJobs.Retention(
                Duration.ZERO,
                Duration.ofSeconds(-1),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ofDays(5)))
        .collect(user.accountId());
    assertThat(store.number("SELECT sum(gone) FROM text_upkeep")).isEqualTo(240);
    fill(() -> true);
    assertThat(store.number("SELECT sum(messages) FROM text_segment")).isEqualTo(60);
    assertThat(store.number("SELECT sum(octets) FROM text_segment")).isLessThan(octets / 2);
    assertThat(store.number("SELECT count(*) FROM text_upkeep")).isZero();
    isWhole();
    compare("text27", "words-14", "nowhere", "Common");
  }
}
