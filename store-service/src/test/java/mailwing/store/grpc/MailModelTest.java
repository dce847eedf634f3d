package mailwing.store.grpc;

import static mailwing.store.grpc.MailFixture.message;
import static mailwing.store.grpc.MailFixture.range;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.CopyMessagesRequest;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.Flags;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.UidRange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random changes, against a model of what a mailbox is.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MailModelTest {
  private static final List<String> NAMES = List.of("INBOX", "Archive", "Trash");
  private static final List<String> KEYWORDS = List.of("a", "b", "Label", "$Junk");

  private MailFixture store;

  private record Entry(int flags, SortedSet<String> keywords, int size) {}

  private static final class Box {
    final TreeMap<Integer, Entry> entries = new TreeMap<>();
    int uidNext = 1;
    int recent;

    int add(Entry entry) {
      entries.put(uidNext, entry);
      recent++;
      return uidNext++;
    }

    Entry remove(int uid) {
      recent--;
      Entry entry = entries.remove(uid);
      if (entry == null) {
        throw new IllegalStateException();
      }
      return entry;
    }
  }

  @BeforeAll
  void start() {
    store = new MailFixture();
  }

  @AfterAll
  void stop() {
    store.close();
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void randomChangesKeepCountersAndFlags(long seed) {
    Random random = new Random(seed);
    MailFixture.User user = store.user("model" + seed + "@example.test");
    List<MailboxRef> refs = NAMES.stream().map(user::ref).toList();
    List<Box> boxes = List.of(new Box(), new Box(), new Box());
    long[] modseqs = new long[3];
    for (int step = 0; step < 250; step++) {
      int which = random.nextInt(3);
      Box box = boxes.get(which);
      MailboxRef ref = refs.get(which);
      UidRange uids = uids(random, box);
      List<Integer> named = named(box, uids);
      switch (random.nextInt(6)) {
        case 0, 1 -> append(user, random, box, ref, step);
        case 2, 3 -> flags(user, random, box, ref, uids, named);
        case 4 -> copy(user, random, boxes, refs, which, uids, named);
        default -> expunge(user, random, box, ref, uids, named);
      }
      for (int i = 0; i < 3; i++) {
        modseqs[i] = check(user, refs.get(i), boxes.get(i), modseqs[i], step % 10 == 0);
      }
    }
    for (int i = 0; i < 3; i++) {
      check(user, refs.get(i), boxes.get(i), modseqs[i], true);
    }
    assertThat(
            store.number(
                "SELECT used_octets FROM account_state WHERE account_id = ?", user.accountId()))
        .isEqualTo(
            boxes.stream().flatMap(b -> b.entries.values().stream()).mapToLong(Entry::size).sum());
    assertThat(
            store.number(
                "SELECT used_messages FROM account_state WHERE account_id = ?", user.accountId()))
        .isEqualTo(boxes.stream().mapToLong(b -> b.entries.size()).sum());
  }

  private static UidRange uids(Random random, Box box) {
    int first = 1 + random.nextInt(box.uidNext);
    return range(first, random.nextInt(4) == 0 ? 0 : first + random.nextInt(6));
  }

  private static List<Integer> named(Box box, UidRange uids) {
    int last = uids.getLast() == 0 ? Integer.MAX_VALUE : uids.getLast();
    return new ArrayList<>(box.entries.subMap(uids.getFirst(), true, last, true).keySet());
  }

  private static SortedSet<String> keywords(Random random) {
    TreeSet<String> keywords = new TreeSet<>();
    for (String keyword : KEYWORDS) {
      if (random.nextInt(4) == 0) {
        keywords.add(keyword);
      }
    }
    return keywords;
  }

  private static void append(
      MailFixture.User user, Random random, Box box, MailboxRef ref, int step) {
    byte[] message = message("step " + step, random.nextInt(3000));
    Entry entry = new Entry(random.nextInt(32), keywords(random), message.length);
    int uid =
        user.append(
                AppendHeader.newBuilder()
                    .setMailbox(ref)
                    .setFlags(
                        Flags.newBuilder()
                            .setSystem(entry.flags())
                            .addAllKeywords(entry.keywords()))
                    .build(),
                message)
            .getUids(0);
    assertThat(uid).isEqualTo(box.add(entry));
  }

  private static void flags(
      MailFixture.User user,
      Random random,
      Box box,
      MailboxRef ref,
      UidRange uids,
      List<Integer> named) {
    var operation =
        switch (random.nextInt(3)) {
          case 0 -> StoreFlagsRequest.Operation.REPLACE;
          case 1 -> StoreFlagsRequest.Operation.ADD;
          default -> StoreFlagsRequest.Operation.REMOVE;
        };
    int flags = random.nextInt(32);
    SortedSet<String> keywords = keywords(random);
    List<Integer> told = new ArrayList<>();
    user.storeFlags(
            ref,
            operation,
            MailFixture.system(flags).toBuilder().addAllKeywords(keywords).build(),
            uids)
        .forEach(response -> told.addAll(response.getMessages().getUidsList()));
    assertThat(told).isEqualTo(named);
    for (int uid : named) {
      box.entries.computeIfPresent(
          uid,
          (u, old) -> {
            TreeSet<String> changed = new TreeSet<>(old.keywords());
            return switch (operation) {
              case REPLACE -> new Entry(flags, keywords, old.size());
              case ADD -> {
                changed.addAll(keywords);
                yield new Entry(old.flags() | flags, changed, old.size());
              }
              default -> {
                changed.removeAll(keywords);
                yield new Entry(old.flags() & ~flags, changed, old.size());
              }
            };
          });
    }
  }

  private static void copy(
      MailFixture.User user,
      Random random,
      List<Box> boxes,
      List<MailboxRef> refs,
      int which,
      UidRange uids,
      List<Integer> named) {
    int where = random.nextInt(3);
    boolean move = random.nextBoolean();
    List<Integer> told = new ArrayList<>();
    List<Integer> made = new ArrayList<>();
    user.messages()
        .copyMessages(
            CopyMessagesRequest.newBuilder()
                .setSource(refs.get(which))
                .addUids(uids)
                .setDestinationName(NAMES.get(where))
                .setMove(move)
                .build())
        .forEachRemaining(
            response -> {
              told.addAll(response.getSourceUidsList());
              made.addAll(response.getDestinationUidsList());
            });
    List<Integer> expected = new ArrayList<>();
    for (int uid : named) {
      Entry entry = boxes.get(which).entries.get(uid);
      if (entry == null) {
        throw new IllegalStateException();
      }
      expected.add(boxes.get(where).add(entry));
      if (move) {
        boxes.get(which).remove(uid);
      }
    }
    assertThat(told).isEqualTo(named);
    assertThat(made).isEqualTo(expected);
  }

  private static void expunge(
      MailFixture.User user,
      Random random,
      Box box,
      MailboxRef ref,
      UidRange uids,
      List<Integer> named) {
    boolean regardless = random.nextInt(3) == 0;
    List<Integer> told = new ArrayList<>();
    user.messages()
        .expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(ref)
                .addUids(uids)
                .setRegardlessOfDeleted(regardless)
                .build())
        .forEachRemaining(response -> told.addAll(response.getUidsList()));
    List<Integer> expected = new ArrayList<>();
    for (int uid : named) {
      Entry entry = box.entries.get(uid);
      if (entry != null && (regardless || (entry.flags() & 8) != 0)) {
        box.remove(uid);
        expected.add(uid);
      }
    }
    assertThat(told).isEqualTo(expected);
  }

  private long check(MailFixture.User user, MailboxRef ref, Box box, long modseq, boolean whole) {
    MailFixture.Snapshot snapshot = user.snapshot(ref);
    MailboxStatus head = snapshot.head();
    assertThat(head.getMessages()).isEqualTo(box.entries.size());
    assertThat(head.getUidNext()).isEqualTo(box.uidNext);
    assertThat(head.getRecent()).isEqualTo(box.recent);
    assertThat(head.getUnseen())
        .isEqualTo((int) box.entries.values().stream().filter(e -> (e.flags() & 1) == 0).count());
    assertThat(head.getDeleted())
        .isEqualTo((int) box.entries.values().stream().filter(e -> (e.flags() & 8) != 0).count());
    assertThat(head.getOctets())
        .isEqualTo(box.entries.values().stream().mapToLong(Entry::size).sum());
    assertThat(head.getHighestModseq()).isGreaterThanOrEqualTo(modseq);
    if (whole) {
      assertThat(snapshot.uids()).isEqualTo(List.copyOf(box.entries.keySet()));
      List<List<String>> sets = new ArrayList<>(List.of(List.of()));
      for (FlagArrays frame : snapshot.frames()) {
        frame.getNewKeywordSetsList().forEach(set -> sets.add(set.getKeywordsList()));
        for (int i = 0; i < frame.getUidsCount(); i++) {
          Entry entry = box.entries.get(frame.getUids(i));
          assertThat(entry).isNotNull();
          assertThat(frame.getSystemFlags(i)).isEqualTo(entry.flags());
          assertThat(frame.getSizes(i)).isEqualTo(entry.size());
          int set = frame.getKeywordSetsCount() == 0 ? 0 : frame.getKeywordSets(i);
          assertThat(sets.get(set)).isEqualTo(List.copyOf(entry.keywords()));
        }
      }
      assertThat(
              store.modseqsSinceWhichTooMuchOrTooLittleHasChanged(
                  user.accountId(), ref.getMailboxId(), head.getHighestModseq()))
          .isZero();
    }
    return head.getHighestModseq();
  }
}
