package mailwing.store.domain;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The words that many of a segment's messages hold, and which messages: what is sought and is in
/// one of them need not be looked for there. It proves that a message matches, never that one does
/// not: what is missing here costs time only.
final class CommonWords {
  /// A word is kept that one message of these holds, or more.
  private static final int SHARE = 16;

  /// Of so many messages at least.
  private static final int LEAST = 4;

  /// Octets of words, for each message of the segment.
  private static final int OCTETS_A_MESSAGE = 128;

  /// Words that are counted at a time, at least.
  private static final int COUNTED = 1 << 15;

  private final Map<String, Holders> counted = new HashMap<>();
  private int room = COUNTED;

  private static final class Holders {
    private int[] ordinals = new int[4];
    private int count;

    void add(int ordinal) {
      if (count == ordinals.length) {
        ordinals = Arrays.copyOf(ordinals, count * 2);
      }
      ordinals[count++] = ordinal;
    }

    BitSet set() {
      BitSet set = new BitSet();
      for (int i = 0; i < count; i++) {
        set.set(ordinals[i]);
      }
      return set;
    }
  }

  /// Adds the words of a message, above those before.
  void add(int ordinal, TextWords words) {
    for (String word : words.all()) {
      counted.computeIfAbsent(word, w -> new Holders()).add(ordinal);
    }
    if (counted.size() > room) {
      // What is rare so far is forgotten; if it becomes common, it is known from then on.
      counted.values().removeIf(holders -> holders.count < Math.max(2, ordinal / SHARE));
      room = Math.max(COUNTED, counted.size() * 2);
    }
  }

  /// What is kept of them for `size` messages.
  byte[] octets(int size) {
    Map<String, BitSet> common = new HashMap<>();
    counted.forEach(
        (word, holders) -> {
          if (isCommon(holders.count, size)) {
            common.put(word, holders.set());
          }
        });
    return octets(common, size);
  }

  private static boolean isCommon(int holders, int size) {
    return holders >= LEAST && holders >= size / SHARE;
  }

  private static byte[] octets(Map<String, BitSet> common, int size) {
    List<Map.Entry<String, BitSet>> best = new ArrayList<>(common.entrySet());
    best.sort(Comparator.comparingInt(entry -> -entry.getValue().cardinality()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    OrdinalList list = new OrdinalList();
    for (Map.Entry<String, BitSet> entry : best) {
      byte[] word = entry.getKey().getBytes(StandardCharsets.UTF_8);
      if (!new String(word, StandardCharsets.UTF_8).equals(entry.getKey())) {
        continue; // half of a surrogate pair
      }
      list.set(entry.getValue(), size);
      if (out.size() + word.length + list.length() > OCTETS_A_MESSAGE * size) {
        break;
      }
      Varints.write(out, word.length);
      out.writeBytes(word);
      Varints.write(out, ((long) list.length() << OrdinalList.FORM_BITS) | list.form());
      list.writeTo(out);
    }
    return out.toByteArray();
  }

  /// Takes the words of a segment.
  @FunctionalInterface
  private interface Words {
    void word(String word, int form, int from, int end);
  }

  private static void read(byte[] octets, Words words) {
    Varints.Reader in = new Varints.Reader(octets);
    while (in.more()) {
      int length = in.next();
      String word = new String(octets, in.at(), length, StandardCharsets.UTF_8);
      in.skip(length);
      int head = in.next();
      int octetsOfList = head >>> OrdinalList.FORM_BITS;
      int form = head & ((1 << OrdinalList.FORM_BITS) - 1);
      words.word(word, form, in.at(), in.at() + octetsOfList);
      in.skip(octetsOfList);
    }
  }

  /// The messages with a word, in one of these places, that has the needle in it.
  static BitSet holding(byte[] octets, int size, String places, String needle) {
    BitSet found = new BitSet(size);
    read(
        octets,
        (word, form, from, end) -> {
          if (places.indexOf(word.charAt(0)) >= 0 && word.indexOf(needle, 1) > 0) {
            found.or(OrdinalList.read(form, octets, from, end, size));
          }
        });
    return found;
  }

  /// The words of several segments as one.
  static final class Merge {
    private final Map<String, BitSet> words = new HashMap<>();

    /// @param ordinals the new ordinal of each message, -1 for one that is gone
    void add(byte[] octets, int[] ordinals) {
      read(
          octets,
          (word, form, from, end) -> {
            BitSet all = words.computeIfAbsent(word, w -> new BitSet());
            OrdinalList.read(form, octets, from, end, ordinals.length).stream()
                .map(ordinal -> ordinals[ordinal])
                .filter(ordinal -> ordinal >= 0)
                .forEach(all::set);
          });
    }

    byte[] octets(int size) {
      // Half as common is common enough: not every segment had counted it.
      words.values().removeIf(holders -> !isCommon(holders.cardinality() * 2, size));
      return CommonWords.octets(words, size);
    }
  }
}
