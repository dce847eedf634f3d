package mailwing.pop3;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreSession;
import mailwing.gateway.StoreStream;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.FetchMessagesRequest;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.ReadBodyRequest;
import mailwing.store.v1.ReadBodyResponse;
import mailwing.store.v1.UidRange;

/// Reads bodies for RETR and TOP. Small ones come in batches that grow while the client asks for
/// one message after the other, so a client that pipelines is not held up by a call for each; what
/// is held ahead is bounded in octets, and each body is given once. Large ones are streamed in
/// frames.
final class Bodies {
  /// Takes octets; false once it wants no more.
  @FunctionalInterface
  interface Sink {
    boolean take(ByteString octets) throws IOException;
  }

  private static final int SMALL = 256 * 1024;
  private static final long BATCH_OCTETS = 512 * 1024;
  private static final int BATCH_MESSAGES = 64;

  private final StoreSession session;
  private final Maildrop maildrop;
  private final Map<Integer, ByteString> ahead = new HashMap<>();
  private int expected = 1;
  private int batch = 1;

  Bodies(StoreSession session, Maildrop maildrop) {
    this.session = session;
    this.maildrop = maildrop;
  }

  /// An open body. Found out first whether it is there, since a response that has begun cannot turn
  /// into an error.
  sealed interface Body {
    /// Removed by another session since the maildrop was opened.
    record Gone() implements Body {}

    /// In memory.
    record Small(ByteString octets) implements Body {}

    /// To be streamed: the first frame, and where the others come from.
    record Large(ByteString first, StoreStream<ReadBodyResponse> rest) implements Body {}

    /// Has its header an octet beyond US-ASCII, as far as it is in the first frame?
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
        large.rest().close();
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
  Body open(int number, boolean pipelined) {
    ByteString held = ahead.remove(number);
    if (held == null) {
      if (maildrop.size(number) > SMALL) {
        expected = number + 1;
        return stream(number);
      }
      boolean inOrder = number == expected;
      batch = inOrder ? Math.min(BATCH_MESSAGES, pipelined ? BATCH_MESSAGES : batch * 2) : 1;
      fetch(number, inOrder || pipelined ? batch : 1);
      held = ahead.remove(number);
    }
    expected = number + 1;
    return held == null ? new Body.Gone() : new Body.Small(held);
  }

  /// Hands a body's octets to the sink; a stream that breaks is a `StoreException` in the midst of
  /// the response.
  static void send(Body body, Sink sink) throws IOException {
    switch (body) {
      case Body.Gone gone -> {}
      case Body.Small small -> sink.take(small.octets());
      case Body.Large large -> {
        try (StoreStream<ReadBodyResponse> rest = large.rest()) {
          boolean more = sink.take(large.first());
          while (more) {
            ReadBodyResponse frame = rest.next();
            more = frame != null && sink.take(frame.getData());
          }
        }
      }
    }
  }

  private Body stream(int number) {
    StoreStream<ReadBodyResponse> frames =
        session.readBody(
            ReadBodyRequest.newBuilder()
                .setMailbox(maildrop.mailbox())
                .setUid(maildrop.uid(number))
                .build());
    try {
      ReadBodyResponse first = frames.next();
      return new Body.Large(first == null ? ByteString.EMPTY : first.getData(), frames);
    } catch (StoreException e) {
      frames.close();
      if (e.code() == mailwing.store.v1.ErrorCode.MESSAGE_NOT_FOUND) {
        return new Body.Gone();
      }
      throw e;
    }
  }

  private void fetch(int first, int messages) {
    ahead.clear();
    Map<Integer, Integer> numbers = new HashMap<>();
    FetchMessagesRequest.Builder request =
        FetchMessagesRequest.newBuilder()
            .setMailbox(maildrop.mailbox())
            .setItems(FetchItems.newBuilder().setBodyUpTo(SMALL));
    long octets = 0;
    for (int number = first; number <= maildrop.count() && numbers.size() < messages; number++) {
      if (maildrop.has(number) && maildrop.size(number) <= SMALL) {
        octets += maildrop.size(number);
        if (octets > BATCH_OCTETS && !numbers.isEmpty()) {
          break;
        }
        int uid = maildrop.uid(number);
        numbers.put(uid, number);
        request.addUids(UidRange.newBuilder().setFirst(uid).setLast(uid));
      }
    }
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
