package mailwing.store;

import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.stub.AbstractStub;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import mailwing.embedded.EmbeddedPostgres;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.QueueRules;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/// A store on a database of its own, called in process.
public final class TestStore implements AutoCloseable {
  public static final String SMTP = "mws_smtp-secret";
  public static final String POP3 = "mws_pop3-secret";
  public static final String IMAP = "mws_imap-secret";
  public static final String ADMIN = "mwa_admin-secret";

  private final EmbeddedPostgres.Database database;
  private final StoreService service;
  private final ManagedChannel channel;

  private TestStore(EmbeddedPostgres.Database database, StoreService service, String name) {
    this.database = database;
    this.service = service;
    this.channel = InProcessChannelBuilder.forName(name).build();
  }

  public static TestStore start() {
    return start(EmbeddedPostgres.shared().newDatabase(), StoreConfig.Kafka.none());
  }

  public static TestStore start(EmbeddedPostgres.Database database, StoreConfig.Kafka kafka) {
    String name = "store-" + UUID.randomUUID();
    return new TestStore(database, StoreService.start(config(database, kafka, name)), name);
  }

  public static StoreConfig config(
      EmbeddedPostgres.Database database, StoreConfig.Kafka kafka, String name) {
    return new StoreConfig(
        StoreConfig.Database.of(database.jdbcUrl(), database.user(), database.password()),
        StoreConfig.Grpc.onPort(0).inProcess(name),
        new StoreConfig.Http("127.0.0.1", 0),
        StoreConfig.Credentials.of(SMTP, POP3, IMAP, ADMIN),
        StoreConfig.Logins.defaults(),
        StoreConfig.Addresses.defaults(),
        kafka,
        QueueRules.DEFAULTS,
        new StoreConfig.Bans(5, Duration.ofMinutes(10), Duration.ofMinutes(15)),
        StoreConfig.Dkim.DEFAULTS,
        MailStore.TRACE_MEMORY,
        new StoreConfig.Outbound(true, 20));
  }

  public EmbeddedPostgres.Database database() {
    return database;
  }

  public StoreService service() {
    return service;
  }

  public ManagedChannel channel() {
    return channel;
  }

  /// A stub that calls with this credential and ten seconds to live.
  public <S extends AbstractStub<S>> S as(S stub, String credential) {
    return stub.withCallCredentials(bearer(credential)).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  public static CallCredentials bearer(String credential) {
    return new CallCredentials() {
      @Override
      public void applyRequestMetadata(
          RequestInfo info, Executor executor, MetadataApplier applier) {
        Metadata headers = new Metadata();
        headers.put(
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
            "Bearer " + credential);
        applier.apply(headers);
      }
    };
  }

  /// The name in the trailer `mailwing-error` of the call's failure.
  public static String errorOf(ThrowingCallable call) {
    StatusRuntimeException failure =
        Assertions.catchThrowableOfType(StatusRuntimeException.class, call);
    Assertions.assertThat(failure).as("the call fails").isNotNull();
    Metadata trailers = failure.getTrailers();
    String name =
        trailers == null
            ? null
            : trailers.get(Metadata.Key.of("mailwing-error", Metadata.ASCII_STRING_MARSHALLER));
    return name == null ? failure.getStatus().toString() : name;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    service.close();
  }
}
