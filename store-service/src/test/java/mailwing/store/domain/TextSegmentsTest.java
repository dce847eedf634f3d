package mailwing.store.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import mailwing.store.mime.MessageText;
import mailwing.store.persistence.TextUpkeepRows.Kept;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What segments of the text index are made of, and which are put together.
class TextSegmentsTest {
  private static final int LEAST = 512;

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 20261122})
  void postingsComeBackFromTheirRows(long seed) {
    Random random = new Random(seed);
    for (int size : List.of(1, 7, 4096, 20_000)) {
      int span = PostingRows.span(size);
      PostingRows rows = new PostingRows(span, size);
      TreeMap<Integer, BitSet> lists = new TreeMap<>();
      for (int i = 0; i < 60; i++) {
        BitSet list = new BitSet();
        int share = random.nextInt(101);
        for (int ordinal = 0; ordinal < size; ordinal++) {
          list.set(ordinal, share == 100 || random.nextInt(100) < share);
        }
        if (!list.isEmpty()) {
          lists.put(i < 30 ? i : random.nextInt(TextGrams.BUCKETS), list);
        }
      }
      lists.forEach(rows::add);
      TreeMap<Integer, BitSet> read = new TreeMap<>();
      for (PostingRows.Row row : rows.take()) {
        PostingRows.read(row.block(), span, row.octets(), size, read::put);
        lists.forEach(
            (bucket, list) -> {
              if (PostingRows.block(bucket, span) == row.block()) {
                assertThat(PostingRows.read(bucket, span, row.octets(), size)).isEqualTo(list);
              }
            });
      }
      assertThat(read).isEqualTo(lists);
    }
  }

  @Test
  void rowsOfOneSpanAreNoneOfAnother() {
    BitSet seen = new BitSet();
    for (int span : PostingRows.SPANS) {
      for (int bucket = 0; bucket < TextGrams.BUCKETS; bucket += span) {
        int block = PostingRows.block(bucket, span);
        assertThat(seen.get(block)).isFalse();
        seen.set(block);
        assertThat(PostingRows.firstBucket(block, span)).isEqualTo(bucket);
      }
    }
  }

  private static void take(TextWords words, String text, MessageText.Origin origin) {
    words.take(text.toCharArray(), text.length(), origin);
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {4, 5, 20261122})
  void commonWordsNameOnlyWhatHoldsThem(long seed) {
    Random random = new Random(seed);
    int size = 300;
    CommonWords made = new CommonWords();
    List<String> texts = new ArrayList<>();
    TextWords words = new TextWords();
    for (int ordinal = 0; ordinal < size; ordinal++) {
      StringBuilder text = new StringBuilder("ALWAYS\u0130 ");
      for (int i = 0; i < 40; i++) {
        double share = random.nextDouble();
        text.append("W").append((int) (share * share * 900)).append(' ');
      }
      text.append("A\ud800B X").append("y".repeat(70)).append('\n');
      texts.add(text.toString());
      words.clear();
      take(words, "SUBJECT: RE: COMMON\n", MessageText.Origin.HEADER);
      // In pieces that are cut anywhere.
      int cut = random.nextInt(text.length());
      take(words, text.substring(0, cut), MessageText.Origin.BODY);
      take(words, text.substring(cut), MessageText.Origin.BODY);
      made.add(ordinal, words);
    }
    byte[] octets = made.octets(size);
    String body = String.valueOf(TextWords.BODY);
    for (String needle : List.of("ALWAYS", "W1", "1", "W77", "S\u0130", "yyy", "COMMON", "A", "")) {
      BitSet holding = CommonWords.holding(octets, size, body, needle);
      holding.stream().forEach(i -> assertThat(texts.get(i)).contains(needle));
    }
    assertThat(CommonWords.holding(octets, size, body, "LWAY").cardinality()).isEqualTo(size);
    assertThat(CommonWords.holding(octets, size, body, "COMMON").cardinality()).isZero();
    String subject = TextWords.ofField("subject");
    assertThat(CommonWords.holding(octets, size, subject, "OMMO").cardinality()).isEqualTo(size);
    assertThat(CommonWords.holding(octets, size, subject, "SUBJ").cardinality()).isZero();
    assertThat(TextWords.everywhere()).contains(body).contains(subject);
    assertThat(TextWords.ofField("X-Mailer")).isEmpty();

    // Every third message is gone.
    int[] ordinals = new int[size];
    List<String> left = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      ordinals[i] = i % 3 == 0 ? -1 : left.size();
      if (i % 3 != 0) {
        left.add(texts.get(i));
      }
    }
    CommonWords.Merge merge = new CommonWords.Merge();
    merge.add(octets, ordinals);
    byte[] merged = merge.octets(left.size());
    BitSet all = CommonWords.holding(merged, left.size(), body, "ALWAYS");
    assertThat(all.cardinality()).isEqualTo(left.size());
    for (String needle : List.of("W1", "W5", "9")) {
      CommonWords.holding(merged, left.size(), body, needle).stream()
          .forEach(i -> assertThat(left.get(i)).contains(needle));
    }
  }

  @Test
  void varintsComeBack() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<Long> numbers = List.of(0L, 127L, 128L, 1L << 31, Long.MAX_VALUE);
    numbers.forEach(number -> Varints.write(out, number));
    Varints.Reader in = new Varints.Reader(out.toByteArray());
    numbers.forEach(number -> assertThat(in.nextLong()).isEqualTo(number));
    assertThat(in.more()).isFalse();
  }

  @Test
  void slowGrowthLeavesFewSegments() {
    List<Kept> segments = new ArrayList<>();
    long rewritten = 0;
    long messages = 0;
    int most = 0;
    Random random = new Random(7);
    for (int number = 1; messages < 1_000_000; number++) {
      int size = LEAST + random.nextInt(300);
      segments.add(kept(number, messages + 1, size));
      messages += size;
      List<Kept> merged = TextUpkeep.pick(segments, LEAST);
      while (!merged.isEmpty()) {
        int from = segments.indexOf(merged.getFirst());
        int sum = merged.stream().mapToInt(Kept::messages).sum();
        assertThat(segments.subList(from, from + merged.size())).isEqualTo(merged);
        assertThat(sum).isLessThanOrEqualTo(LEAST * 64);
        rewritten += sum;
        segments.subList(from, from + merged.size()).clear();
        segments.add(from, kept(number, merged.getFirst().firstId(), sum));
        merged = TextUpkeep.pick(segments, LEAST);
      }
      most = Math.max(most, segments.size());
    }
    // 1,500 and more came.
    assertThat(most).isLessThan(75);
    assertThat(rewritten).isLessThan(messages * 3);
  }

  @Test
  void heavySegmentsAreNotMergedIntoHeavierOnes() {
    List<Kept> segments = new ArrayList<>();
    for (int number = 1; number < 40; number++) {
      segments.add(new Kept(number, number * 600L, number * 600L + 599, 600, 20L << 20, 64));
    }
    assertThat(TextUpkeep.pick(segments, LEAST)).isEmpty();
  }

  private static Kept kept(int number, long firstId, int messages) {
    return new Kept(number, firstId, firstId + messages - 1, messages, messages * 900L, 64);
  }
}
