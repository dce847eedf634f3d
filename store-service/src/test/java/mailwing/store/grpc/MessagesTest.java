package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.MailFixture.id;
import static mailwing.store.grpc.MailFixture.message;
import static mailwing.store.grpc.MailFixture.range;
import static mailwing.store.grpc.MailFixture.system;
import static mailwing.store.grpc.MailFixture.to;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.common.collect.ImmutableList;
import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.CopyMessagesResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.Flags;
import mailwing.store.v1.HeaderMatch;
import mailwing.store.v1.ListChangesResponse;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchKeys;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import mailwing.store.v1.UidRange;
import mailwing.store.v1.UidSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MessagesTest {
  private static final int SEEN = 1;
  private static final int DELETED = 8;

  private final Random random = new Random(20261122);
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

  private MailFixture.User fresh() {
    return store.user("user" + users++ + "@example.test");
  }

  /// RFC 8474 §5.2.
  @Test
  void messagesThatAreStoredTogetherAreInTheThreadsThatTheyReferTo() {
    MailFixture.User user = fresh();
    MailFixture.Reply<AppendResponse> reply = new MailFixture.Reply<>();
    StreamObserver<AppendRequest> call = user.async().append(reply);
    MailboxRef inbox = user.ref("INBOX");
    for (String header :
        List.of(
            "Message-ID: <a1@example.org>\r\nSubject: apples",
            "Message-ID: <b1@example.org>\r\nSubject: pears",
            "Message-ID: <a2@example.org>\r\nIn-Reply-To: <a1@example.org>\r\nSubject: Re: apples",
            "Message-ID: <c1@example.org>\r\nSubject: plums",
            "Message-ID: <b2@example.org>\r\nReferences: <b1@example.org>\r\nSubject: Re: pears",
            "Subject: none")) {
      call.onNext(
          AppendRequest.newBuilder()
              .setHeader(to(inbox, 0))
              .setData(ByteString.copyFromUtf8(header + "\r\n\r\n"))
              .build());
    }
    call.onCompleted();
    assertThat(reply.value().getUidsCount()).isEqualTo(6);
    List<Long> threads =
        user
            .messages()
            .fetchMessages(
                FetchMessagesRequest.newBuilder()
                    .setMailbox(inbox)
                    .addUids(range(1, 0))
                    .setItems(FetchItems.newBuilder().setIds(true))
                    .build())
            .next()
            .getMessagesList()
            .stream()
            .map(FetchedMessage::getThreadId)
            .toList();
    assertThat(threads.get(2)).isEqualTo(threads.get(0));
    assertThat(threads.get(4)).isEqualTo(threads.get(1));
    assertThat(Set.copyOf(threads)).hasSize(4);
  }

  @Test
  void appendKeepsFlagsDateAndKeywordsAndIsIdempotent() {
    MailFixture.User user = fresh();
    MailboxRef inbox = user.ref("INBOX");
    AppendHeader header =
        to(inbox, SEEN, "$Label1", "Work").toBuilder()
            .setAppendId(ByteString.copyFrom(id(random)))
            .setInternalDateMillis(1_000_000_000_000L)
            .setInternalDateZoneMinutes(-90)
            .build();
    AppendResponse first = user.append(header, message("append", 700));
    AppendResponse again = user.append(header, message("append", 700));
    assertThat(first.getUids(0)).isEqualTo(1);
    assertThat(again).isEqualTo(first);
    user.append(to(inbox, 0, "work", "NEW"), message("second", 10));
    FetchedMessage fetched =
        user.messages()
            .fetchMessages(
                FetchMessagesRequest.newBuilder()
                    .setMailbox(inbox)
                    .addUids(range(1, 0))
                    .setItems(
                        FetchItems.newBuilder().setFlags(true).setInternalDate(true).setIds(true))
                    .build())
            .next()
            .getMessages(0);
    assertThat(fetched.getFlags().getKeywordsList()).containsExactly("$Label1", "Work");
    assertThat(fetched.getFlags().getSystem()).isEqualTo(SEEN);
    assertThat(fetched.getInternalDateMillis()).isEqualTo(1_000_000_000_000L);
    assertThat(fetched.getInternalDateZoneMinutes()).isEqualTo(-90);
    assertThat(fetched.getMessageId()).isPositive();
    MailboxStatus status = user.status("INBOX");
    assertThat(status.getMessages()).isEqualTo(2);
    assertThat(status.getUnseen()).isEqualTo(1);
    assertThat(status.getKeywordsList()).containsExactly("$Label1", "Work", "NEW");
  }

  @Test
  void severalMessagesAreAppendedAllOrNone() {
    MailFixture.User user =
        store.user("all@example.test", QuotaLimits.newBuilder().setMessages(5).build());
    MailboxRef inbox = user.ref("INBOX");
    AppendResponse three =
        user.append(List.of(to(inbox, 0), to(inbox, SEEN), to(inbox, DELETED)), 500);
    assertThat(three.getUidsList()).containsExactly(1, 2, 3);
    assertThat(
            MailFixture.error(
                catchThrowable(
                    () -> user.append(List.of(to(inbox, 0), to(inbox, 0), to(inbox, 0)), 500))))
        .isEqualTo(ErrorCode.OVER_QUOTA);
    assertThat(user.status("INBOX").getMessages()).isEqualTo(3);
    assertThat(
            MailFixture.error(
                catchThrowable(
                    () ->
                        user.append(
                            AppendHeader.newBuilder().setMailboxName("No such").build(),
                            message("x", 10)))))
        .isEqualTo(ErrorCode.MAILBOX_NOT_FOUND);
  }

  @Test
  void storeWithStaleModseqReportsModified() {
    MailFixture.User user = fresh();
    MailboxRef inbox = user.ref("INBOX");
    user.append(List.of(to(inbox, 0), to(inbox, 0), to(inbox, 0)), 100);
    long before = user.status("INBOX").getHighestModseq();
    user.storeFlags(inbox, StoreFlagsRequest.Operation.ADD, system(SEEN), range(2, 2));
    StoreFlagsResponse response =
        user.messages()
            .storeFlags(
                StoreFlagsRequest.newBuilder()
                    .setMailbox(inbox)
                    .setOperation(StoreFlagsRequest.Operation.REPLACE)
                    .setFlags(Flags.newBuilder().addKeywords("x"))
                    .addUids(range(1, 0))
                    .setUnchangedSince(before)
                    .build())
            .next();
    assertThat(response.getModifiedList()).containsExactly(range(2, 2));
    assertThat(response.getMessages().getUidsList()).containsExactly(1, 3);
    assertThat(response.getPreviousModseq()).isEqualTo(before + 1);
    assertThat(response.getModseq()).isEqualTo(before + 2);
    assertThat(response.getMessages().getNewKeywordSets(0).getKeywordsList()).containsExactly("x");
    StoreFlagsResponse same =
        user.storeFlags(inbox, StoreFlagsRequest.Operation.ADD, system(SEEN), range(2, 2))
            .getFirst();
    assertThat(same.getModseq()).as("nothing changed").isEqualTo(same.getPreviousModseq());
    assertThat(user.status("INBOX").getUnseen()).isEqualTo(2);
  }

  @Test
  void flagsAlongOneRangeComeToWhatTheyComeToInSeveral() {
    MailFixture.User one = fresh();
    MailFixture.User several = fresh();
    for (MailFixture.User user : List.of(one, several)) {
      MailboxRef inbox = user.ref("INBOX");
      user.append(
          IntStream.range(0, 9)
              .mapToObj(i -> i % 4 == 0 ? to(inbox, i, "k" + i) : to(inbox, i * 2))
              .toList(),
          100);
      user.messages()
          .expunge(
              ExpungeRequest.newBuilder()
                  .setMailbox(inbox)
                  .addUids(range(5, 5))
                  .setRegardlessOfDeleted(true)
                  .build())
          .forEachRemaining(r -> assertThat(r.getUidsList()).containsExactly(5));
    }
    for (int step = 0; step < 40; step++) {
      StoreFlagsRequest.Operation operation =
          random.nextBoolean()
              ? StoreFlagsRequest.Operation.ADD
              : StoreFlagsRequest.Operation.REMOVE;
      Flags change = system(random.nextInt(3) == 0 ? random.nextInt(32) : 1 << random.nextInt(5));
      for (UidRange uids : List.of(range(3, 900), range(1, 0))) {
        UidRange[] split = {range(uids.getFirst(), 4), range(6, uids.getLast())};
        long since = one.status("INBOX").getHighestModseq();
        StoreFlagsResponse answer =
            one.storeFlags(one.ref("INBOX"), operation, change, uids).getFirst();
        assertThat(several.storeFlags(several.ref("INBOX"), operation, change, split))
            .as("step %d: %s %s", step, operation, change)
            .containsExactly(answer);
        assertThat(one.status("INBOX").getUnseen()).isEqualTo(several.status("INBOX").getUnseen());
        assertThat(one.status("INBOX").getDeleted())
            .isEqualTo(several.status("INBOX").getDeleted());
        assertThat(changedSince(one, since)).isEqualTo(changedSince(several, since));
      }
    }
  }

  private static List<FlagArrays> changedSince(MailFixture.User user, long modseq) {
    return user.changes(user.ref("INBOX"), modseq, false).stream()
        .map(ListChangesResponse::getMessages)
        .toList();
  }

  @Test
  void flagsThatChangeAtTheSameTimeInSeveralAccountsAreEachToldOnce() throws Exception {
    List<MailFixture.User> users = IntStream.range(0, 6).mapToObj(i -> fresh()).toList();
    for (MailFixture.User user : users) {
      user.append(IntStream.range(0, 3).mapToObj(i -> to(user.ref("INBOX"), 0)).toList(), 100);
    }
    int rounds = 20;
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Set<Long>>> told = new ArrayList<>();
      // Two clients of each account, so that some find it busy.
      for (int i = 0; i < 2 * users.size(); i++) {
        MailFixture.User user = users.get(i / 2);
        int uid = 1 + i % 2;
        told.add(
            clients.submit(
                () -> {
                  Set<Long> modseqs = new HashSet<>();
                  for (int round = 0; round < rounds; round++) {
                    StoreFlagsRequest.Operation operation =
                        round % 2 == 0
                            ? StoreFlagsRequest.Operation.ADD
                            : StoreFlagsRequest.Operation.REMOVE;
                    StoreFlagsResponse response =
                        user.storeFlags(user.ref("INBOX"), operation, system(SEEN), range(uid, uid))
                            .getFirst();
                    assertThat(response.getModseq()).isEqualTo(response.getPreviousModseq() + 1);
                    assertThat(response.getMessages().getUidsList()).containsExactly(uid);
                    assertThat(response.getMessages().getSystemFlags(0))
                        .isEqualTo(round % 2 == 0 ? SEEN : 0);
                    modseqs.add(response.getModseq());
                  }
                  return modseqs;
                }));
      }
      for (int i = 0; i < users.size(); i++) {
        Set<Long> all = new HashSet<>(told.get(2 * i).get());
        all.addAll(told.get(2 * i + 1).get());
        assertThat(all).hasSize(2 * rounds);
        MailboxStatus status = users.get(i).status("INBOX");
        assertThat(all).contains(status.getHighestModseq());
        assertThat(status.getUnseen()).isEqualTo(3);
      }
    }
  }

  @Test
  void moveOfManyCommitsAThousandAtATime() {
    MailFixture.User user = fresh();
    MailboxRef inbox = user.ref("INBOX");
    for (int i = 0; i < 5; i++) {
      user.append(IntStream.range(0, 500).mapToObj(n -> to(inbox, n % 2)).toList(), 100);
    }
    assertThat(
            user
                .storeFlags(inbox, StoreFlagsRequest.Operation.ADD, system(16), range(1, 0))
                .stream()
                .map(r -> r.getMessages().getUidsCount())
                .toList())
        .containsExactly(2500);
    List<CopyMessagesResponse> moved =
        ImmutableList.copyOf(
            user.messages()
                .copyMessages(
                    CopyMessagesRequest.newBuilder()
                        .setSource(inbox)
                        .addUids(range(1, 0))
                        .setDestinationName("Archive")
                        .setMove(true)
                        .build()));
    assertThat(moved.stream().map(CopyMessagesResponse::getSourceUidsCount).toList())
        .containsExactly(1000, 1000, 500);
    assertThat(moved.stream().flatMap(m -> m.getDestinationUidsList().stream()).toList())
        .isEqualTo(IntStream.rangeClosed(1, 2500).boxed().toList());
    assertThat(user.status("INBOX").getMessages()).isZero();
    MailboxStatus archive = user.status("Archive");
    assertThat(archive.getMessages()).isEqualTo(2500);
    assertThat(archive.getUnseen()).isEqualTo(1250);
    assertThat(user.snapshot(user.ref("Archive")).frames()).hasSize(1);
    List<Integer> batches = new ArrayList<>();
    user.messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(user.ref("Archive"))
                .setRegardlessOfDeleted(true)
                .build())
        .forEachRemaining(r -> batches.add(r.getUidsCount()));
    assertThat(batches).startsWith(1000, 1000, 500);
    assertThat(user.status("Archive").getOctets()).isZero();
  }

  @Test
  void searchCombinesColumnsAndText() {
    MailFixture.User user = fresh();
    MailboxRef inbox = user.ref("INBOX");
    user.append(to(inbox, SEEN), text("Alpha", "the quick fox"));
    user.append(to(inbox, 0, "Todo"), text("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "lazy dog"));
    user.append(to(inbox, 0), text("beta", "Über quick things"));
    user.append(to(inbox, SEEN), message("large fox", 400_000));
    assertThat(search(user, inbox, key().setAll(true))).containsExactly(1, 2, 3, 4);
    assertThat(search(user, inbox, key().setFlagSet(SEEN))).containsExactly(1, 4);
    assertThat(search(user, inbox, key().setNot(key().setFlagSet(SEEN)))).containsExactly(2, 3);
    assertThat(search(user, inbox, key().setKeyword("todo"))).containsExactly(2);
    assertThat(search(user, inbox, key().setBody("QUICK"))).containsExactly(1, 3);
    assertThat(search(user, inbox, key().setNot(key().setBody("quick")))).containsExactly(2, 4);
    assertThat(search(user, inbox, key().setBody("to be told from others"))).containsExactly(4);
    assertThat(search(user, inbox, key().setText("fox"))).containsExactly(1, 4);
    assertThat(search(user, inbox, header("subject", "GRÜSSE"))).isEmpty();
    assertThat(search(user, inbox, header("subject", "grüß"))).containsExactly(2);
    assertThat(search(user, inbox, header("Message-ID", ""))).containsExactly(4);
    assertThat(
            search(
                user,
                inbox,
                key()
                    .setOr(
                        SearchKeys.newBuilder()
                            .addKeys(header("subject", "beta"))
                            .addKeys(key().setFlagSet(SEEN))
                            .addKeys(key().setNot(key().setText("quick"))))))
        .containsExactly(1, 2, 3, 4);
    assertThat(
            search(
                user,
                inbox,
                key()
                    .setAnd(
                        SearchKeys.newBuilder()
                            .addKeys(key().setBody("quick"))
                            .addKeys(key().setLarger(10))
                            .addKeys(
                                key()
                                    .setUid(
                                        UidSet.newBuilder()
                                            .addRanges(range(1, 1))
                                            .addRanges(range(3, 0)))))))
        .containsExactly(1, 3);
    List<SortCriterion> bySubject =
        List.of(SortCriterion.newBuilder().setField(SortCriterion.Field.SUBJECT).build());
    assertThat(search(user, inbox, key().setAll(true), bySubject)).containsExactly(1, 3, 2, 4);
    assertThat(search(user, inbox, key().setBody("quick"), reversed(bySubject)))
        .containsExactly(3, 1);
    assertThat(search(user, inbox, key().setSentOn(20777))).containsExactly(4);
    assertThat(search(user, inbox, key().setYounger(600))).containsExactly(1, 2, 3, 4);
    assertThat(search(user, inbox, key().setOlder(600))).isEmpty();
    assertThat(search(user, inbox, key().setKeyword("'; DROP TABLE entry; --"))).isEmpty();
  }

  private static List<SortCriterion> reversed(List<SortCriterion> sort) {
    return sort.stream().map(c -> c.toBuilder().setReverse(true).build()).toList();
  }

  private static byte[] text(String subject, String body) {
    return ("Subject: "
            + subject
            + "\r\nContent-Type: text/plain; charset=utf-8\r\n"
            + "Content-Transfer-Encoding: 8bit\r\n\r\n"
            + body
            + "\r\n")
        .getBytes(UTF_8);
  }

  private static SearchKey.Builder key() {
    return SearchKey.newBuilder();
  }

  private static SearchKey.Builder header(String name, String value) {
    return key().setHeader(HeaderMatch.newBuilder().setName(name).setValue(value));
  }

  private static List<Integer> search(
      MailFixture.User user, MailboxRef mailbox, SearchKey.Builder key) {
    return search(user, mailbox, key, List.of());
  }

  private static List<Integer> search(
      MailFixture.User user, MailboxRef mailbox, SearchKey.Builder key, List<SortCriterion> sort) {
    List<Integer> uids = new ArrayList<>();
    user.messages()
        .search(SearchRequest.newBuilder().setMailbox(mailbox).setKey(key).addAllSort(sort).build())
        .forEachRemaining(frame -> uids.addAll(frame.getUidsList()));
    return uids;
  }
}
