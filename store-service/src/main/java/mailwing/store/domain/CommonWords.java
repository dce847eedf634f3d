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
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

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

  // By hash; a table, since a map would want a String of each word of each message.
  private @Nullable Holders[] counted = new @Nullable Holders[1 << 12];
  private int words;
  private int room = COUNTED;

  private static final class Holders {
    final String word;
    private @Nullable Holders next;
    private int[] ordinals = new int[4];
    private int count;

    Holders(String word) {
      this.word = word;
    }

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
  void add(int ordinal, TextWords its) {
    int most = its.count();
    for (int i = 0; i < most; i++) {
      holders(its, i).add(ordinal);
    }
    if (words > room) {
      // What is rare so far is forgotten; if it becomes common, it is known from then on.
      keep(counted.length, holders -> holders.count >= Math.max(2, ordinal / SHARE));
      room = Math.max(COUNTED, words * 2);
    }
  }

  private Holders holders(TextWords its, int number) {
    int place = place(its.hash(number), counted.length);
    for (Holders known = counted[place]; known != null; known = known.next) {
      if (its.is(number, known.word)) {
        return known;
      }
    }
    if (words == counted.length) {
      keep(2 * words, holders -> true);
    }
    Holders made = new Holders(its.word(number));
    put(made);
    return made;
  }

  private static int place(int hash, int places) {
    return (hash ^ (hash >>> 15)) & (places - 1);
  }

  private void put(Holders holders) {
    int place = place(holders.word.hashCode(), counted.length);
    holders.next = counted[place];
    counted[place] = holders;
    words++;
  }

  /// A table of so many places, with some of the words.
  private void keep(int places, Predicate<Holders> wanted) {
    @Nullable Holders[] old = counted;
    counted = new @Nullable Holders[places];
    words = 0;
    for (Holders first : old) {
      for (Holders holders = first; holders != null; ) {
        Holders next = holders.next;
        if (wanted.test(holders)) {
          put(holders);
        }
        holders = next;
      }
    }
  }

  /// What is kept of them for `size` messages.
  byte[] octets(int size) {
    Map<String, BitSet> common = new HashMap<>();
    for (Holders first : counted) {
      for (Holders holders = first; holders != null; holders = holders.next) {
        if (isCommon(holders.count, size)) {
          common.put(holders.word, holders.set());
        }
      }
    }
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
