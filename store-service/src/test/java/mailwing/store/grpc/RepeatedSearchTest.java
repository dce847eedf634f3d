package mailwing.store.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.ArrayList;
import java.util.List;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.HeaderMatch;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchKeys;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.ThreadRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Answers that are kept of large mailboxes are those that a search finds now.
class RepeatedSearchTest {
  private static final int KEPT_FROM = 1000;

  private static MailFixture fixture;
  private static MailFixture.User user;
  private static MailboxRef inbox;

  @BeforeAll
  static void start() {
    fixture = new MailFixture();
    user = fixture.user("often@example.test");
    inbox = user.ref("INBOX");
    for (String subject : List.of("red", "green", "blue", "Re: red", "yellow")) {
      append(subject);
    }
    while (user.status("INBOX").getMessages() <= KEPT_FROM) {
      user.messages()
          .copyMessages(
              CopyMessagesRequest.newBuilder()
                  .setSource(inbox)
                  .setDestination(inbox)
                  .addUids(MailFixture.range(1, user.status("INBOX").getMessages()))
                  .build())
          .forEachRemaining(response -> {});
    }
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @Test
  void whatWasKeptFollowsArrivalsRemovalsAndFlags() {
    sameAsNow();
    List<Integer> before = sorted(all());
    assertEquals(before, sorted(all()), "and again");

    flags();
    sameAsNow();

    append("Re: green");
    sameAsNow();
    assertNotEquals(before, sorted(all()));

    user.messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(inbox)
                .setRegardlessOfDeleted(true)
                .addUids(MailFixture.range(2, 3))
                .build())
        .forEachRemaining(response -> {});
    sameAsNow();

    // One came and one went: as many as before.
    append("red");
    user.messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(inbox)
                .setRegardlessOfDeleted(true)
                .addUids(MailFixture.range(5, 5))
                .build())
        .forEachRemaining(response -> {});
    sameAsNow();
  }

  /// Each search twice, beside the same one in words that keep it from being kept.
  private static void sameAsNow() {
    for (int i = 0; i < 2; i++) {
      assertEquals(sorted(anew(all())), sorted(all()));
      assertEquals(found(anew(subject())), found(subject()));
      for (ThreadRequest.Algorithm algorithm :
          List.of(
              ThreadRequest.Algorithm.REFERENCES,
              ThreadRequest.Algorithm.REFS,
              ThreadRequest.Algorithm.ORDEREDSUBJECT)) {
        assertEquals(threads(anew(all()), algorithm), threads(all(), algorithm));
      }
    }
  }

  private static SearchKey all() {
    return SearchKey.newBuilder().setAll(true).build();
  }

  private static SearchKey subject() {
    return SearchKey.newBuilder()
        .setHeader(HeaderMatch.newBuilder().setName("Subject").setValue("re"))
        .build();
  }

  /// The same messages, by a condition that may change.
  private static SearchKey anew(SearchKey key) {
    return SearchKey.newBuilder()
        .setAnd(SearchKeys.newBuilder().addKeys(key).addKeys(SearchKey.newBuilder().setModseq(1)))
        .build();
  }

  private static void append(String subject) {
    user.append(
        AppendHeader.newBuilder().setMailbox(inbox).build(), MailFixture.message(subject, 300));
  }

  private static void flags() {
    user.storeFlags(
        inbox, StoreFlagsRequest.Operation.ADD, MailFixture.system(4), MailFixture.range(10, 20));
  }

  private static List<Integer> sorted(SearchKey key) {
    return uids(
        SearchRequest.newBuilder()
            .setMailbox(inbox)
            .setKey(key)
            .addSort(SortCriterion.newBuilder().setField(SortCriterion.Field.SUBJECT))
            .addSort(
                SortCriterion.newBuilder().setField(SortCriterion.Field.ARRIVAL).setReverse(true))
            .build());
  }

  private static List<Integer> found(SearchKey key) {
    return uids(SearchRequest.newBuilder().setMailbox(inbox).setKey(key).build());
  }

  private static List<Integer> uids(SearchRequest request) {
    List<Integer> uids = new ArrayList<>();
    user.messages().search(request).forEachRemaining(frame -> uids.addAll(frame.getUidsList()));
    return uids;
  }

  private static List<List<Integer>> threads(SearchKey key, ThreadRequest.Algorithm algorithm) {
    List<Integer> uids = new ArrayList<>();
    List<Integer> depths = new ArrayList<>();
    user.messages()
        .thread(
            ThreadRequest.newBuilder()
                .setMailbox(inbox)
                .setKey(key)
                .setAlgorithm(algorithm)
                .build())
        .forEachRemaining(
            frame -> {
              uids.addAll(frame.getUidsList());
              depths.addAll(frame.getDepthsList());
            });
    return List.of(uids, depths);
  }
}
