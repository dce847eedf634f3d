package mailwing.store.mime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// RFC 5256 section 3.
class ThreadsTest {
  /// UIDs of the messages whose subjects say that they reply or forward.
  private final Set<Integer> replies = new HashSet<>();

  private final Threadable.Maker maker = new Threadable.Maker(true, 0);

  /// A message sent at the time of its UID.
  private Threadable message(int uid, String id, String subject, String... references) {
    return message(uid, id, subject, uid, references);
  }

  private Threadable message(int uid, String id, String subject, long sent, String... references) {
    BaseSubject base = BaseSubject.of(subject);
    replies.remove(uid);
    if (base.replyOrForward()) {
      replies.add(uid);
    }
    var links = new ByteArrayOutputStream();
    for (String reference : references) {
      put(utf8(reference), links);
    }
    var texts = new ByteArrayOutputStream();
    put(utf8(UnicodeCasemap.map(base.text())), texts);
    put(id.isEmpty() ? null : utf8(id), texts);
    put(references.length == 0 ? null : links.toByteArray(), texts);
    return maker.make(uid, texts.toByteArray(), 0, sent, uid);
  }

  private static void put(byte @Nullable [] text, ByteArrayOutputStream to) {
    int length = text == null ? -1 : text.length;
    to.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(length).array());
    if (text != null) {
      to.writeBytes(text);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /// As the THREAD response writes them (section 5).
  private static String written(Threads threads) {
    var out = new StringBuilder();
    for (int at = 0; at < threads.size(); at = end(threads, at)) {
      out.append('(');
      members(threads, at, out);
      out.append(')');
    }
    return out.toString();
  }

  private static int end(Threads threads, int at) {
    int end = at + 1;
    while (end < threads.size() && threads.depth(end) > threads.depth(at)) {
      end++;
    }
    return end;
  }

  private static void members(Threads threads, int at, StringBuilder out) {
    int end = end(threads, at);
    boolean standIn = threads.uid(at) == 0;
    out.append(standIn ? "" : threads.uid(at));
    if (at + 1 == end) {
      return;
    }
    out.append(standIn ? "" : " ");
    if (!standIn && end(threads, at + 1) == end) {
      members(threads, at + 1, out);
      return;
    }
    for (int child = at + 1; child < end; child = end(threads, child)) {
      out.append('(');
      members(threads, child, out);
      out.append(')');
    }
  }

  private String references(Threadable... messages) {
    return written(threads(List.of(messages)));
  }

  private Threads threads(List<Threadable> messages) {
    return ThreadByReferences.references(
        messages,
        uids -> {
          Set<Integer> among = new HashSet<>(uids);
          among.retainAll(replies);
          return among;
        });
  }

  @Test
  void refsJoinsNoSubjectsAndOrdersByTheLatestMessage() {
    assertThat(
            written(
                ThreadByReferences.refs(
                    List.of(
                        message(1, "a", "Plan", 50),
                        message(2, "b", "Other", 10),
                        message(3, "c", "Re: Plan", 5),
                        message(4, "d", "Re: Plan", 60, "a"),
                        message(5, "e", "Re: gone", 1, "x"),
                        message(6, "f", "Re: gone", 2, "x")))))
        .isEqualTo("(2)(3)(1 4)((5)(6))");
  }

  @Test
  void orderedSubject() {
    assertThat(
            written(
                ThreadBySubject.thread(
                    List.of(
                        message(1, "a", "x", 30),
                        message(2, "b", "y", 20),
                        message(3, "c", "Re: X", 10),
                        message(4, "d", "Re: y", 25),
                        message(5, "e", "fwd: Y", 25)))))
        .isEqualTo("(3 1)(2 (4)(5))");
    assertThat(ThreadBySubject.thread(List.of()).size()).isZero();
  }

  @Test
  void repliesFollowWhatTheyAnswer() {
    assertThat(
            references(
                message(1, "a", "s"),
                message(2, "b", "Re: s", "a"),
                message(3, "c", "Re: s", "a", "b"),
                message(4, "d", "Re: s", "a"),
                message(5, "e", "other")))
        .isEqualTo("(1 (2 3)(4))(5)");
  }

  @Test
  void missingHeadOfSeveralIsStoodInFor() {
    assertThat(references(message(3, "x", "a", "gone"), message(5, "y", "b", "gone")))
        .isEqualTo("((3)(5))");
    assertThat(references(message(3, "x", "a", "gone"))).isEqualTo("(3)");
    assertThat(
            references(
                message(1, "a", "s"),
                message(2, "c", "s", "a", "gone"),
                message(3, "d", "s", "a", "gone")))
        .isEqualTo("(1 (2)(3))");
  }

  @Test
  void laterMessagesFillInForStandIns() {
    assertThat(
            references(
                message(1, "c", "s", "a", "b"), message(2, "b", "s", "a"), message(3, "a", "s")))
        .isEqualTo("(3 2 1)");
  }

  @Test
  void truncatedReferencesAreMended() {
    assertThat(
            references(
                message(1, "a", "s"),
                message(2, "c", "s", "a"),
                message(3, "d", "s", "a", "c"),
                message(4, "b", "t"),
                message(5, "c2", "q", "a", "b")))
        .isEqualTo("(1 (2 3)(4 5))");
    assertThat(
            references(message(1, "x", "s", "a", "b"), message(2, "a", "p"), message(3, "b", "q")))
        .isEqualTo("(2)(3 1)");
  }

  @Test
  void noLoops() {
    assertThat(references(message(1, "a", "s", "b"), message(2, "b", "t", "a"))).isEqualTo("(2 1)");
    assertThat(references(message(1, "a", "s", "a"))).isEqualTo("(1)");
    assertThat(
            references(
                message(1, "a", "s", "b", "c", "b"),
                message(2, "c", "s", "a"),
                message(3, "b", "s", "c")))
        .contains("1")
        .contains("2")
        .contains("3");
  }

  @Test
  void sameIdCountsOnce() {
    assertThat(
            references(
                message(1, "a", "s"),
                message(2, "a", "t"),
                message(3, "b", "u", "a"),
                message(4, "", "v")))
        .isEqualTo("(1 3)(2)(4)");
  }

  @Test
  void threadsOfOneSubjectAreMerged() {
    assertThat(references(message(1, "a", "s"), message(2, "b", "Re: s"))).isEqualTo("(1 2)");
    assertThat(references(message(1, "a", "Re: s"), message(2, "b", "s"))).isEqualTo("(2 1)");
    assertThat(references(message(1, "a", "s"), message(2, "b", "s"), message(3, "c", "s")))
        .isEqualTo("((1)(2)(3))");
    assertThat(references(message(1, "a", ""), message(2, "b", "Re:"))).isEqualTo("(1)(2)");
    assertThat(
            references(
                message(1, "a", "s", "gone"),
                message(2, "b", "s", "gone"),
                message(3, "c", "s"),
                message(4, "d", "s", "left"),
                message(5, "e", "s", "left")))
        .isEqualTo("((1)(2)(3)(4)(5))");
  }

  @Test
  void brothersGoByDateThenByPlace() {
    assertThat(
            references(
                message(1, "a", "s", 100),
                message(2, "b", "Re: s", 70, "a"),
                message(3, "c", "Re: s", 60, "a"),
                message(4, "d", "Re: s", 60, "a"),
                message(5, "e", "t", 50)))
        .isEqualTo("(5)(1 (3)(4)(2))");
  }

  @Test
  void everyMessageIsThereOnce() {
    var random = new Random(9);
    for (int i = 0; i < 2000; i++) {
      var messages = new ArrayList<Threadable>();
      int count = random.nextInt(12);
      for (int uid = 1; uid <= count; uid++) {
        String[] references = new String[random.nextInt(5)];
        for (int k = 0; k < references.length; k++) {
          references[k] = "" + random.nextInt(10);
        }
        messages.add(
            message(
                uid,
                random.nextInt(6) == 0 ? "" : "" + random.nextInt(10),
                (random.nextBoolean() ? "Re: " : "") + random.nextInt(4),
                random.nextInt(5),
                references));
      }
      Threads threads = threads(messages);
      var uids = new ArrayList<Integer>();
      for (int k = 0; k < threads.size(); k++) {
        if (threads.uid(k) == 0) {
          assertThat(threads.depth(k)).isZero();
          assertThat(end(threads, k)).isGreaterThan(k + 2);
        } else {
          uids.add(threads.uid(k));
        }
        assertThat(threads.depth(k)).isLessThanOrEqualTo(k == 0 ? 0 : threads.depth(k - 1) + 1);
      }
      assertThat(uids).hasSize(count).doesNotHaveDuplicates();
    }
  }

  @Test
  @Timeout(20)
  void hundredThousandMessages() {
    int count = 100_000;
    var chain = new ArrayList<Threadable>();
    var reversed = new ArrayList<Threadable>();
    var real = new ArrayList<Threadable>();
    var random = new Random(1);
    for (int i = 1; i <= count; i++) {
      chain.add(message(i, "m" + i, "s", "m" + (i - 1)));
      reversed.add(message(i, "m" + i, "Re: s" + i % 50, "m" + (i + 1)));
      int thread = i - i % 20;
      real.add(
          i % 20 == 0
              ? message(i, "m" + i, "s" + i)
              : message(
                  i,
                  "m" + i,
                  "Re: s" + thread,
                  "m" + thread,
                  "m" + (thread + random.nextInt(i - thread))));
    }
    assertThatCode(
            () -> {
              long start = System.nanoTime();
              Threads threads = threads(chain);
              assertThat(threads.depth(count - 1)).isEqualTo(count - 1);
              assertThat(threads(reversed).uid(0)).isEqualTo(count);
              assertThat(threads(real).size()).isEqualTo(count + 1);
              assertThat(ThreadBySubject.thread(real).size()).isEqualTo(count);
              assertThat(Duration.ofNanos(System.nanoTime() - start))
                  .isLessThan(Duration.ofSeconds(10));
            })
        .doesNotThrowAnyException();
  }
}
