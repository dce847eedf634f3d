package mailwing.gateway;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.MethodDescriptor;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// A call whose requests stream to the store and, for a dialog, its answers back.
///
/// The first request waits here for the second: where there is none, the call is one of one request
/// and one answer, which costs both sides less. From then on {@link #send} waits while the store is
/// not ready for more, so nothing piles up here. Close it in any case: a call that was not finished
/// is cancelled, and the store keeps nothing of it.
public final class StoreUpload<Q, R> implements AutoCloseable {
  private final Channel channel;
  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final StoreClient.@Nullable FailureListener failures;
  private long patienceNanos = Long.MAX_VALUE;
  private @Nullable Q first;
  private @Nullable BlockingClientCall<Q, R> call;
  private boolean ended;

  StoreUpload(
      Channel channel,
      MethodDescriptor<Q, R> method,
      CallOptions options,
      StoreClient.@Nullable FailureListener failures) {
    this.channel = channel;
    this.method = method;
    this.options = options;
    this.failures = failures;
  }

  /// How long the store may take for one request or answer from now on, where the call's deadline
  /// is much later since the client has its own pace. After that: UNAVAILABLE.
  public StoreUpload<Q, R> patience(Duration time) {
    patienceNanos = time.toNanos();
    return this;
  }

  /// Sends a request. A store that has ended the call already says why: by a {@link
  /// StoreException}.
  public void send(Q request) {
    if (call == null && first == null) {
      first = request;
    } else {
      write(open(), request);
    }
  }

  /// The call; begins it by what waits.
  private BlockingClientCall<Q, R> open() {
    BlockingClientCall<Q, R> open = call;
    if (open == null) {
      open = ClientCalls.blockingBidiStreamingCall(channel, method, options);
      call = open;
      Q waiting = first;
      first = null;
      if (waiting != null) {
        write(open, waiting);
      }
    }
    return open;
  }

  private void write(BlockingClientCall<Q, R> open, Q request) {
    try {
      if (!open.write(request, patienceNanos, TimeUnit.NANOSECONDS)) {
        read();
        throw new StoreException(ErrorCode.INTERNAL, "the store ended the call early", null);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    } catch (TimeoutException e) {
      throw impatient(e);
    } catch (StatusException e) {
      throw failed(e);
    }
  }

  /// The next answer of a dialog, or null at the end.
  public @Nullable R read() {
    BlockingClientCall<Q, R> open = open();
    try {
      R answer = open.read(patienceNanos, TimeUnit.NANOSECONDS);
      ended |= answer == null;
      return answer;
    } catch (InterruptedException e) {
      throw interrupted(e);
    } catch (TimeoutException e) {
      throw impatient(e);
    } catch (StatusException e) {
      throw failed(e);
    }
  }

  /// Ends the requests and waits for the one answer, and for the call's end.
  public R finish() {
    Q only = first;
    if (call == null && only != null) {
      return finish(only);
    }
    open().halfClose();
    R answer = read();
    if (answer == null) {
      throw new StoreException(ErrorCode.INTERNAL, "the store gave no answer", null);
    }
    // The call's end belongs to it: until it is read, the call's deadline holds all that it sent.
    if (read() != null) {
      throw new StoreException(ErrorCode.INTERNAL, "the store gave two answers", null);
    }
    return answer;
  }

  private R finish(Q only) {
    first = null;
    ended = true;
    try {
      // Nothing is left to be read of the client: the patience is the deadline.
      CallOptions whole =
          options
              .withOption(StoreClient.WAITED_FOR, true)
              .withDeadline(sooner(options.getDeadline(), patienceNanos));
      return SingleCall.make(channel, method, whole, only);
    } catch (StoreException e) {
      told(e);
      throw e;
    }
  }

  private static Deadline sooner(@Nullable Deadline deadline, long patienceNanos) {
    Deadline patience = Deadline.after(patienceNanos, TimeUnit.NANOSECONDS);
    return deadline == null ? patience : deadline.minimum(patience);
  }

  @Override
  public void close() {
    if (!ended) {
      ended = true;
      BlockingClientCall<Q, R> open = call;
      if (open != null) {
        open.cancel("given up", null);
      }
    }
  }

  private StoreException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    close();
    return new StoreException(ErrorCode.UNAVAILABLE, "interrupted", e);
  }

  private StoreException impatient(TimeoutException e) {
    close();
    return new StoreException(ErrorCode.UNAVAILABLE, "the store took too long", e);
  }

  private StoreException failed(StatusException e) {
    ended = true;
    StoreException failure = StoreException.of(e);
    told(failure);
    return failure;
  }

  private void told(StoreException failure) {
    if (failures != null) {
      failures.failed(failure);
    }
  }
}
