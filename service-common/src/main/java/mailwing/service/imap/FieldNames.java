package mailwing.service.imap;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Names of header fields, among which each of a header's is looked for where it stands. Letters of
/// ASCII are the same in either case; a name is octets.
final class FieldNames {
  /// In small letters, each at the place that its hash tells or behind it; most places are free.
  private final byte[] @Nullable [] table;

  /// Another one each time: nobody can choose names that lie behind one another.
  private final int multiplier = ThreadLocalRandom.current().nextInt() | 1;

  private final int shift;
  private int longest;

  /// @param names one char an octet
  FieldNames(List<String> names) {
    int size = Integer.highestOneBit(Math.max(1, names.size())) * 4;
    table = new byte[size][];
    shift = Integer.SIZE - Integer.numberOfTrailingZeros(size);
    for (String name : names) {
      byte[] small = name.getBytes(StandardCharsets.ISO_8859_1);
      int hash = 0;
      for (int i = 0; i < small.length; i++) {
        small[i] = small(small[i]);
        hash = next(hash, small[i]);
      }
      longest = Math.max(longest, small.length);
      int at = place(hash);
      while (table[at] != null) {
        at = following(at);
      }
      table[at] = small;
    }
  }

  /// Whether a line begins with one of the names, maybe spaces, and a colon.
  boolean hasNameOf(byte[] octets, int start, int end) {
    int hash = 0;
    int hashOfName = 0;
    int endOfName = start;
    for (int at = start; at < end; at++) {
      byte octet = octets[at];
      if (octet == ':') {
        return has(octets, start, endOfName, hashOfName);
      }
      hash = next(hash, small(octet));
      if (octet != ' ' && octet != '\t') {
        if (at - start >= longest) {
          return false;
        }
        hashOfName = hash;
        endOfName = at + 1;
      }
    }
    return false;
  }

  private boolean has(byte[] octets, int start, int end, int hash) {
    for (int at = place(hash); ; at = following(at)) {
      byte[] name = table[at];
      if (name == null) {
        return false;
      }
      if (name.length == end - start && equal(name, octets, start)) {
        return true;
      }
    }
  }

  private static boolean equal(byte[] name, byte[] octets, int start) {
    for (int i = 0; i < name.length; i++) {
      if (name[i] != small(octets[start + i])) {
        return false;
      }
    }
    return true;
  }

  private int next(int hash, byte octet) {
    return (hash + octet) * multiplier;
  }

  /// The upper bits, which depend on all octets.
  private int place(int hash) {
    return hash >>> shift;
  }

  private int following(int at) {
    return at + 1 == table.length ? 0 : at + 1;
  }

  private static byte small(byte octet) {
    return octet >= 'A' && octet <= 'Z' ? (byte) (octet + ('a' - 'A')) : octet;
  }
}
