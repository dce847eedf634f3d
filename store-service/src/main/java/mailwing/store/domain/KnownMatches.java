package mailwing.store.domain;

import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/// What recent searches have learned: which messages of an account hold a text and which do not. A
/// message never changes and its id is never given again, so nothing here becomes wrong; the search
/// that a client repeats, narrows or pages through need not read again.
///
/// Bounded in octets; the searches least recently asked are forgotten.
final class KnownMatches {
  /// Two bits a message of the account.
  private static final long HIGHEST_ID = 1L << 26;

  /// What is looked for, and where.
  record Key(long account, String where, String needle) {}

  private final long most;
  private final Map<Key, Known> searches = new LinkedHashMap<>(16, 0.75f, true);
  private long octets;

  /// @param most octets kept
  KnownMatches(long most) {
    this.most = most;
  }

  /// What is known of one text. Any number of searches may use it at a time.
  static final class Known {
    private final BitSet looked = new BitSet();
    private final BitSet held = new BitSet();
    private long toldBy;

    /// Has an index in this state, never 0, not told yet what it knows for certain? Asked once.
    synchronized boolean isNewFrom(long state) {
      boolean fresh = toldBy != state;
      toldBy = state;
      return fresh;
    }

    /// 1 where the message holds it, 0 where it does not, -1 where nobody has looked.
    synchronized int of(long messageId) {
      if (messageId >= HIGHEST_ID || !looked.get((int) messageId)) {
        return -1;
      }
      return held.get((int) messageId) ? 1 : 0;
    }

    synchronized void learn(long messageId, boolean holds) {
      if (messageId < HIGHEST_ID) {
        looked.set((int) messageId);
        held.set((int) messageId, holds);
      }
    }

    synchronized long octets() {
      return 200L + (looked.size() + held.size()) / 8;
    }
  }

  synchronized Known of(Key key) {
    return searches.computeIfAbsent(key, k -> new Known());
  }

  /// To be called when a search has ended.
  synchronized void trim() {
    octets = 0;
    searches.forEach((key, known) -> octets += known.octets() + 2L * key.needle().length());
    Iterator<Map.Entry<Key, Known>> eldest = searches.entrySet().iterator();
    while (octets > most && eldest.hasNext()) {
      Map.Entry<Key, Known> entry = eldest.next();
      octets -= entry.getValue().octets() + 2L * entry.getKey().needle().length();
      eldest.remove();
    }
  }
}
