package mailwing.imap.cache;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What is known of messages, the least recently used forgotten first, bounded in octets.
///
/// Spread over segments, so that sessions of different mailboxes do not wait for each other.
public final class MessageCache {
  private static final int SEGMENTS = 16;

  private final List<Segment> segments = new ArrayList<>(SEGMENTS);

  /// @param capacity in octets; 0 keeps nothing
  public MessageCache(long capacity) {
    for (int i = 0; i < SEGMENTS; i++) {
      segments.add(new Segment(capacity / SEGMENTS));
    }
  }

  public @Nullable KnownMessage find(MessageKey key) {
    return segment(key).find(key);
  }

  /// Adds to what is known.
  public void learn(MessageKey key, KnownMessage more) {
    segment(key).learn(key, more);
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
    private record Entry(KnownMessage message, long octets) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final long capacity;
    private final Map<MessageKey, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private volatile long octets;

    Segment(long capacity) {
      this.capacity = capacity;
    }

    @Nullable KnownMessage find(MessageKey key) {
      lock.lock();
      try {
        Entry entry = entries.get(key);
        return entry == null ? null : entry.message;
      } finally {
        lock.unlock();
      }
    }

    void learn(MessageKey key, KnownMessage more) {
      lock.lock();
      try {
        Entry before = entries.get(key);
        KnownMessage all = before == null ? more : before.message.with(more);
        Entry now = new Entry(all, all.octets() + 120);
        if (now.octets > capacity / 4) {
          return;
        }
        entries.put(key, now);
        long total = octets + now.octets - (before == null ? 0 : before.octets);
        Iterator<Entry> eldest = entries.values().iterator();
        while (total > capacity && eldest.hasNext()) {
          total -= eldest.next().octets;
          eldest.remove();
        }
        octets = total;
      } finally {
        lock.unlock();
      }
    }
  }
}
