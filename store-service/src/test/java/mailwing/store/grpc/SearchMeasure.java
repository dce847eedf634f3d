package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import mailwing.store.StoreConfig;
import mailwing.store.accounts.Resolution;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.TextIndex;
import mailwing.store.events.ChangeSignal;
import mailwing.store.persistence.Database;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.HeaderMatch;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.SearchKey;
import mailwing.store.v1.SearchRequest;
import mailwing.store.v1.SortCriterion;
import mailwing.store.v1.ThreadRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Times of searches in a large mailbox, printed: run by hand with `-Dtest=SearchMeasure
/// -Dmailwing.measure=20000`.
@EnabledIfSystemProperty(named = "mailwing.measure", matches = "\\d+")
class SearchMeasure {
  private static final int AT_ONCE = 500;

  private final Random random = new Random(20261121);
  private final String[] vocabulary = new String[20_000];

  @Test
  void measure() {
    int messages = Integer.getInteger("mailwing.measure", 0);
    words();
    try (MailFixture store = new MailFixture()) {
      MailFixture.User user = store.user(MailFixture.ALICE);
      MailboxRef inbox = user.ref("INBOX");
      long start = System.nanoTime();
      for (int done = 0; done < messages; done += AT_ONCE) {
        fill(user, inbox, done);
      }
      say("append of all", start);
      round("without index", user, inbox);
      try (Database database =
          Database.open(
              StoreConfig.Database.of(
                  store.database.jdbcUrl(), store.database.user(), store.database.password()))) {
        start = System.nanoTime();
        new TextIndex(
                new MailStore(
                    database.dataSource(),
                    address -> new Resolution.UnknownUser(),
                    new ChangeSignal(),
                    MailStore.Limits.DEFAULTS))
            .fill(() -> true);
        say("indexing of all", start);
      }
      print(
          "segments %d, rows %d, index octets %d, body octets %d%n",
          store.number("SELECT count(*) FROM text_segment"),
          store.number("SELECT count(*) FROM text_postings"),
          store.number("SELECT pg_total_relation_size('text_postings')"),
          store.number("SELECT sum(size) FROM message"));
      round("with index", user, inbox);
    }
  }

  private void words() {
    for (int i = 0; i < vocabulary.length; i++) {
      vocabulary[i] = word();
    }
  }

  private void round(String name, MailFixture.User user, MailboxRef inbox) {
    print("%s%n", name);
    SearchKey.Builder all = SearchKey.newBuilder().setAll(true);
    for (String run : List.of("first", "warm")) {
      search(run + " BODY rare phrase", user, inbox, body("seldom seen phrase"), null);
      search(run + " BODY absent word", user, inbox, body("qqxzy"), null);
      search(run + " BODY frequent word", user, inbox, body(vocabulary[5]), null);
      search(run + " BODY two letters", user, inbox, body("zq"), null);
      search(run + " SUBJECT word", user, inbox, subject(vocabulary[900]), null);
      search(run + " FROM part", user, inbox, header("FROM", "person77@"), null);
      search(run + " TEXT absent", user, inbox, SearchKey.newBuilder().setText("qqxzy"), null);
      search(run + " SORT DATE", user, inbox, all, SortCriterion.Field.DATE);
      search(run + " SORT SUBJECT", user, inbox, all, SortCriterion.Field.SUBJECT);
      long start = System.nanoTime();
      int[] found = new int[1];
      user.messages()
          .withDeadlineAfter(10, TimeUnit.MINUTES)
          .thread(
              ThreadRequest.newBuilder()
                  .setMailbox(inbox)
                  .setKey(all)
                  .setAlgorithm(ThreadRequest.Algorithm.REFERENCES)
                  .build())
          .forEachRemaining(frame -> found[0] += frame.getUidsCount());
      say(run + " THREAD REFERENCES (" + found[0] + ")", start);
    }
  }

  private static SearchKey.Builder body(String text) {
    return SearchKey.newBuilder().setBody(text);
  }

  private static SearchKey.Builder subject(String text) {
    return header("SUBJECT", text);
  }

  private static SearchKey.Builder header(String name, String text) {
    return SearchKey.newBuilder().setHeader(HeaderMatch.newBuilder().setName(name).setValue(text));
  }

  private static void search(
      String name,
      MailFixture.User user,
      MailboxRef inbox,
      SearchKey.Builder key,
      SortCriterion.@org.jspecify.annotations.Nullable Field sort) {
    long start = System.nanoTime();
    SearchRequest.Builder request = SearchRequest.newBuilder().setMailbox(inbox).setKey(key);
    if (sort != null) {
      request.addSort(SortCriterion.newBuilder().setField(sort));
    }
    int[] found = new int[1];
    user.messages()
        .withDeadlineAfter(10, TimeUnit.MINUTES)
        .search(request.build())
        .forEachRemaining(frame -> found[0] += frame.getUidsCount());
    say(name + " (" + found[0] + ")", start);
  }

  private static void say(String what, long start) {
    print(
        "%-40s %8.1f ms   load %.1f%n",
        what,
        (System.nanoTime() - start) / 1e6,
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  @SuppressWarnings({"SystemOut", "AnnotateFormatMethod"}) // this is what it is for
  private static void print(String format, Object... values) {
    System.out.printf(Locale.ROOT, format, values);
  }

  private void fill(MailFixture.User user, MailboxRef inbox, int done) {
    MailFixture.Reply<AppendResponse> reply = new MailFixture.Reply<>();
    StreamObserver<AppendRequest> call =
        user.async().withDeadlineAfter(10, TimeUnit.MINUTES).append(reply);
    for (int i = 0; i < AT_ONCE; i++) {
      AppendHeader.Builder header = AppendHeader.newBuilder();
      if (i == 0) {
        header.setMailbox(inbox);
      }
      call.onNext(
          AppendRequest.newBuilder()
              .setHeader(header)
              .setData(ByteString.copyFrom(message(done + i)))
              .build());
    }
    call.onCompleted();
    reply.value();
  }

  private byte[] message(int number) {
    StringBuilder text = new StringBuilder(6000);
    boolean reply = number > 10 && random.nextInt(3) > 0;
    int of = reply ? number - 1 - random.nextInt(Math.min(number - 1, 200)) : number;
    text.append("From: Person <person").append(random.nextInt(300)).append("@example.org>\r\n");
    text.append("To: alice@example.test\r\nSubject: ").append(reply ? "Re: " : "");
    for (int i = 0; i < 5; i++) {
      text.append(zipf()).append(' ');
    }
    text.append(number).append("\r\nMessage-ID: <m").append(number).append("@example.org>\r\n");
    if (reply) {
      text.append("References: <m").append(of).append("@example.org>\r\n");
    }
    text.append(
        String.format(
            Locale.ROOT,
            "Date: %d Nov 2026 %02d:%02d:%02d +0000\r\n\r\n",
            1 + random.nextInt(28),
            random.nextInt(24),
            random.nextInt(60),
            random.nextInt(60)));
    while (text.length() < 5000) {
      for (int i = 0; i < 10; i++) {
        text.append(zipf()).append(' ');
      }
      text.append("\r\n");
    }
    if (number % 5000 == 77) {
      text.append("a seldom seen phrase\r\n");
    }
    return text.toString().getBytes(UTF_8);
  }

  private String zipf() {
    return vocabulary[(int) Math.pow(vocabulary.length, random.nextDouble()) - 1];
  }

  private String word() {
    List<String> syllables =
        List.of("ba", "re", "ti", "no", "lu", "ma", "ker", "sen", "dis", "pro", "al", "gro", "vi");
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < 2 + random.nextInt(3); i++) {
      parts.add(syllables.get(random.nextInt(syllables.size())));
    }
    return String.join("", parts) + (char) ('a' + random.nextInt(26));
  }
}
