package mailwing.store.grpc;

import java.util.function.Consumer;
import mailwing.store.v1.EnvelopeArrays;
import mailwing.store.v1.FetchMessagesResponse;
import mailwing.store.v1.FetchedMessage;

/// Puts messages into frames. What was read together goes together: each frame is waited for, and
/// who reads many messages waits for few large ones.
final class MessageFrames {
  /// The messages of a frame are no more together, but for one that is larger alone; callers of any
  /// language take frames of four megabytes. Octets.
  private static final int MOST = 2 << 20;

  /// What was read together goes on with what comes next where it is less. Octets.
  private static final int LEAST = 128 << 10;

  private final Consumer<FetchMessagesResponse> sink;
  private FetchMessagesResponse.Builder frame = FetchMessagesResponse.newBuilder();
  private int octets;

  MessageFrames(Consumer<FetchMessagesResponse> sink) {
    this.sink = sink;
  }

  void add(FetchedMessage message) {
    int size = message.getSerializedSize();
    if (octets + size > MOST) {
      end();
    }
    frame.addMessages(message);
    octets += size;
  }

  /// Goes as a frame of its own.
  void add(EnvelopeArrays envelopes) {
    end();
    sink.accept(FetchMessagesResponse.newBuilder().setEnvelopes(envelopes).build());
  }

  void endOfBatch() {
    if (octets >= LEAST) {
      end();
    }
  }

  void end() {
    if (octets > 0) {
      sink.accept(frame.build());
      frame = FetchMessagesResponse.newBuilder();
      octets = 0;
    }
  }
}
