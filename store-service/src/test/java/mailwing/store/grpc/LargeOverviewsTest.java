package mailwing.store.grpc;

import static mailwing.store.grpc.MailFixture.message;
import static mailwing.store.grpc.MailFixture.range;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.Database;
import mailwing.store.persistence.MessageReads;
import mailwing.store.persistence.Sql;
import mailwing.store.persistence.UidSpans;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.MailboxRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Mailboxes of messages that have thousands of parts or addresses are read in pages that are
/// bounded in octets, and nobody who reads can tell.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargeOverviewsTest {
  private static final int MESSAGES = 60;
  private static final int COPIES = 12;
  private static final int EXPUNGED = 7;

  /// Of a page, but for its last message.
  private static final int OVERVIEWS = 2 << 20;

  private static final int WITH_OCTETS = 4 << 20;

  private MailFixture store;
  private Database database;
  private MessageReads reads;
  private MailFixture.User user;
  private MailboxRef inbox;

  @BeforeAll
  void start() {
    store = new MailFixture();
    database = store.open();
    Sql sql = new Sql(database.dataSource());
    reads = new MessageReads(sql, new Blobs(sql));
    user = store.user("large@example.test");
    inbox = user.ref("INBOX");
    AppendHeader to = AppendHeader.newBuilder().setMailbox(inbox).build();
    for (int i = 0; i < MESSAGES; i++) {
      switch (i % 3) {
        case 0 -> user.append(to, parts(4000 + i));
        case 1 -> user.append(to, addresses(4000 + i));
        default -> user.append(to, message("small " + i, 500));
      }
    }
    // What has lower ids, behind what has higher ones; some of it twice.
    user.messages()
        .copyMessages(
            CopyMessagesRequest.newBuilder()
                .setSource(inbox)
                .setDestination(inbox)
                .addUids(range(1, COPIES))
                .build())
        .forEachRemaining(r -> assertThat(r.getDestinationUidsCount()).isPositive());
    user.messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(inbox)
                .addUids(range(EXPUNGED, EXPUNGED))
                .setRegardlessOfDeleted(true)
                .build())
        .forEachRemaining(r -> assertThat(r.getUidsList()).containsExactly(EXPUNGED));
  }

  @AfterAll
  void stop() {
    database.close();
    store.close();
  }

  /// Six octets each, and ten times that as a structure.
  private static byte[] parts(int count) {
    return ("Subject: many parts\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            + "--b\n\n\n".repeat(count)
            + "--b--\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] addresses(int count) {
    StringBuilder message = new StringBuilder("Subject: many addresses\r\nTo: a@example.org");
    for (int i = 1; i < count; i++) {
      message.append(",\r\n some").append(i).append("@example.org");
    }
    return message.append("\r\n\r\nText\r\n").toString().getBytes(StandardCharsets.US_ASCII);
  }

  private static FetchItems.Builder items() {
    return FetchItems.newBuilder();
  }

  static List<FetchItems> overviews() {
    return List.of(
        items().setStructure(true).build(),
        items().setEnvelope(true).setEncoded(true).build(),
        items().setEnvelope(true).setStructure(true).setIds(true).setPreview(true).build());
  }

  static List<FetchItems> withOctets() {
    return List.of(
        items().setEnvelope(true).setStructure(true).setBodyUpTo(600).build(),
        items().setStructure(true).setHeader(true).build(),
        items().setEnvelope(true).setEncoded(true).setHeader(true).setBodyUpTo(64 << 10).build());
  }

  @ParameterizedTest
  @MethodSource("overviews")
  void overviewsComeInPagesThatAreBoundedInOctets(FetchItems items) {
    assertThat(pages(items, OVERVIEWS)).hasSizeGreaterThan(1);
  }

  @ParameterizedTest
  @MethodSource("withOctets")
  void soDoOverviewsThatComeWithHeadersAndBodies(FetchItems items) {
    assertThat(pages(items, WITH_OCTETS)).hasSizeGreaterThan(1);
  }

  /// The pages, which hold together what single messages hold; and so does a call's answer.
  private List<MessageReads.Batch> pages(FetchItems items, int octets) {
    List<MessageReads.Batch> pages = new ArrayList<>();
    List<FetchedMessage> all = new ArrayList<>();
    MessageReads.Reached reached = MessageReads.Reached.NOTHING;
    while (reached.uid() < UidSpans.MAX) {
      MessageReads.Batch page = next(UidSpans.ALL, reached, items);
      long last = reached.uid();
      assertThat(page.reached().uid()).isGreaterThan(last);
      assertThat(page.messages())
          .isNotEmpty()
          .allSatisfy(message -> assertThat((long) message.getUid()).isGreaterThan(last));
      assertThat(
              page.messages().stream()
                  .limit(page.messages().size() - 1)
                  .mapToLong(FetchedMessage::getSerializedSize)
                  .sum())
          .isLessThan(octets + 100L * page.messages().size());
      pages.add(page);
      all.addAll(page.messages());
      reached = page.reached();
    }
    assertThat(all.stream().mapToLong(FetchedMessage::getUid))
        .containsExactly(
            LongStream.rangeClosed(1, MESSAGES + COPIES)
                .filter(uid -> uid != EXPUNGED)
                .boxed()
                .toArray(Long[]::new));
    for (FetchedMessage message : all) {
      assertThat(next(UidSpans.of(message.getUid()), items).messages()).containsExactly(message);
    }
    Iterator<FetchMessagesResponse> answer =
        user.messages()
            .fetchMessages(
                FetchMessagesRequest.newBuilder()
                    .setMailbox(inbox)
                    .addUids(range(1, 0))
                    .setItems(items)
                    .build());
    List<FetchedMessage> told = new ArrayList<>();
    answer.forEachRemaining(frame -> told.addAll(frame.getMessagesList()));
    assertThat(told).isEqualTo(all);
    return pages;
  }

  private MessageReads.Batch next(UidSpans uids, FetchItems items) {
    return next(uids, MessageReads.Reached.NOTHING, items);
  }

  private MessageReads.Batch next(UidSpans uids, MessageReads.Reached before, FetchItems items) {
    return reads.next(Access.own(user.accountId()), inbox.getMailboxId(), uids, before, items, 0);
  }

  @Test
  void whatIsSaidOfTheMessagesIsWhole() {
    FetchItems items = items().setEnvelope(true).setStructure(true).build();
    for (int uid = 1; uid <= 3; uid++) {
      FetchedMessage first = next(UidSpans.of(uid), items).messages().getFirst();
      FetchedMessage copy = next(UidSpans.of(MESSAGES + uid), items).messages().getFirst();
      assertThat(copy.getStructure()).isEqualTo(first.getStructure());
      assertThat(copy.getEnvelope()).isEqualTo(first.getEnvelope());
      assertThat(first.getStructure().getPartsCount()).isEqualTo(uid == 1 ? 4000 : 0);
      assertThat(first.getEnvelope().getToCount()).isEqualTo(uid == 2 ? 4001 : uid == 3 ? 1 : 0);
    }
  }

  private MailFixture.User withMessages(String address, int count, int octets) {
    MailFixture.User of = store.user(address);
    AppendHeader to = AppendHeader.newBuilder().setMailbox(of.ref("INBOX")).build();
    for (int i = 0; i < count; i++) {
      of.append(to, message("message " + i, octets));
    }
    return of;
  }

  private MessageReads.Batch first(MailFixture.User of, UidSpans uids, FetchItems items) {
    return reads.next(
        Access.own(of.accountId()),
        of.ref("INBOX").getMailboxId(),
        uids,
        MessageReads.Reached.NOTHING,
        items,
        0);
  }

  @Test
  void envelopesAloneAreThoseThatComeWithMore() {
    MailFixture.User other = withMessages("envelopes@example.test", 30, 100);
    MailboxRef mailbox = other.ref("INBOX");
    other
        .messages()
        .copyMessages(
            CopyMessagesRequest.newBuilder()
                .setSource(mailbox)
                .setDestination(mailbox)
                .addUids(range(4, 9))
                .build())
        .forEachRemaining(r -> assertThat(r.getDestinationUidsCount()).isEqualTo(6));
    other
        .messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(mailbox)
                .addUids(range(20, 22))
                .setRegardlessOfDeleted(true)
                .build())
        .forEachRemaining(r -> assertThat(r.getUidsCount()).isEqualTo(3));
    FetchItems.Builder alone = items().setEnvelope(true).setEncoded(true);
    for (UidSpans uids :
        List.of(UidSpans.ALL, UidSpans.of(List.of(range(2, 33))), UidSpans.of(34))) {
      List<FetchedMessage> envelopes = first(other, uids, alone.build()).messages();
      List<FetchedMessage> more =
          first(other, uids, alone.clone().setSize(true).build()).messages();
      assertThat(envelopes)
          .isNotEmpty()
          .isEqualTo(
              more.stream()
                  .map(message -> message.toBuilder().clearSize().clearModseq().build())
                  .toList());
    }
  }

  @Test
  void ordinaryMailIsOnePage() {
    MailFixture.User other = withMessages("ordinary@example.test", 50, 2000);
    for (FetchItems items : overviews()) {
      MessageReads.Batch page = first(other, UidSpans.ALL, items);
      assertThat(page.messages()).hasSize(50);
      assertThat(page.reached().uid()).isEqualTo(UidSpans.MAX);
    }
  }
}
