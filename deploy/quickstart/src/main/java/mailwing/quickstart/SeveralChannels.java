package mailwing.quickstart;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Channels to the same server, of which each thread uses one.
///
/// A transport in process begins and ends one call at a time, under a monitor, and wakes others
/// meanwhile: with a single one, every third call of twenty sessions waited for it.
final class SeveralChannels extends Channel implements AutoCloseable {
  private static final int MANY = 8;

  private final List<ManagedChannel> channels;

  SeveralChannels(Supplier<ManagedChannel> one) {
    channels = Stream.generate(one).limit(MANY).toList();
  }

  @Override
  public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
    return channels.get((int) (Thread.currentThread().threadId() % MANY)).newCall(method, options);
  }

  @Override
  public String authority() {
    return channels.getFirst().authority();
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }
}
