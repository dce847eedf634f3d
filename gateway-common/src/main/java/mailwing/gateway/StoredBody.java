package mailwing.gateway;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Semaphore;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.MailboxRef;
import org.jspecify.annotations.Nullable;

/// The octets of one stored message, from what the gateway keeps or from the store, a window at a
/// time.
///
/// In memory are 256 KiB at most, or 1 MiB of some messages at a time. What the store tells is kept
/// for others. A client that reads on, range after range, is read ahead for.
public final class StoredBody implements AutoCloseable {
  private static final int PIECE = BodyCache.PIECE;
  private static final int WINDOW = 2 * PIECE;
  private static final int WIDE = 8 * PIECE;

  /// Read ahead of a client that asks for one range after the other.
  private static final int AHEAD = 4 * PIECE;

  /// So many wide windows at a time, of all sessions.
  private static final Semaphore WIDE_AT_ONCE = new Semaphore(16);

  private static final ArrayBlockingQueue<byte[]> BUFFERS = new ArrayBlockingQueue<>(32);

  private final BodyCache cache;
  private final StoreSession store;
  private final MailboxRef mailbox;
  private final BodyCache.Body body;
  private final long size;
  private byte @Nullable [] buffer;
  private ByteString held = ByteString.EMPTY;
  private long heldFrom;
  private boolean plain = true;
  private boolean wide;

  /// @param mailbox as the store told it
  /// @param size octets of the message
  public StoredBody(BodyCache cache, StoreSession store, MailboxRef mailbox, int uid, long size) {
    this.cache = cache;
    this.store = store;
    this.mailbox = mailbox;
    this.body = name(store, mailbox, uid);
    this.size = size;
  }

  /// How a message's body is called in the cache.
  public static BodyCache.Body name(StoreSession store, MailboxRef mailbox, int uid) {
    long owner = mailbox.getOwnerAccount() == 0 ? store.accountId() : mailbox.getOwnerAccount();
    return new BodyCache.Body(owner, mailbox.getMailboxId(), uid);
  }

  /// Octets from `from` on, at least one and at most up to `to`; null if the message is gone. They
  /// are there until the next call.
  public @Nullable ByteString next(long from, long to) {
    if (from < heldFrom || from >= heldFrom + held.size()) {
      drop();
      if (!findKept(from) && !fetch(from, to)) {
        return null;
      }
    }
    int start = (int) (from - heldFrom);
    return held.substring(start, (int) Math.min(held.size(), to - heldFrom));
  }

  /// Whether it is known that there is no NUL in what [#next] gave.
  public boolean plain() {
    return plain;
  }

  /// Exactly the octets `[start, end)`; null if the message is gone.
  public @Nullable ByteString read(long start, long end) {
    byte[] all = new byte[Math.toIntExact(end - start)];
    int done = 0;
    while (done < all.length) {
      ByteString some = next(start + done, end);
      if (some == null) {
        return null;
      }
      some.copyTo(all, done);
      done += some.size();
    }
    return UnsafeByteOperations.unsafeWrap(all);
  }

  private boolean findKept(long from) {
    byte[] lent = buffer;
    if (lent == null) {
      if (!cache.has(body, piece(from))) {
        return false;
      }
      lent = BUFFERS.poll();
      lent = lent == null ? new byte[PIECE] : lent;
      buffer = lent;
    }
    int count = cache.read(body, piece(from), lent);
    if (count < 0) {
      return false;
    }
    heldFrom = (long) piece(from) * PIECE;
    held = UnsafeByteOperations.unsafeWrap(lent, 0, count);
    plain = true;
    return true;
  }

  private static int piece(long offset) {
    return (int) (offset / PIECE);
  }

  private boolean fetch(long from, long to) {
    long start = from;
    long end = to;
    if (cache.keeps()) {
      // Whole pieces.
      start = (long) piece(from) * PIECE;
      if (start > 0 && cache.has(body, piece(from) - 1)) {
        end = Math.max(end, start + AHEAD);
      }
      end = Math.min(size, (end + PIECE - 1) / PIECE * PIECE);
    }
    if (end - start > WINDOW) {
      wide = WIDE_AT_ONCE.tryAcquire();
      end = Math.min(end, start + (wide ? WIDE : WINDOW));
    }
    for (long next = start + PIECE; next < end; next += PIECE) {
      if (cache.has(body, piece(next))) {
        end = next;
      }
    }
    ByteString octets = ask(start, end - start);
    if (octets == null) {
      drop();
      return false;
    }
    heldFrom = start;
    held = octets;
    plain = !NulScan.finds(octets);
    if (plain && cache.keeps()) {
      cache.keepPieces(body, piece(start), octets);
    }
    return true;
  }

  private @Nullable ByteString ask(long offset, long length) {
    ByteString octets;
    try {
      octets = store.readBody(mailbox, body.uid(), offset, length);
    } catch (StoreException e) {
      if (e.code() == ErrorCode.MESSAGE_NOT_FOUND) {
        return null;
      }
      throw e;
    }
    if (octets.size() != length) {
      throw new StoreException(ErrorCode.INTERNAL, "body shorter than its size", null);
    }
    return octets;
  }

  private void drop() {
    held = ByteString.EMPTY;
    if (wide) {
      wide = false;
      WIDE_AT_ONCE.release();
    }
  }

  /// Gives back what was lent.
  @Override
  public void close() {
    drop();
    byte[] lent = buffer;
    if (lent != null) {
      buffer = null;
      // One that the pool has no room for is garbage.
      boolean _ = BUFFERS.offer(lent);
    }
  }
}
