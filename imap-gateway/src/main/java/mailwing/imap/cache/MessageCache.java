package mailwing.imap.cache;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What is known of messages, bounded in octets.
///
/// The least recently used is forgotten first, but what is used once does not drive out what was
/// used twice: when there is no more room, what is new passes through an eighth of it and stays if
/// it is asked for again meanwhile. So a look at all messages of a large mailbox, again and again,
/// finds as much here as there is room for.
///
/// Spread over segments, so that sessions of different mailboxes do not wait for each other.
public final class MessageCache {
  private static final int SEGMENTS = 16;

  private final List<Segment> segments = new ArrayList<>(SEGMENTS);

  private final long passage;

  /// @param capacity in octets; 0 keeps nothing
  public MessageCache(long capacity) {
    passage = capacity / 32 * 3;
    for (int i = 0; i < SEGMENTS; i++) {
      segments.add(new Segment(capacity / SEGMENTS));
    }
  }

  public @Nullable KnownMessage find(MessageKey key) {
    return segment(key).find(key);
  }

  /// What is known, and stays no longer for it.
  public @Nullable KnownMessage peek(MessageKey key) {
    return segment(key).peek(key);
  }

  /// Adds to what is known.
  public void learn(MessageKey key, KnownMessage more) {
    segment(key).learn(key, more, false);
  }

  /// Adds what nobody has asked for yet: the first use of it is no second one.
  public void learnAhead(MessageKey key, KnownMessage more) {
    segment(key).learn(key, more, true);
  }

  /// As [#learn] where there is room for it, so that nothing is driven out; else nothing is done.
  ///
  /// @return whether there was
  public boolean learnIfRoom(MessageKey key, KnownMessage more) {
    return segment(key).learnIfRoom(key, more);
  }

  /// How many octets of new messages may be learned at once when there is no more room, so that
  /// each is still there at the end: three quarters of those that pass, for segments fill unevenly.
  public long passage() {
    return passage;
  }

  /// About what it holds.
  public long octets() {
    long octets = 0;
    for (Segment segment : segments) {
      octets += segment.octets;
    }
    return octets;
  }

  private Segment segment(MessageKey key) {
    int hash = key.hashCode() * 0x9e3779b9;
    return segments.get(hash >>> 28);
  }

  private static final class Segment {
    /// @param ahead nobody has asked for it yet
    private record Entry(KnownMessage message, long octets, boolean ahead) {}

    private static final int OVERHEAD = 140;

    private final ReentrantLock lock = new ReentrantLock();
    private final long capacity;
    private final Map<MessageKey, Entry> kept = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<MessageKey, Entry> passing = new LinkedHashMap<>();
    private long keptOctets;
    private long passingOctets;
    private volatile long octets;

    Segment(long capacity) {
      this.capacity = capacity;
    }

    @Nullable KnownMessage find(MessageKey key) {
      lock.lock();
      try {
        Entry entry = kept.get(key);
        if (entry == null) {
          entry = passing.remove(key);
          if (entry != null && entry.ahead) {
            passing.put(key, new Entry(entry.message, entry.octets, false));
          } else if (entry != null) {
            passingOctets -= entry.octets;
            keep(key, entry);
          }
        }
        return entry == null ? null : entry.message;
      } finally {
        lock.unlock();
      }
    }

    @Nullable KnownMessage peek(MessageKey key) {
      lock.lock();
      try {
        Entry entry = passing.get(key);
        entry = entry == null ? kept.get(key) : entry;
        return entry == null ? null : entry.message;
      } finally {
        lock.unlock();
      }
    }

    void learn(MessageKey key, KnownMessage more, boolean ahead) {
      lock.lock();
      try {
        Entry before = kept.remove(key);
        boolean used = before != null;
        if (before != null) {
          keptOctets -= before.octets;
        } else {
          before = passing.remove(key);
          if (before != null) {
            passingOctets -= before.octets;
            used = true;
          }
        }
        KnownMessage alone = more.alone();
        KnownMessage all = before == null ? alone : before.message.with(alone);
        Entry now = new Entry(all, all.octets() + OVERHEAD, ahead && before == null);
        if (now.octets > capacity / 4) {
          if (before != null) {
            keep(key, before);
          }
        } else if (used || keptOctets + now.octets <= capacity - capacity / 8) {
          keep(key, now);
        } else {
          passing.put(key, now);
          passingOctets = trim(passing, passingOctets + now.octets, capacity / 8);
        }
        octets = keptOctets + passingOctets;
      } finally {
        lock.unlock();
      }
    }

    boolean learnIfRoom(MessageKey key, KnownMessage more) {
      lock.lock();
      try {
        boolean room = keptOctets + more.octets() + OVERHEAD <= capacity - capacity / 8;
        if (room) {
          learn(key, more, false);
        }
        return room;
      } finally {
        lock.unlock();
      }
    }

    private void keep(MessageKey key, Entry entry) {
      kept.put(key, entry);
      keptOctets = trim(kept, keptOctets + entry.octets, capacity - capacity / 8);
      octets = keptOctets + passingOctets;
    }

    private static long trim(Map<MessageKey, Entry> entries, long octets, long most) {
      long left = octets;
      Iterator<Entry> eldest = entries.values().iterator();
      while (left > most && eldest.hasNext()) {
        left -= eldest.next().octets;
        eldest.remove();
      }
      return left;
    }
  }
}
