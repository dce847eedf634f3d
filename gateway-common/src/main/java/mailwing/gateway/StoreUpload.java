package mailwing.gateway;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// A call whose requests stream to the store and, for a dialog, its answers back.
///
/// {@link #send} waits while the store is not ready for more, so nothing piles up here. Close it in
/// any case: a call that was not finished is cancelled, and the store keeps nothing of it.
public final class StoreUpload<Q, R> implements AutoCloseable {
  private final BlockingClientCall<Q, R> call;
  private final StoreClient.@Nullable FailureListener failures;
  private long patienceNanos = Long.MAX_VALUE;
  private boolean ended;

  StoreUpload(BlockingClientCall<Q, R> call, StoreClient.@Nullable FailureListener failures) {
    this.call = call;
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
    try {
      if (!call.write(request, patienceNanos, TimeUnit.NANOSECONDS)) {
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
    try {
      R answer = call.read(patienceNanos, TimeUnit.NANOSECONDS);
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
    call.halfClose();
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

  @Override
  public void close() {
    if (!ended) {
      ended = true;
      call.cancel("given up", null);
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
    if (failures != null) {
      failures.failed(failure);
    }
    return failure;
  }
}
