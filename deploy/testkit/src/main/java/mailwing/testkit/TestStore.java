package mailwing.testkit;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import mailwing.embedded.EmbeddedKafka;
import mailwing.embedded.EmbeddedPostgres;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreClientConfig;
import mailwing.gateway.StoreSession;
import mailwing.gateway.StoreUpload;
import mailwing.service.Secret;
import mailwing.store.StoreConfig;
import mailwing.store.StoreService;
import mailwing.store.v1.AddAliasRequest;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.ClientInfo;
import mailwing.store.v1.DeliverRequest;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.store.v1.DkimGrpc;
import mailwing.store.v1.GetUserRequest;
import mailwing.store.v1.QueueGrpc;
import mailwing.store.v1.RecipientResult;
import mailwing.store.v1.SetPasswordRequest;
import mailwing.store.v1.SharingGrpc;
import mailwing.store.v1.TraceGrpc;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.store.v1.User;

/// A real store for tests: a fresh database on the JVM's one embedded PostgreSQL, Kafka if asked
/// for, served in process. It has the domain example.test.
public final class TestStore implements AutoCloseable {
  /// Whose credential a client carries.
  public enum Role {
    SMTP,
    POP3,
    IMAP,
    ADMIN;

    /// What it says in the `authorization` header.
    public String credential() {
      return switch (this) {
        case SMTP -> "mws_smtp-0123456789abcdef0123456789abcdef";
        case POP3 -> "mws_pop3-0123456789abcdef0123456789abcdef";
        case IMAP -> "mws_imap-0123456789abcdef0123456789abcdef";
        case ADMIN -> "mwa_admin-0123456789abcdef0123456789abcdef";
      };
    }
  }

  public static final String DOMAIN = "example.test";

  /// The account, if it is made, that follows URLs for submission.
  public static final String SUBMISSION = "submission@" + DOMAIN;

  private final EmbeddedPostgres.Database database;
  private final StoreService service;
  private final ManagedChannel channel;
  private final ExecutorService executor;
  private final StoreClient smtp;
  private final Optional<StoreConfig.Kafka> kafka;
  private final SecureRandom random = new SecureRandom();

  private TestStore(Optional<StoreConfig.Kafka> kafka, StoreConfig.Logins logins) {
    this(kafka, logins, -1);
  }

  private TestStore(Optional<StoreConfig.Kafka> kafka, StoreConfig.Logins logins, int grpcPort) {
    this.kafka = kafka;
    database = EmbeddedPostgres.shared().newDatabase();
    String name = "store-" + UUID.randomUUID();
    this.service =
        StoreService.start(
            new StoreConfig(
                    StoreConfig.Database.of(
                        database.jdbcUrl(), database.user(), database.password()),
                    StoreConfig.Grpc.onPort(grpcPort).inProcess(name),
                    new StoreConfig.Http("127.0.0.1", -1),
                    StoreConfig.Credentials.of(
                        Role.SMTP.credential(),
                        Role.POP3.credential(),
                        Role.IMAP.credential(),
                        Role.ADMIN.credential()),
                    logins,
                    new StoreConfig.Addresses(
                        "+", Optional.empty(), Duration.ofSeconds(5), List.of(SUBMISSION)),
                    kafka.orElse(StoreConfig.Kafka.none()))
                .with(new StoreConfig.Outbound(true, 1000)));
    this.executor = Executors.newVirtualThreadPerTaskExecutor();
    this.channel = InProcessChannelBuilder.forName(name).executor(executor).build();
    this.smtp = client(Role.SMTP);
    directory().addDomain(AddDomainRequest.newBuilder().setName(DOMAIN).build());
  }

  /// Without Kafka.
  public static TestStore start() {
    return new TestStore(Optional.empty(), StoreConfig.Logins.defaults());
  }

  /// Served on a free TCP port as well, for what connects by itself: see [#grpcPort].
  public static TestStore startOnTcp() {
    return new TestStore(Optional.empty(), StoreConfig.Logins.defaults(), 0);
  }

  /// The port of the contract; -1 where it is served in process only.
  public int grpcPort() {
    return service.grpcPort();
  }

  /// With other rules for passwords and tokens.
  public static TestStore start(StoreConfig.Logins logins) {
    return new TestStore(Optional.empty(), logins);
  }

  /// With the JVM's one embedded Kafka and a topic of its own.
  public static TestStore startWithKafka() {
    return startWithKafka(StoreConfig.Logins.defaults());
  }

  /// The same, with other rules for logins.
  public static TestStore startWithKafka(StoreConfig.Logins logins) {
    EmbeddedKafka broker = EmbeddedKafka.shared();
    StoreConfig.Kafka there = StoreConfig.Kafka.at(broker.bootstrapServers());
    return new TestStore(
        Optional.of(
            new StoreConfig.Kafka(
                there.bootstrapServers(),
                broker.newTopic(),
                there.partitions(),
                there.replication(),
                there.properties())),
        logins);
  }

  /// The in-process channel, without a credential.
  public ManagedChannel channel() {
    return channel;
  }

  /// What the store publishes to, where it does.
  public Optional<StoreConfig.Kafka> kafka() {
    return kafka;
  }

  /// How a gateway of this role reaches the store, over {@link #channel}.
  public StoreClientConfig clientConfig(Role role) {
    return StoreClientConfig.defaults(Secret.of(role.credential()));
  }

  /// A gateway's client; the caller closes it.
  public StoreClient client(Role role) {
    return StoreClient.over(channel, clientConfig(role));
  }

  /// The Directory under the administrator's credential.
  public DirectoryGrpc.DirectoryBlockingStub directory() {
    return administrator(DirectoryGrpc::newBlockingStub);
  }

  /// Sharing under the administrator's credential.
  public SharingGrpc.SharingBlockingStub sharing() {
    return administrator(SharingGrpc::newBlockingStub);
  }

  /// The Queue under the administrator's credential.
  public QueueGrpc.QueueBlockingStub queue() {
    return administrator(QueueGrpc::newBlockingStub);
  }

  /// Trace under the administrator's credential.
  public TraceGrpc.TraceBlockingStub trace() {
    return administrator(TraceGrpc::newBlockingStub);
  }

  /// Keys that sign mail, under the administrator's credential.
  public DkimGrpc.DkimBlockingStub dkim() {
    return administrator(DkimGrpc::newBlockingStub);
  }

  private <S extends AbstractStub<S>> S administrator(Function<Channel, S> service) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
        "Bearer " + Role.ADMIN.credential());
    return service
        .apply(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /// Makes user@example.test with password `wing`.
  public User addUser(String localPart) {
    return addUser(localPart + "@" + DOMAIN, "wing");
  }

  public User addUser(String address, String password) {
    return directory()
        .addUser(
            AddUserRequest.newBuilder()
                .setAddress(address)
                .setPassword(ByteString.copyFromUtf8(password))
                .build());
  }

  public void setPassword(String address, String password) {
    directory()
        .setPassword(
            SetPasswordRequest.newBuilder()
                .setAddress(address)
                .setPassword(ByteString.copyFromUtf8(password))
                .build());
  }

  public void setEnabled(String address, boolean enabled) {
    directory()
        .updateUser(UpdateUserRequest.newBuilder().setAddress(address).setEnabled(enabled).build());
  }

  /// Has an account's expunges forgotten, as happens when they are old.
  public void forgetExpunged(String address) {
    long account =
        directory().getUser(GetUserRequest.newBuilder().setAddress(address).build()).getAccountId();
    try (Connection connection =
            DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
        PreparedStatement statement =
            connection.prepareStatement(
                "WITH gone AS (DELETE FROM expunged WHERE account_id = ?"
                    + " RETURNING mailbox_id, modseq) UPDATE mailbox m SET purged_modseq = g.last"
                    + " FROM (SELECT mailbox_id, max(modseq) AS last FROM gone"
                    + " GROUP BY mailbox_id) g WHERE m.account_id = ?"
                    + " AND m.mailbox_id = g.mailbox_id")) {
      statement.setLong(1, account);
      statement.setLong(2, account);
      if (statement.executeUpdate() == 0) {
        throw new AssertionError("nothing was expunged");
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /// Has a domain's TLS report come due, as happens when its day is over, once so many sessions are
  /// counted.
  public void makeTlsReportDue(String domain, int sessions) {
    try (Connection connection =
            DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
        PreparedStatement statement =
            connection.prepareStatement(
                "UPDATE tls_report SET next_at = 0 WHERE domain = ?"
                    + " AND (SELECT sum(count) FROM tls_session WHERE domain = ?) >= ?")) {
      statement.setString(1, domain);
      statement.setString(2, domain);
      statement.setInt(3, sessions);
      statement.executeUpdate();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  public void addAlias(String address, String... targets) {
    directory()
        .addAlias(
            AddAliasRequest.newBuilder()
                .setAddress(address)
                .addAllTargets(List.of(targets))
                .build());
  }

  /// Delivers a message's octets to a user's INBOX, as the SMTP gateway would.
  public RecipientResult deliver(String address, byte[] message) {
    byte[] id = new byte[16];
    random.nextBytes(id);
    try (StoreUpload<DeliverRequest, DeliverResponse> delivery = smtp.deliver()) {
      delivery.send(
          DeliverRequest.newBuilder()
              .setEnvelope(
                  DeliveryEnvelope.newBuilder()
                      .setDeliveryId(ByteString.copyFrom(id))
                      .setReversePath("sender@example.org")
                      .setSize(message.length)
                      .addRecipients(DeliveryRecipient.newBuilder().setAddress(address)))
              .build());
      for (int from = 0; from < message.length; from += 65536) {
        int length = Math.min(65536, message.length - from);
        delivery.send(
            DeliverRequest.newBuilder()
                .setData(ByteString.copyFrom(message, from, length))
                .build());
      }
      RecipientResult result = delivery.finish().getResults(0);
      if (result.getStatus() != RecipientResult.Status.DELIVERED) {
        throw new AssertionError("not delivered: " + result);
      }
      return result;
    }
  }

  /// Submits a small message as a user whose password is `wing`, for recipients elsewhere.
  public void submit(String sender, String queueId, String... recipients) {
    byte[] id = new byte[16];
    random.nextBytes(id);
    DeliveryEnvelope.Builder envelope =
        DeliveryEnvelope.newBuilder().setDeliveryId(ByteString.copyFrom(id)).setReversePath(sender);
    envelope.getTraceBuilder().setQueueId(queueId);
    for (String recipient : recipients) {
      envelope.addRecipients(DeliveryRecipient.newBuilder().setAddress(recipient));
    }
    try (StoreSession session =
            smtp.authenticatePassword(
                "", sender, Secret.of("wing"), ClientInfo.getDefaultInstance());
        StoreUpload<DeliverRequest, DeliverResponse> delivery = smtp.deliver()) {
      envelope.getSubmissionBuilder().setSessionToken(session.token());
      delivery.send(
          DeliverRequest.newBuilder()
              .setEnvelope(envelope)
              .setData(ByteString.copyFromUtf8("Subject: submitted\r\n\r\nText.\r\n"))
              .build());
      delivery.finish();
    }
  }

  @Override
  public void close() {
    smtp.close();
    channel.shutdownNow();
    executor.close();
    service.close();
  }
}
