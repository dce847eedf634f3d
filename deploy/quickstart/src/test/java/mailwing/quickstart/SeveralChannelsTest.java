package mailwing.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.GetStatusResponse;
import mailwing.store.v1.MailboxesGrpc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SeveralChannelsTest {
  private final Set<Integer> used = ConcurrentHashMap.newKeySet();
  private final List<ManagedChannel> made = new ArrayList<>();
  private Server server;
  private SeveralChannels channels;

  private static final class Mailboxes extends MailboxesGrpc.MailboxesImplBase {
    @Override
    public void getStatus(GetStatusRequest request, StreamObserver<GetStatusResponse> observer) {
      observer.onNext(GetStatusResponse.getDefaultInstance());
      observer.onCompleted();
    }
  }

  @BeforeEach
  void start() throws IOException {
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).addService(new Mailboxes()).build().start();
    channels = new SeveralChannels(() -> channel(name));
  }

  private ManagedChannel channel(String name) {
    int number = made.size();
    ManagedChannel channel =
        InProcessChannelBuilder.forName(name)
            .intercept(
                new ClientInterceptor() {
                  @Override
                  public <Q, A> ClientCall<Q, A> interceptCall(
                      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
                    used.add(number);
                    return next.newCall(method, options);
                  }
                })
            .build();
    made.add(channel);
    return channel;
  }

  @AfterEach
  void stop() {
    channels.close();
    server.shutdownNow();
  }

  private void call() {
    MailboxesGrpc.newBlockingStub(channels)
        .withDeadlineAfter(Duration.ofMinutes(1))
        .getStatus(GetStatusRequest.getDefaultInstance());
  }

  @Test
  void aThreadUsesOneAndManyThreadsUseAll() throws InterruptedException {
    call();
    call();
    assertThat(used).hasSize(1);
    for (int i = 0; i < 10 * made.size() && used.size() < made.size(); i++) {
      Thread.ofVirtual().start(this::call).join();
    }
    assertThat(made).hasSizeGreaterThan(1);
    assertThat(used).hasSameSizeAs(made);
  }

  @Test
  void closingClosesAll() {
    channels.close();
    assertThat(made).allMatch(ManagedChannel::isShutdown);
    assertThatThrownBy(this::call).hasMessageContaining("UNAVAILABLE");
  }
}
