package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static mailwing.store.grpc.MailFixture.range;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.TextIndex;
import mailwing.store.mime.SearchText;
import mailwing.store.persistence.Database;
import mailwing.store.persistence.Sql;
import mailwing.store.persistence.TextIndexRows;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.HeaderMatch;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchKeys;
import mailwing.store.v1.SearchRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Searches find the same with the text index, without it, and while it is being filled in.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TextIndexTest {
  private static final long SEED = 20261121;
  private static final List<String> WORDS =
      List.of(
          "quarter",
          "Meeting",
          "straße",
          "Größe",
          "ОТЧЁТ",
          "встреча",
          "会議",
          "議事録",
          "이메일",
          "شكرا",
          "naïve",
          "cafe\u0301",
          "😀",
          "x",
          "Z",
          "report",
          "invoice",
          "ﬁle",
          "ΣΊΣΥΦΟΣ");

  private final Random random = new Random(SEED);
  private final List<String> bodies = new ArrayList<>();
  private final List<String> subjects = new ArrayList<>();
  private MailFixture store;
  private Database database;
  private MailStore mail;
  private MailFixture.User user;
  private MailboxRef inbox;

  @BeforeAll
  void start() {
    store = new MailFixture();
    database = store.open();
    mail = MailFixture.mail(database);
    user = store.user(MailFixture.ALICE);
    inbox = user.ref("INBOX");
  }

  @AfterAll
  void stop() {
    database.close();
    store.close();
  }

  @Test
  void accountsThatAreBehindAreFoundSomeAtAtime() {
    List<Long> accounts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      MailFixture.User one = store.user("behind" + i + "@example.test");
      for (int n = 0; n < 2 * i; n++) {
        one.append(
            AppendHeader.newBuilder().setMailbox(one.ref("INBOX")).build(),
            "Subject: one\r\n\r\none\r\n".getBytes(UTF_8));
      }
      accounts.add(one.accountId());
    }
    TextIndexRows rows = new TextIndexRows(new Sql(database.dataSource()));
    TextIndexRows.Behind first = rows.behind(accounts.getFirst() - 1, 2, 2, 1);
    assertThat(first.accounts()).containsExactly(new TextIndexRows.Account(accounts.get(1), 2));
    assertThat(first.reached()).hasValue(accounts.get(1));
    TextIndexRows.Behind rest = rows.behind(accounts.get(1), 2, 2, 1);
    assertThat(rest.accounts()).containsExactly(new TextIndexRows.Account(accounts.get(2), 4));
    assertThat(rest.reached()).isEmpty();
  }

  private String words(int most) {
    StringBuilder text = new StringBuilder();
    int count = 1 + random.nextInt(most);
    for (int i = 0; i < count; i++) {
      text.append(WORDS.get(random.nextInt(WORDS.size())));
      text.append(i % 11 == 10 ? "\r\n" : random.nextInt(8) == 0 ? "" : " ");
    }
    return text.toString();
  }

  private void append(int octets) {
    String subject = words(2).replace("\r\n", " ").strip();
    StringBuilder body = new StringBuilder(words(6));
    while (body.length() < octets) {
      body.append("filling that nobody asks for\r\n");
    }
    body.append(words(2));
    subjects.add(subject);
    bodies.add(body + "\r\n");
    user.append(
        AppendHeader.newBuilder().setMailbox(inbox).build(),
        ("Subject: "
                + subject
                + "\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "Content-Transfer-Encoding: 8bit\r\n\r\n"
                + body
                + "\r\n")
            .getBytes(UTF_8));
  }

  private List<Integer> search(SearchKey.Builder key) {
    List<Integer> uids = new ArrayList<>();
    user.messages()
        .search(SearchRequest.newBuilder().setMailbox(inbox).setKey(key).build())
        .forEachRemaining(frame -> uids.addAll(frame.getUidsList()));
    return uids;
  }

  private static List<Integer> matching(List<String> texts, SearchText needle, boolean wanted) {
    return IntStream.range(0, texts.size())
        .filter(i -> !texts.get(i).isEmpty())
        .filter(i -> needle.isIn(texts.get(i)) == wanted)
        .mapToObj(i -> i + 1)
        .toList();
  }

  private void compare() {
    for (int i = 0; i < 25; i++) {
      String from = bodies.get(random.nextInt(bodies.size()));
      from = from.isEmpty() ? "gone" : from;
      int start = random.nextInt(from.length());
      int end = Math.min(from.length(), start + 1 + random.nextInt(i % 3 == 0 ? 3 : 9));
      if (Character.isLowSurrogate(from.charAt(start))
          || Character.isHighSurrogate(from.charAt(end - 1))) {
        continue;
      }
      String needle = from.substring(start, end).strip() + (i % 7 == 6 ? "#" : "");
      if (needle.isEmpty()) {
        continue;
      }
      SearchText text = SearchText.matcher(needle);
      assertThat(search(SearchKey.newBuilder().setBody(needle)))
          .as("body, seed %d: %s", SEED, needle)
          .isEqualTo(matching(bodies, text, true));
      assertThat(search(SearchKey.newBuilder().setNot(SearchKey.newBuilder().setBody(needle))))
          .as("not body: %s", needle)
          .isEqualTo(matching(bodies, text, false));
      assertThat(search(subject(needle)))
          .as("subject: %s", needle)
          .isEqualTo(matching(subjects, text, true));
      List<Integer> either = new ArrayList<>(matching(bodies, text, true));
      matching(subjects, text, true).stream().filter(u -> !either.contains(u)).forEach(either::add);
      either.sort(null);
      assertThat(
              search(
                  SearchKey.newBuilder()
                      .setOr(
                          SearchKeys.newBuilder()
                              .addKeys(subject(needle))
                              .addKeys(SearchKey.newBuilder().setBody(needle)))))
          .isEqualTo(either);
    }
  }

  private static SearchKey.Builder subject(String needle) {
    return SearchKey.newBuilder()
        .setHeader(HeaderMatch.newBuilder().setName("SUBJECT").setValue(needle));
  }

  @Test
  void searchFindsTheSameBeforeDuringAndAfterIndexing() {
    for (int i = 0; i < 50; i++) {
      append(i == 20 ? 300_000 : 0);
    }
    compare();
    TextIndex index = new TextIndex(mail, 20);
    index.fill(() -> true);
    assertThat(segments()).isEqualTo(1);
    compare();
    // What came behind, in part too little for a segment.
    for (int i = 0; i < 15; i++) {
      append(0);
    }
    index.fill(() -> true);
    assertThat(segments()).isEqualTo(1);
    compare();
    for (int i = 0; i < 10; i++) {
      append(0);
    }
    index.fill(() -> true);
    assertThat(segments()).isEqualTo(2);
    compare();
    user.messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(inbox)
                .addUids(range(10, 30))
                .setRegardlessOfDeleted(true)
                .build())
        .forEachRemaining(r -> assertThat(r.getUidsCount()).isEqualTo(21));
    for (int i = 9; i < 30; i++) {
      bodies.set(i, "");
      subjects.set(i, "");
    }
    compare();
    assertThat(store.number("SELECT count(*) FROM text_claim")).isZero();
  }

  @Test
  void givesWayToDeliveriesForTwoMinutes() {
    MailFixture.User busy = store.user("busy@example.test");
    for (int i = 0; i < 25; i++) {
      busy.append(
          AppendHeader.newBuilder().setMailbox(busy.ref("INBOX")).build(),
          "Subject: one\r\n\r\none\r\n".getBytes(UTF_8));
    }
    String its = "SELECT count(*) FROM text_segment WHERE account_id = " + busy.accountId();
    long[] nanos = {System.nanoTime()};
    TextIndex index = new TextIndex(mail, 20, () -> true, () -> nanos[0]++);
    index.fill(() -> true);
    assertThat(store.number(its)).isZero();
    nanos[0] += Duration.ofMinutes(2).toNanos();
    index.fill(() -> true);
    assertThat(store.number(its)).isEqualTo(1);
  }

  private long segments() {
    return store.number("SELECT count(*) FROM text_segment WHERE account_id = " + user.accountId());
  }
}
