package mailwing.store.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.ForwardingServerCall;
import io.grpc.ForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;

/// What every call goes through: credential, permission, deadline; and at its end the error's name
/// and the metrics.
public final class CallGuard implements ServerInterceptor {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Credentials credentials;
  private final CallMetrics metrics;
  private final Duration defaultDeadline;
  private final ScheduledExecutorService timer;

  public CallGuard(
      Credentials credentials,
      CallMetrics metrics,
      Duration defaultDeadline,
      ScheduledExecutorService timer) {
    this.credentials = credentials;
    this.metrics = metrics;
    this.defaultDeadline = defaultDeadline;
    this.timer = timer;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    GuardedCall<Q, A> guarded = new GuardedCall<>(call, method, metrics);
    Context context;
    try {
      context = admit(method, headers);
    } catch (RuntimeException e) {
      guarded.fail(e);
      return new ServerCall.Listener<>() {};
    }
    if (context.getDeadline() == null && !Permissions.isOpen(method)) {
      Context.CancellableContext limited =
          context.withDeadline(
              Deadline.after(defaultDeadline.toNanos(), TimeUnit.NANOSECONDS), timer);
      limited.addListener(
          c -> {
            if (c.cancellationCause() instanceof TimeoutException) {
              guarded.close(Status.DEADLINE_EXCEEDED, new Metadata());
            }
          },
          Runnable::run);
      guarded.onClose(() -> limited.cancel(null));
      context = limited;
    }
    return new GuardedListener<>(Contexts.interceptCall(context, guarded, headers, next), guarded);
  }

  private Context admit(String method, Metadata headers) {
    if (Permissions.isOpen(method)) {
      return Context.current();
    }
    Caller caller = credentials.caller(headers.get(AUTHORIZATION));
    if (!Permissions.allows(method, caller)) {
      throw new StoreException(
          ErrorCode.PERMISSION_DENIED, "this credential may not call " + method);
    }
    return caller.in(Context.current());
  }

  /// A call that ends once, whoever ends it: the handler or the deadline.
  private static final class GuardedCall<Q, A>
      extends ForwardingServerCall.SimpleForwardingServerCall<Q, A> {
    private final String method;
    private final CallMetrics metrics;
    private final long startedAt = System.nanoTime();
    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;
    private Runnable afterwards = () -> {};

    GuardedCall(ServerCall<Q, A> call, String method, CallMetrics metrics) {
      super(call);
      this.method = method;
      this.metrics = metrics;
    }

    void onClose(Runnable action) {
      this.afterwards = action;
    }

    @Override
    public void sendHeaders(Metadata headers) {
      lock.lock();
      try {
        if (!closed) {
          super.sendHeaders(headers);
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void sendMessage(A message) {
      lock.lock();
      try {
        if (!closed) {
          super.sendMessage(message);
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close(Status status, Metadata trailers) {
      Status end = status;
      if (!status.isOk() && status.getCause() != null) {
        Errors.End failure = Errors.of(status.getCause(), method);
        end = failure.status();
        failure.addTo(trailers);
      }
      lock.lock();
      try {
        if (closed) {
          return;
        }
        closed = true;
        metrics.ended(method, end.getCode(), startedAt);
        super.close(end, trailers);
      } finally {
        lock.unlock();
      }
      afterwards.run();
    }

    void fail(Throwable failure) {
      close(Status.UNKNOWN.withCause(failure), new Metadata());
    }

    void cancelled() {
      lock.lock();
      try {
        if (closed) {
          return;
        }
        closed = true;
        metrics.ended(method, Status.Code.CANCELLED, startedAt);
      } finally {
        lock.unlock();
      }
      afterwards.run();
    }
  }

  /// Turns what a handler throws into the call's end.
  private static final class GuardedListener<Q, A>
      extends ForwardingServerCallListener.SimpleForwardingServerCallListener<Q> {
    private final GuardedCall<Q, A> call;

    GuardedListener(ServerCall.Listener<Q> listener, GuardedCall<Q, A> call) {
      super(listener);
      this.call = call;
    }

    @Override
    public void onMessage(Q message) {
      run(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      run(super::onHalfClose);
    }

    @Override
    public void onReady() {
      run(super::onReady);
    }

    @Override
    public void onCancel() {
      call.cancelled();
      run(super::onCancel);
    }

    @Override
    public void onComplete() {
      run(super::onComplete);
    }

    private void run(Runnable action) {
      try {
        action.run();
      } catch (RuntimeException e) {
        call.fail(e);
      }
    }
  }
}
