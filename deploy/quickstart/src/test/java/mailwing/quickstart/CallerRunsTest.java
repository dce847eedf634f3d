package mailwing.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreClientConfig;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreSession;
import mailwing.service.Secret;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetStatusRequest;
import mailwing.store.v1.GetStatusResponse;
import mailwing.store.v1.ListMailboxesRequest;
import mailwing.store.v1.Mailbox;
import mailwing.store.v1.MailboxesGrpc;
import mailwing.store.v1.Session;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CallerRunsTest {
  private final CallerRuns calls = new CallerRuns();
  private final Mailboxes mailboxes = new Mailboxes();
  private Server server;
  private ManagedChannel channel;

  /// Tells the threads that work for it.
  private static final class Mailboxes extends MailboxesGrpc.MailboxesImplBase {
    final BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
    final CountDownLatch interrupted = new CountDownLatch(1);
    volatile boolean stuck;

    @Override
    public void getStatus(GetStatusRequest request, StreamObserver<GetStatusResponse> observer) {
      threads.add(Thread.currentThread());
      while (stuck) {
        try {
          Thread.sleep(Duration.ofHours(1));
        } catch (InterruptedException e) {
          stuck = false;
          interrupted.countDown();
        }
      }
      observer.onNext(GetStatusResponse.getDefaultInstance());
      observer.onCompleted();
    }

    @Override
    public void listMailboxes(ListMailboxesRequest request, StreamObserver<Mailbox> observer) {
      threads.add(Thread.currentThread());
      observer.onNext(Mailbox.getDefaultInstance());
      observer.onCompleted();
    }
  }

  @BeforeEach
  void start() throws IOException {
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name).executor(calls).addService(mailboxes).build().start();
    channel =
        InProcessChannelBuilder.forName(name)
            .intercept(calls)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    calls.close();
  }

  private StoreClient client(Duration callTime) {
    return StoreClient.over(
        channel,
        new StoreClientConfig(
            "",
            Secret.of("none"),
            Optional.empty(),
            callTime,
            Duration.ofMinutes(1),
            Duration.ZERO));
  }

  private static Session session() {
    return Session.newBuilder()
        .setToken("none")
        .setExpiresAtSeconds(Instant.now().getEpochSecond() + 3600)
        .build();
  }

  /// May come before the channel has found its server.
  private void first(StoreSession client) throws InterruptedException {
    client.once(MailboxesGrpc.getGetStatusMethod(), GetStatusRequest.getDefaultInstance());
    mailboxes.threads.take();
  }

  @Test
  void callThatIsWaitedForIsDoneByTheThreadThatMakesIt() throws InterruptedException {
    try (StoreClient store = client(Duration.ofMinutes(1));
        StoreSession client = store.session(session())) {
      first(client);
      client.once(MailboxesGrpc.getGetStatusMethod(), GetStatusRequest.getDefaultInstance());
      assertThat(mailboxes.threads.take()).isSameAs(Thread.currentThread());
    }
  }

  @Test
  void callsOfOthersHaveAThreadOfTheirOwn() throws InterruptedException {
    try (StoreClient store = client(Duration.ofMinutes(1));
        StoreSession client = store.session(session())) {
      first(client);
      try (var stream =
          store.stream(
              MailboxesGrpc.getListMailboxesMethod(), ListMailboxesRequest.getDefaultInstance())) {
        assertThat(stream.next()).isEqualTo(Mailbox.getDefaultInstance());
      }
      assertThat(mailboxes.threads.take()).isNotSameAs(Thread.currentThread());
      client.getStatus(GetStatusRequest.getDefaultInstance());
      assertThat(mailboxes.threads.take()).isNotSameAs(Thread.currentThread());
    }
  }

  @Test
  void callIsGivenUpWhenItsDeadlineHasPassed() throws InterruptedException {
    try (StoreClient store = client(Duration.ofSeconds(3));
        StoreSession client = store.session(session())) {
      first(client);
      mailboxes.stuck = true;
      assertThatExceptionOfType(StoreException.class)
          .isThrownBy(
              () ->
                  client.once(
                      MailboxesGrpc.getGetStatusMethod(), GetStatusRequest.getDefaultInstance()))
          .matches(failure -> failure.code() == ErrorCode.UNAVAILABLE);
      assertThat(mailboxes.threads.take()).isSameAs(Thread.currentThread());
      assertThat(mailboxes.interrupted.getCount()).isZero();
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
  }
}
