package mailwing.testkit;

import com.google.protobuf.MessageLite;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import mailwing.gateway.StoreClient;

/// Counts what a gateway asks of the store, and what the store says.
public final class StoreCalls {
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicLong octets = new AtomicLong();
  private final List<String> methods;

  /// @param counted which methods; none: all
  public StoreCalls(MethodDescriptor<?, ?>... counted) {
    methods = List.of(counted).stream().map(MethodDescriptor::getFullMethodName).toList();
  }

  /// A client whose calls are counted.
  public StoreClient client(TestStore store, TestStore.Role role) {
    return StoreClient.over(
        ClientInterceptors.intercept(store.channel(), new Counting()), store.clientConfig(role));
  }

  /// Calls begun.
  public int calls() {
    return calls.get();
  }

  /// Octets of the answers, serialized.
  public long octets() {
    return octets.get();
  }

  /// Counts from nothing again.
  public void reset() {
    calls.set(0);
    octets.set(0);
  }

  private final class Counting implements ClientInterceptor {
    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(
        MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
      ClientCall<Q, A> call = next.newCall(method, options);
      if (!methods.isEmpty() && !methods.contains(method.getFullMethodName())) {
        return call;
      }
      calls.incrementAndGet();
      return new SimpleForwardingClientCall<>(call) {
        @Override
        public void start(Listener<A> listener, Metadata headers) {
          super.start(
              new SimpleForwardingClientCallListener<>(listener) {
                @Override
                public void onMessage(A message) {
                  octets.addAndGet(((MessageLite) message).getSerializedSize());
                  super.onMessage(message);
                }
              },
              headers);
        }
      };
    }
  }
}
