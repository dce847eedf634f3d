package mailwing.store.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.KeywordSet;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.ThreadRequest;
import mailwing.store.v1.ThreadRequest.Algorithm;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A mailbox that is read in several pages and in halves is answered for as a whole, whether its
/// messages' ids ascend with its UIDs or not.
class LargeMailboxTest {
  /// Conversations of three, one of which lies across the middle.
  private static final int MESSAGES = 9001;

  private static MailFixture fixture;
  private static MailFixture.User user;

  @BeforeAll
  static void start() {
    fixture = new MailFixture();
    user = fixture.user("large@example.test");
    fixture.execute(
        String.format(
            "INSERT INTO message (account_id, message_id, blob_id, size, first_chunk_octets,"
                + " header_octets, thread_id, sent_millis, parser_version, envelope, structure,"
                + " preview, base_subject, sort_from, sort_to, sort_cc, display_from, display_to,"
                + " message_id_header, reference_ids)"
                + " SELECT %d, i, gen_random_uuid(), 100, 100, 10, i,"
                + " CASE WHEN i %% 7 = 0 THEN NULL ELSE (i * 7919) %% 10007 END, 1, '', '', '',"
                + " 's' || (i - 1) / 3, '', '', '', '', '', '<' || i || '@x>',"
                + " CASE i %% 3 WHEN 2 THEN ARRAY['<' || i - 1 || '@x>'] WHEN 0 THEN"
                + " ARRAY['<' || i - 2 || '@x>', '<' || i - 1 || '@x>'] END"
                + " FROM generate_series(1, %d) i",
            user.accountId(), MESSAGES));
    fill("INBOX", "i");
    fill("Archive", "(i * 7) % " + MESSAGES + " + 1");
  }

  /// Dates of messages without one of their own are those of their entries.
  private static void fill(String mailbox, String message) {
    long id = user.ref(mailbox).getMailboxId();
    fixture.execute(
        String.format(
            "INSERT INTO entry (account_id, mailbox_id, uid, message_id, modseq, size,"
                + " internal_date, save_date, zone_minutes, flags, keywords)"
                + " SELECT %1$d, %2$d, i, %4$s, i + 1, 4294967295 - i,"
                + " CASE WHEN (%4$s) %% 7 = 0 THEN ((%4$s) * 7919) %% 10007 ELSE 20000 - i END,"
                + " 0, 0, i %% 32, CASE WHEN i %% 5 = 0 THEN ARRAY['k' || i %% 3] END"
                + " FROM generate_series(1, %3$d) i",
            user.accountId(), id, MESSAGES, message));
    fixture.execute(
        String.format(
            "UPDATE mailbox SET uid_next = %3$d + 1, messages = %3$d, highest_modseq = %3$d + 1"
                + " WHERE account_id = %1$d AND mailbox_id = %2$d",
            user.accountId(), id, MESSAGES));
  }

  @AfterAll
  static void stop() {
    fixture.close();
  }

  @Test
  void sortsAllByDate() {
    assertEquals(byDate(uid -> uid), sorted("INBOX"));
    assertEquals(byDate(LargeMailboxTest::archived), sorted("Archive"));
  }

  private static int archived(int uid) {
    return uid * 7 % MESSAGES + 1;
  }

  private static int date(int message) {
    return (int) (message * 7919L % 10007);
  }

  private static List<Integer> byDate(IntUnaryOperator message) {
    return IntStream.rangeClosed(1, MESSAGES)
        .boxed()
        .sorted(Comparator.comparingInt(uid -> date(message.applyAsInt(uid))))
        .toList();
  }

  private static List<Integer> sorted(String mailbox) {
    List<Integer> uids = new ArrayList<>();
    user.messages()
        .search(
            SearchRequest.newBuilder()
                .setMailbox(user.ref(mailbox))
                .setKey(SearchKey.newBuilder().setAll(true))
                .addSort(SortCriterion.newBuilder().setField(SortCriterion.Field.DATE))
                .build())
        .forEachRemaining(frame -> uids.addAll(frame.getUidsList()));
    return uids;
  }

  @Test
  void putsConversationsTogether() {
    List<Integer> firsts =
        IntStream.rangeClosed(1, MESSAGES)
            .filter(message -> message % 3 == 1)
            .boxed()
            .sorted(Comparator.comparingInt(LargeMailboxTest::date))
            .toList();
    List<Integer> expected = new ArrayList<>();
    for (int first : firsts) {
      IntStream.range(first, Math.min(first + 3, MESSAGES + 1)).forEach(expected::add);
    }
    assertEquals(expected, threaded("INBOX", Algorithm.REFERENCES));
    assertEquals(
        expected,
        threaded("Archive", Algorithm.REFERENCES).stream()
            .map(LargeMailboxTest::archived)
            .toList());
  }

  @Test
  void putsSubjectsTogether() {
    List<List<Integer>> threads = new ArrayList<>();
    for (int first = 1; first <= MESSAGES; first += 3) {
      threads.add(
          IntStream.range(first, Math.min(first + 3, MESSAGES + 1))
              .boxed()
              .sorted(Comparator.comparingInt(LargeMailboxTest::date))
              .toList());
    }
    threads.sort(Comparator.comparingInt(thread -> date(thread.getFirst())));
    assertEquals(
        threads.stream().flatMap(List::stream).toList(),
        threaded("INBOX", Algorithm.ORDEREDSUBJECT));
  }

  private static List<Integer> threaded(String mailbox, Algorithm algorithm) {
    List<Integer> uids = new ArrayList<>();
    user.messages()
        .thread(
            ThreadRequest.newBuilder()
                .setMailbox(user.ref(mailbox))
                .setKey(SearchKey.newBuilder().setAll(true))
                .setAlgorithm(algorithm)
                .build())
        .forEachRemaining(frame -> uids.addAll(frame.getUidsList()));
    return uids;
  }

  @Test
  void tellsTheFlagsOfAll() {
    MailboxRef inbox = user.ref("INBOX");
    List<String> sets = new ArrayList<>(List.of(""));
    int uid = 1;
    for (FlagArrays frame : user.snapshot(inbox).frames()) {
      for (KeywordSet set : frame.getNewKeywordSetsList()) {
        sets.add(String.join(" ", set.getKeywordsList()));
      }
      for (int i = 0; i < frame.getUidsCount(); i++, uid++) {
        assertEquals(uid, frame.getUids(i));
        assertEquals(uid % 32, frame.getSystemFlags(i));
        assertEquals(uid + 1, frame.getModseqs(i));
        assertEquals(4_294_967_295L - uid, frame.getSizes(i));
        assertEquals(uid % 5 == 0 ? "k" + uid % 3 : "", sets.get(frame.getKeywordSets(i)));
      }
    }
    assertEquals(MESSAGES + 1, uid);
  }
}
