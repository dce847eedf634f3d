package mailwing.pop3;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import mailwing.gateway.BodyCache;
import mailwing.gateway.StoreSession;
import mailwing.gateway.StoreStream;
import mailwing.gateway.StoredBody;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// Reads bodies for RETR and TOP. Small ones come in batches that grow while the client asks for
/// one message after the other, so a client that pipelines is not held up by a call for each; what
/// is held ahead is bounded in octets. Large ones are read window after window. What was given is
/// kept by the gateway for a while, see [BodyCache].
final class Bodies {
  /// Takes octets; false once it wants no more.
  @FunctionalInterface
  interface Sink {
    boolean take(ByteString octets) throws IOException;
  }

  private static final int SMALL = BodyCache.PIECE;
  private static final long BATCH_OCTETS = 512 * 1024;
  private static final int BATCH_MESSAGES = 64;

  private final StoreSession session;
  private final Maildrop maildrop;
  private final BodyCache cache;
  private final Map<Integer, ByteString> ahead = new HashMap<>();
  private int expected = 1;
  private int batch = 1;

  Bodies(StoreSession session, Maildrop maildrop, BodyCache cache) {
    this.session = session;
    this.maildrop = maildrop;
    this.cache = cache;
  }

  /// An open body. Found out first whether it is there, since a response that has begun cannot turn
  /// into an error.
  sealed interface Body {
    /// Removed by another session since the maildrop was opened.
    record Gone() implements Body {}

    /// In memory.
    record Small(ByteString octets) implements Body {}

    /// To be read piece by piece; the first one is at hand.
    ///
    /// @param reach octets that are wanted at a time
    record Large(ByteString first, StoredBody octets, long size, long reach) implements Body {}

    /// Has its header an octet beyond US-ASCII, as far as it is in the first piece?
    default boolean hasEightBitHeader() {
      return switch (this) {
        case Gone gone -> false;
        case Small small -> eightBits(small.octets());
        case Large large -> eightBits(large.first());
      };
    }

    /// It is not sent after all.
    default void close() {
      if (this instanceof Large large) {
        large.octets().close();
      }
    }

    private static boolean eightBits(ByteString octets) {
      boolean emptyLine = true;
      for (int i = 0; i < octets.size(); i++) {
        byte octet = octets.byteAt(i);
        if (octet < 0) {
          return true;
        }
        if (octet == '\n') {
          if (emptyLine) {
            return false;
          }
          emptyLine = true;
        } else if (octet != '\r') {
          emptyLine = false;
        }
      }
      return false;
    }
  }

  /// @param pipelined whether further commands have come already
  /// @param whole whether all of it is wanted
  Body open(int number, boolean pipelined, boolean whole) {
    boolean inOrder = number == expected;
    expected = number + 1;
    if (maildrop.size(number) > SMALL) {
      return large(number, whole);
    }
    ByteString held = ahead.remove(number);
    if (held == null) {
      held = kept(number);
      if (held != null) {
        return new Body.Small(held);
      }
      batch = inOrder ? Math.min(BATCH_MESSAGES, pipelined ? BATCH_MESSAGES : batch * 2) : 1;
      fetch(number, inOrder || pipelined ? batch : 1);
      held = ahead.remove(number);
    }
    if (held == null) {
      return new Body.Gone();
    }
    cache.keep(name(number), held);
    return new Body.Small(held);
  }

  private BodyCache.Body name(int number) {
    return StoredBody.name(session, maildrop.mailbox(), maildrop.uid(number));
  }

  private @Nullable ByteString kept(int number) {
    BodyCache.Body name = name(number);
    if (!cache.has(name, 0)) {
      return null;
    }
    byte[] octets = new byte[(int) maildrop.size(number)];
    return cache.read(name, 0, octets) == octets.length
        ? UnsafeByteOperations.unsafeWrap(octets)
        : null;
  }

  /// Hands a body's octets to the sink; a stream that breaks is a `StoreException` in the midst of
  /// the response.
  static void send(Body body, Sink sink) throws IOException {
    switch (body) {
      case Body.Gone gone -> {}
      case Body.Small small -> sink.take(small.octets());
      case Body.Large large -> {
        try (StoredBody octets = large.octets()) {
          long at = 0;
          boolean more = true;
          while (more && at < large.size()) {
            ByteString some = octets.next(at, Math.min(large.size(), at + large.reach()));
            if (some == null) {
              throw new IOException("the message has gone within its response");
            }
            at += some.size();
            more = sink.take(some);
          }
        }
      }
    }
  }

  private Body large(int number, boolean whole) {
    long size = maildrop.size(number);
    long reach = whole ? size : SMALL;
    StoredBody octets =
        new StoredBody(cache, session, maildrop.mailbox(), maildrop.uid(number), size);
    boolean there = false;
    try {
      ByteString first = octets.next(0, reach);
      there = first != null;
      return first == null ? new Body.Gone() : new Body.Large(first, octets, size, reach);
    } finally {
      if (!there) {
        octets.close();
      }
    }
  }

  private void fetch(int first, int messages) {
    ahead.clear();
    Map<Integer, Integer> numbers = new HashMap<>();
    FetchMessagesRequest.Builder request =
        FetchMessagesRequest.newBuilder().setMailbox(maildrop.mailbox());
    long octets = 0;
    long largest = 1;
    for (int number = first; number <= maildrop.count() && numbers.size() < messages; number++) {
      if (maildrop.has(number) && maildrop.size(number) <= SMALL) {
        octets += maildrop.size(number);
        if (number > first && cache.has(name(number), 0)) {
          break;
        }
        if (octets > BATCH_OCTETS && !numbers.isEmpty()) {
          break;
        }
        int uid = maildrop.uid(number);
        largest = Math.max(largest, maildrop.size(number));
        numbers.put(uid, number);
        request.addUids(UidRange.newBuilder().setFirst(uid).setLast(uid));
      }
    }
    request.setItems(FetchItems.newBuilder().setBodyUpTo((int) largest));
    try (StoreStream<FetchMessagesResponse> frames = session.fetchMessages(request.build())) {
      for (FetchMessagesResponse frame = frames.next(); frame != null; frame = frames.next()) {
        for (FetchedMessage message : frame.getMessagesList()) {
          Integer number = numbers.get(message.getUid());
          if (number != null && message.hasBody()) {
            ahead.put(number, message.getBody());
          }
        }
      }
    }
  }

  /// Forgets what was read ahead.
  void clear() {
    ahead.clear();
  }
}
