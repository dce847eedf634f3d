package mailwing.gateway;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Octets of bodies, which never change once they are stored: pieces of 128 KiB, outside of the
/// heap, bounded in octets.
///
/// Who may read a body is not asked here: a session takes from it what it may read, of a mailbox
/// that the store has let it open.
///
/// The least recently used is forgotten first, but what is used once does not drive out what was
/// used twice: when there is no more room, what is new passes through an eighth of it and stays if
/// it is asked for again meanwhile. So one look at all of a mailbox drives nothing out.
///
/// What holds a NUL is not kept, so that nobody has to look for one again.
public final class BodyCache {
  /// Octets of each piece of a body but its last.
  public static final int PIECE = 128 << 10;

  private static final int SEGMENTS = 8;
  private static final int BLOCK = 4 << 10;
  private static final int SLAB_BLOCKS = 256;

  /// An eighth of it must have room for a piece.
  private static final long SMALLEST_SEGMENT = 8L * PIECE;

  /// A body for good: neither a mailbox id nor a UID in it is ever given again.
  public record Body(long account, long mailbox, int uid) {}

  private record Piece(Body body, int number) {}

  private final List<Segment> segments = new ArrayList<>(SEGMENTS);

  /// @param capacity in octets; below 1 MiB nothing is kept
  public BodyCache(long capacity) {
    int count = (int) Math.min(SEGMENTS, capacity / SMALLEST_SEGMENT);
    for (int i = 0; i < count; i++) {
      segments.add(new Segment((int) Math.min(Integer.MAX_VALUE, capacity / count / BLOCK)));
    }
  }

  /// Copies a piece to the beginning of `to`; its octets, or -1 if it is not kept.
  public int read(Body body, int number, byte[] to) {
    Segment segment = segment(body, number);
    return segment == null ? -1 : segment.read(new Piece(body, number), to);
  }

  /// Whether a piece is kept; that is no use of it.
  public boolean has(Body body, int number) {
    Segment segment = segment(body, number);
    return segment != null && segment.has(new Piece(body, number));
  }

  /// Keeps a body, all of it, as long as there is room.
  public void keep(Body body, ByteString octets) {
    if (keeps() && !NulScan.finds(octets)) {
      keepPieces(body, 0, octets);
    }
  }

  /// Keeps pieces from `number` on, without a NUL in them.
  void keepPieces(Body body, int number, ByteString octets) {
    for (int at = 0; at < octets.size(); at += PIECE) {
      int piece = number + at / PIECE;
      Segment segment = segment(body, piece);
      if (segment != null) {
        segment.keep(
            new Piece(body, piece), octets.substring(at, Math.min(octets.size(), at + PIECE)));
      }
    }
  }

  /// Whether there is room for anything.
  boolean keeps() {
    return !segments.isEmpty();
  }

  /// Octets of memory that are in use.
  public long octets() {
    long octets = 0;
    for (Segment segment : segments) {
      octets += (long) segment.used * BLOCK;
    }
    return octets;
  }

  private @Nullable Segment segment(Body body, int number) {
    if (segments.isEmpty()) {
      return null;
    }
    int hash = (body.hashCode() * 31 + number) * 0x9e3779b9;
    return segments.get((hash >>> 16) % segments.size());
  }

  /// Pieces of about an eighth of all bodies, and the blocks they are in.
  private static final class Segment {
    @SuppressWarnings("ArrayRecordComponent") // the segment's own
    private record Place(int[] blocks, int octets) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Piece, Place> kept = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<Piece, Place> passing = new LinkedHashMap<>();
    private final int mostPassing;
    private final int mostKept;
    private int keptBlocks;
    private int passingBlocks;

    /// Memory is taken when it is needed, and not given back.
    private final List<ByteBuffer> slabs = new ArrayList<>();

    private int[] free = new int[0];
    private int freeCount;
    private boolean grown;
    private volatile int used;

    Segment(int blocks) {
      mostPassing = blocks / 8;
      mostKept = blocks - mostPassing;
    }

    int read(Piece piece, byte[] to) {
      lock.lock();
      try {
        Place place = kept.get(piece);
        if (place == null) {
          place = passing.remove(piece);
          if (place == null) {
            return -1;
          }
          passingBlocks -= place.blocks.length;
          kept.put(piece, place);
          keptBlocks = trim(kept, keptBlocks + place.blocks.length, mostKept);
          used = keptBlocks + passingBlocks;
        }
        int at = 0;
        for (int block : place.blocks) {
          int count = Math.min(BLOCK, place.octets - at);
          slabs.get(block / SLAB_BLOCKS).get(offset(block), to, at, count);
          at += count;
        }
        return place.octets;
      } finally {
        lock.unlock();
      }
    }

    boolean has(Piece piece) {
      lock.lock();
      try {
        return kept.containsKey(piece) || passing.containsKey(piece);
      } finally {
        lock.unlock();
      }
    }

    void keep(Piece piece, ByteString octets) {
      int count = (octets.size() + BLOCK - 1) / BLOCK;
      lock.lock();
      try {
        if (count > mostPassing || kept.containsKey(piece) || passing.containsKey(piece)) {
          return;
        }
        boolean room = keptBlocks + count <= mostKept;
        if (!room) {
          passingBlocks = trim(passing, passingBlocks, mostPassing - count);
        }
        int[] blocks = take(count);
        if (blocks == null) {
          return;
        }
        write(octets, blocks);
        if (room) {
          kept.put(piece, new Place(blocks, octets.size()));
          keptBlocks += count;
        } else {
          passing.put(piece, new Place(blocks, octets.size()));
          passingBlocks += count;
        }
        used = keptBlocks + passingBlocks;
      } finally {
        lock.unlock();
      }
    }

    private void write(ByteString octets, int[] blocks) {
      int at = 0;
      for (ByteBuffer from : octets.asReadOnlyByteBufferList()) {
        while (from.hasRemaining()) {
          int within = at % BLOCK;
          int block = blocks[at / BLOCK];
          int count = Math.min(BLOCK - within, from.remaining());
          slabs.get(block / SLAB_BLOCKS).put(offset(block) + within, from, from.position(), count);
          from.position(from.position() + count);
          at += count;
        }
      }
    }

    private static int offset(int block) {
      return block % SLAB_BLOCKS * BLOCK;
    }

    /// Forgets the eldest until there are `most` blocks left.
    private int trim(Map<Piece, Place> pieces, int blocks, int most) {
      int left = blocks;
      Iterator<Place> eldest = pieces.values().iterator();
      while (left > most && eldest.hasNext()) {
        Place place = eldest.next();
        eldest.remove();
        left -= place.blocks.length;
        giveBack(place.blocks);
      }
      return left;
    }

    private void giveBack(int[] blocks) {
      System.arraycopy(blocks, 0, free, freeCount, blocks.length);
      freeCount += blocks.length;
    }

    /// Null where the process can have no more memory.
    private int @Nullable [] take(int count) {
      while (freeCount < count) {
        if (!grow()) {
          return null;
        }
      }
      freeCount -= count;
      return Arrays.copyOfRange(free, freeCount, freeCount + count);
    }

    private boolean grow() {
      if (grown) {
        return false;
      }
      int first = slabs.size() * SLAB_BLOCKS;
      try {
        slabs.add(ByteBuffer.allocateDirect(SLAB_BLOCKS * BLOCK));
      } catch (OutOfMemoryError e) {
        // The JVM's limit of such memory: it stays as large as it is.
        grown = true;
        return false;
      }
      free = Arrays.copyOf(free, first + SLAB_BLOCKS);
      for (int i = 0; i < SLAB_BLOCKS; i++) {
        free[freeCount++] = first + i;
      }
      return true;
    }
  }
}
