package mailwing.quickstart;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Deadline;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import mailwing.gateway.StoreClient;
import org.jspecify.annotations.Nullable;

/// Has the store's work for a call that one thread makes and waits for done by that thread, once
/// its request has gone out: no thread is woken for it, neither to work nor to take the answer. All
/// other calls have a virtual thread each.
///
/// What that thread could no longer do, give up waiting, is done for it: when the call's deadline
/// has passed it is interrupted, which ends what it waits for.
final class CallerRuns implements Executor, ClientInterceptor, AutoCloseable {
  private static final long SWEEP_MILLIS = 500;

  /// The call that this thread begins, for which the store asks for a thread meanwhile.
  @SuppressWarnings("ThreadLocalUsage") // There is one of these in a process.
  private final ThreadLocal<@Nullable Call<?, ?>> begun = new ThreadLocal<>();

  private final Set<Work> working = ConcurrentHashMap.newKeySet();
  private final Thread sweeper;

  CallerRuns() {
    sweeper = Thread.ofVirtual().name("interrupt-late-calls").start(this::sweep);
  }

  @Override
  public void execute(Runnable task) {
    Call<?, ?> call = begun.get();
    if (call == null || call.task != null) {
      Thread.ofVirtual().name("grpc").start(task);
    } else {
      call.task = task;
    }
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    ClientCall<Q, A> call = next.newCall(method, options);
    Deadline deadline = options.getDeadline();
    return options.getOption(StoreClient.WAITED_FOR) && deadline != null
        ? new Call<>(call, deadline)
        : call;
  }

  private final class Call<Q, A> extends SimpleForwardingClientCall<Q, A> {
    private final Deadline deadline;

    /// What the store has to do, which queues what comes for it until it runs.
    private @Nullable Runnable task;

    Call(ClientCall<Q, A> call, Deadline deadline) {
      super(call);
      this.deadline = deadline;
    }

    @Override
    public void start(Listener<A> listener, Metadata headers) {
      begun.set(this);
      try {
        super.start(listener, headers);
      } finally {
        begun.remove();
      }
    }

    @Override
    public void halfClose() {
      super.halfClose();
      Runnable asked = task;
      if (asked != null) {
        task = null;
        work(asked);
      }
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      super.cancel(message, cause);
      Runnable asked = task;
      if (asked != null) {
        task = null;
        execute(asked);
      }
    }

    private void work(Runnable asked) {
      Work work = new Work(deadline);
      working.add(work);
      try {
        asked.run();
      } finally {
        working.remove(work);
        work.end();
      }
    }
  }

  /// What a thread does for its call.
  private static final class Work {
    private final Thread thread = Thread.currentThread();
    private final Deadline deadline;
    private boolean interrupted;
    private boolean ended;

    Work(Deadline deadline) {
      this.deadline = deadline;
    }

    synchronized void interruptIfLate() {
      if (!ended && deadline.isExpired()) {
        interrupted = true;
        thread.interrupt();
      }
    }

    /// That it was interrupted for being late is nothing to what the thread does next.
    synchronized void end() {
      ended = true;
      if (interrupted) {
        Thread.interrupted();
      }
    }
  }

  private void sweep() {
    try {
      while (true) {
        Thread.sleep(SWEEP_MILLIS);
        working.forEach(Work::interruptIfLate);
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  @Override
  public void close() {
    sweeper.interrupt();
  }
}
