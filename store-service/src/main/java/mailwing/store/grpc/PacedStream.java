package mailwing.store.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.locks.LockSupport;

/// Sends frames no faster than the caller takes them: the thread that makes them waits.
///
/// The call's callbacks run one after another on the thread that waits here, so readiness is asked
/// for, not told.
final class PacedStream<T> {
  private static final long FIRST_WAIT_NANOS = 20_000;
  private static final long LONGEST_WAIT_NANOS = 1_000_000;

  /// Octets that may wait to be sent: some frames, so that making the next overlaps with sending.
  private static final int QUEUED_OCTETS = 512 << 10;

  private final ServerCallStreamObserver<T> observer;

  PacedStream(StreamObserver<T> observer) {
    this.observer = (ServerCallStreamObserver<T>) observer;
    this.observer.setOnReadyThreshold(QUEUED_OCTETS);
  }

  /// Ends by a StatusRuntimeException where the caller has gone or its deadline has passed.
  void send(T frame) {
    long wait = FIRST_WAIT_NANOS;
    while (!observer.isReady()) {
      if (observer.isCancelled()) {
        throw Status.CANCELLED.withDescription("the caller has gone").asRuntimeException();
      }
      LockSupport.parkNanos(this, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_NANOS);
    }
    observer.onNext(frame);
  }

  /// The caller has gone or its deadline has passed.
  boolean cancelled() {
    return observer.isCancelled();
  }

  void complete() {
    observer.onCompleted();
  }
}
