package mailwing.gateway;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// A call with one request and one answer, made by a thread that waits for it: the thread is woken
/// once, at the call's end, and what comes before is taken where it comes.
///
/// It serves methods that take a stream of requests as well: their stream is of one.
final class SingleCall<R> extends ClientCall.Listener<R> {
  private final CountDownLatch ended = new CountDownLatch(1);

  // Written before the latch opens, read after.
  private @Nullable R answer;
  private boolean several;
  private Status status = Status.UNKNOWN;
  private @Nullable Metadata trailers;

  private SingleCall() {}

  /// Makes the call and waits for its end; a {@link StoreException} where it fails.
  ///
  /// @param options with a deadline, which bounds the wait
  static <Q, R> R make(
      Channel channel, MethodDescriptor<Q, R> method, CallOptions options, Q request) {
    SingleCall<R> single = new SingleCall<>();
    // What the listener does is over at once: no thread of its own.
    ClientCall<Q, R> call = channel.newCall(method, options.withExecutor(Runnable::run));
    call.start(single, new Metadata());
    // One more than there may be, so that it would be seen.
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
    single.await(call);
    return single.answer();
  }

  private void await(ClientCall<?, R> call) {
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      call.cancel("given up", null);
      throw new StoreException(ErrorCode.UNAVAILABLE, "interrupted", e);
    }
  }

  private R answer() {
    if (!status.isOk()) {
      throw StoreException.of(status, trailers);
    }
    R told = answer;
    if (told == null || several) {
      throw new StoreException(
          ErrorCode.INTERNAL,
          told == null ? "the store gave no answer" : "the store gave two answers",
          null);
    }
    return told;
  }

  @Override
  public void onMessage(R message) {
    several = answer != null;
    answer = message;
  }

  @Override
  public void onClose(Status end, Metadata endTrailers) {
    status = end;
    trailers = endTrailers;
    ended.countDown();
  }
}
