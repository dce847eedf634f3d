package mailwing.gateway;

import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// What a server-streaming call answers, one message after the other; the store sends no faster
/// than they are taken.
///
/// Close it in any case: a stream that is not at its end is cancelled.
public final class StoreStream<T> implements AutoCloseable {
  private final Supplier<BlockingClientCall<?, T>> starter;
  private final StoreRetry retry;
  private final StoreClient.@Nullable FailureListener failures;
  private BlockingClientCall<?, T> call;
  private boolean began;
  private boolean ended;

  StoreStream(
      Supplier<BlockingClientCall<?, T>> starter,
      StoreRetry retry,
      StoreClient.@Nullable FailureListener failures) {
    this.starter = starter;
    this.retry = retry;
    this.failures = failures;
    this.call = starter.get();
  }

  /// The next message, or null at the end.
  public @Nullable T next() {
    return next(null);
  }

  /// The next message, or null at the end; `meanwhile` is asked for as long as there is none.
  public @Nullable T next(@Nullable Meanwhile meanwhile) {
    while (true) {
      try {
        T message =
            meanwhile == null ? call.read() : call.read(meanwhile.patience(), TimeUnit.NANOSECONDS);
        began = true;
        ended = message == null;
        return message;
      } catch (TimeoutException e) {
        Objects.requireNonNull(meanwhile).waiting();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        close();
        throw new StoreException(ErrorCode.UNAVAILABLE, "interrupted", e);
      } catch (StatusException e) {
        StoreException failure = StoreException.of(e);
        if (failures != null) {
          failures.failed(failure);
        }
        if (began || !retry.again(failure)) {
          ended = true;
          throw failure;
        }
        call = starter.get();
      }
    }
  }

  /// What is done on the caller's thread while it waits for the store.
  public interface Meanwhile {
    /// How long it may wait now, in nanoseconds.
    long patience();

    /// It has waited so long.
    void waiting();
  }

  @Override
  public void close() {
    if (!ended) {
      ended = true;
      call.cancel("not needed any more", null);
    }
  }
}
