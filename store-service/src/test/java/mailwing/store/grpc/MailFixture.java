package mailwing.store.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.collect.ImmutableList;
import com.google.protobuf.ByteString;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import mailwing.embedded.EmbeddedPostgres;
import mailwing.store.StoreConfig;
import mailwing.store.StoreService;
import mailwing.store.accounts.Resolution;
import mailwing.store.domain.MailStore;
import mailwing.store.events.ChangeSignal;
import mailwing.store.persistence.Database;
import mailwing.store.v1.AddAliasRequest;
import mailwing.store.v1.AddApiKeyRequest;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.AuthenticatePasswordRequest;
import mailwing.store.v1.AuthenticationGrpc;
import mailwing.store.v1.DeliverRequest;
import mailwing.store.v1.DeliverResponse;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryGrpc;
import mailwing.store.v1.DeliveryRecipient;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FlagArrays;
import mailwing.store.v1.Flags;
import mailwing.store.v1.GetSnapshotRequest;
import mailwing.store.v1.GetSnapshotResponse;
import mailwing.store.v1.ListChangesRequest;
import mailwing.store.v1.ListChangesResponse;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.MailboxStatus;
import mailwing.store.v1.MailboxesGrpc;
import mailwing.store.v1.MessagesGrpc;
import mailwing.store.v1.OpenMailboxRequest;
import mailwing.store.v1.QueueGrpc;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.ReadBodyRequest;
import mailwing.store.v1.ReadBodyResponse;
import mailwing.store.v1.SetPasswordRequest;
import mailwing.store.v1.SharingGrpc;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import mailwing.store.v1.TraceGrpc;
import mailwing.store.v1.UidRange;

/// A whole store on a real PostgreSQL, called in process, and hands to call it with.
final class MailFixture implements AutoCloseable {
  static final String ALICE = "alice@example.test";
  static final String BOB = "bob@example.test";

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> ERROR =
      Metadata.Key.of("mailwing-error", Metadata.ASCII_STRING_MARSHALLER);

  final EmbeddedPostgres.Database database = EmbeddedPostgres.shared().newDatabase();
  private final StoreService service;
  private final ManagedChannel channel;

  MailFixture() {
    String name = UUID.randomUUID().toString();
    service =
        StoreService.start(
            new StoreConfig(
                    StoreConfig.Database.of(
                        // What stays locked is given up soon.
                        database.jdbcUrl() + "?options=-c%20lock_timeout=700ms",
                        database.user(),
                        database.password()),
                    StoreConfig.Grpc.onPort(-1).inProcess(name),
                    new StoreConfig.Http("127.0.0.1", -1),
                    StoreConfig.Credentials.of("mws_smtp", "mws_pop3", "mws_imap", "mwa_admin"),
                    StoreConfig.Logins.defaults(),
                    StoreConfig.Addresses.defaults(),
                    StoreConfig.Kafka.none())
                .with(new StoreConfig.Outbound(true, 20)));
    channel = InProcessChannelBuilder.forName(name).build();
    directory().addDomain(AddDomainRequest.newBuilder().setName("example.test").build());
  }

  private static CallCredentials bearer(String credential) {
    return new CallCredentials() {
      @Override
      public void applyRequestMetadata(
          RequestInfo info, Executor executor, MetadataApplier applier) {
        Metadata headers = new Metadata();
        headers.put(AUTHORIZATION, "Bearer " + credential);
        applier.apply(headers);
      }
    };
  }

  DirectoryGrpc.DirectoryBlockingStub directory() {
    return DirectoryGrpc.newBlockingStub(channel).withCallCredentials(bearer("mwa_admin"));
  }

  SharingGrpc.SharingBlockingStub sharing() {
    return SharingGrpc.newBlockingStub(channel).withCallCredentials(bearer("mwa_admin"));
  }

  DeliveryGrpc.DeliveryBlockingStub delivery() {
    return DeliveryGrpc.newBlockingStub(channel).withCallCredentials(bearer("mws_smtp"));
  }

  QueueGrpc.QueueBlockingStub queue() {
    return QueueGrpc.newBlockingStub(channel)
        .withCallCredentials(bearer("mws_smtp"))
        .withDeadlineAfter(2, TimeUnit.MINUTES);
  }

  QueueGrpc.QueueBlockingStub queueAdmin() {
    return QueueGrpc.newBlockingStub(channel)
        .withCallCredentials(bearer("mwa_admin"))
        .withDeadlineAfter(2, TimeUnit.MINUTES);
  }

  /// Sets a user's password and logs in as the SMTP gateway does: the session's token.
  String token(String address, String password) {
    return token("mws_smtp", address, password);
  }

  /// The same with a gateway's credential.
  String token(String gateway, String address, String password) {
    directory()
        .setPassword(
            SetPasswordRequest.newBuilder()
                .setAddress(address)
                .setPassword(ByteString.copyFromUtf8(password))
                .build());
    return AuthenticationGrpc.newBlockingStub(channel)
        .withCallCredentials(bearer(gateway))
        .authenticatePassword(
            AuthenticatePasswordRequest.newBuilder()
                .setAuthenticationId(address)
                .setPassword(ByteString.copyFromUtf8(password))
                .build())
        .getSession()
        .getToken();
  }

  /// A user, and what it calls with.
  User user(String address, QuotaLimits quota) {
    long id =
        directory()
            .addUser(AddUserRequest.newBuilder().setAddress(address).setQuota(quota).build())
            .getAccountId();
    String secret =
        directory()
            .addApiKey(
                AddApiKeyRequest.newBuilder()
                    .setName(address.replace('@', '.'))
                    .addScopes("mail:read")
                    .addScopes("mail:write")
                    .setAddress(address)
                    .build())
            .getSecret();
    return new User(
        id,
        MailboxesGrpc.newBlockingStub(channel)
            .withCallCredentials(bearer(secret))
            .withDeadlineAfter(2, TimeUnit.MINUTES),
        MessagesGrpc.newBlockingStub(channel)
            .withCallCredentials(bearer(secret))
            .withDeadlineAfter(2, TimeUnit.MINUTES),
        MessagesGrpc.newStub(channel)
            .withCallCredentials(bearer(secret))
            .withDeadlineAfter(2, TimeUnit.MINUTES),
        QueueGrpc.newBlockingStub(channel)
            .withCallCredentials(bearer(secret))
            .withDeadlineAfter(2, TimeUnit.MINUTES),
        trace(secret));
  }

  /// What became of mail, as who has this credential may see it.
  TraceGrpc.TraceBlockingStub trace(String credential) {
    return TraceGrpc.newBlockingStub(channel)
        .withCallCredentials(bearer(credential))
        .withDeadlineAfter(2, TimeUnit.MINUTES);
  }

  User user(String address) {
    return user(address, QuotaLimits.getDefaultInstance());
  }

  void alias(String address, String... targets) {
    directory()
        .addAlias(
            AddAliasRequest.newBuilder()
                .setAddress(address)
                .addAllTargets(List.of(targets))
                .build());
  }

  record User(
      long accountId,
      MailboxesGrpc.MailboxesBlockingStub mailboxes,
      MessagesGrpc.MessagesBlockingStub messages,
      MessagesGrpc.MessagesStub async,
      QueueGrpc.QueueBlockingStub queue,
      TraceGrpc.TraceBlockingStub trace) {
    MailboxRef ref(String name) {
      return mailboxes
          .openMailbox(OpenMailboxRequest.newBuilder().setName(name).build())
          .getMailbox()
          .getRef();
    }

    MailboxStatus status(String name) {
      return mailboxes
          .openMailbox(OpenMailboxRequest.newBuilder().setName(name).build())
          .getStatus();
    }

    Snapshot snapshot(MailboxRef ref) {
      List<FlagArrays> frames = new ArrayList<>();
      MailboxStatus head = MailboxStatus.getDefaultInstance();
      Iterator<GetSnapshotResponse> all =
          messages.getSnapshot(GetSnapshotRequest.newBuilder().setMailbox(ref).build());
      while (all.hasNext()) {
        GetSnapshotResponse frame = all.next();
        if (frame.hasMessages()) {
          frames.add(frame.getMessages());
        }
        if (frame.hasHead()) {
          head = frame.getHead();
        }
      }
      return new Snapshot(frames, head);
    }

    byte[] body(MailboxRef ref, int uid, long offset, long length) {
      ByteArrayOutputStream octets = new ByteArrayOutputStream();
      Iterator<ReadBodyResponse> frames =
          messages.readBody(
              ReadBodyRequest.newBuilder()
                  .setMailbox(ref)
                  .setUid(uid)
                  .setOffset(offset)
                  .setLength(length)
                  .build());
      while (frames.hasNext()) {
        octets.writeBytes(frames.next().getData().toByteArray());
      }
      return octets.toByteArray();
    }

    AppendResponse append(AppendHeader header, byte[] message) {
      Reply<AppendResponse> reply = new Reply<>();
      StreamObserver<AppendRequest> call = async.append(reply);
      call.onNext(AppendRequest.newBuilder().setHeader(header).build());
      chunks(message, data -> call.onNext(AppendRequest.newBuilder().setData(data).build()));
      call.onCompleted();
      return reply.value();
    }

    /// Messages of about this many octets each, in one call.
    AppendResponse append(List<AppendHeader> headers, int octets) {
      Reply<AppendResponse> reply = new Reply<>();
      StreamObserver<AppendRequest> call = async.append(reply);
      int n = 0;
      for (AppendHeader header : headers) {
        call.onNext(
            AppendRequest.newBuilder()
                .setHeader(header)
                .setData(ByteString.copyFrom(message("number " + n++, octets)))
                .build());
      }
      call.onCompleted();
      return reply.value();
    }

    /// What has changed since a modseq, and the head.
    ///
    /// @param claiming \Recent with it
    List<ListChangesResponse> changes(MailboxRef mailbox, long since, boolean claiming) {
      return ImmutableList.copyOf(
          messages.listChanges(
              ListChangesRequest.newBuilder()
                  .setMailbox(mailbox)
                  .setSinceModseq(since)
                  .setClaimRecent(claiming)
                  .build()));
    }

    List<StoreFlagsResponse> storeFlags(
        MailboxRef mailbox, StoreFlagsRequest.Operation operation, Flags flags, UidRange... uids) {
      return ImmutableList.copyOf(
          messages.storeFlags(
              StoreFlagsRequest.newBuilder()
                  .setMailbox(mailbox)
                  .setOperation(operation)
                  .setFlags(flags)
                  .addAllUids(List.of(uids))
                  .build()));
    }
  }

  /// What of a message can change.
  record State(int flags, long modseq) {}

  /// That of each, by UID.
  static Map<Integer, State> states(List<FlagArrays> frames) {
    Map<Integer, State> states = new TreeMap<>();
    for (FlagArrays frame : frames) {
      for (int i = 0; i < frame.getUidsCount(); i++) {
        states.put(frame.getUids(i), new State(frame.getSystemFlags(i), frame.getModseqs(i)));
      }
    }
    return states;
  }

  /// The frames of a snapshot.
  record Snapshot(List<FlagArrays> frames, MailboxStatus head) {
    List<Integer> uids() {
      return frames.stream().flatMap(frame -> frame.getUidsList().stream()).toList();
    }
  }

  /// The one answer of a client-streaming call.
  static final class Reply<T> implements StreamObserver<T> {
    private final CompletableFuture<T> future = new CompletableFuture<>();

    @Override
    public void onNext(T value) {
      future.complete(value);
    }

    @Override
    public void onError(Throwable cause) {
      future.completeExceptionally(cause);
    }

    @Override
    public void onCompleted() {
      future.completeExceptionally(new IllegalStateException("no answer"));
    }

    T value() {
      try {
        return future.get(2, TimeUnit.MINUTES);
      } catch (java.util.concurrent.ExecutionException e) {
        if (e.getCause() instanceof StatusRuntimeException status) {
          throw status;
        }
        throw new IllegalStateException(e);
      } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  static void chunks(byte[] message, Consumer<ByteString> sink) {
    for (int at = 0; at < message.length; at += 64 << 10) {
      sink.accept(ByteString.copyFrom(message, at, Math.min(64 << 10, message.length - at)));
    }
  }

  DeliverResponse deliver(byte[] id, byte[] message, String... recipients) {
    return deliver(envelope(id, recipients).build(), message);
  }

  /// As LMTP does, which answers for each recipient.
  DeliverResponse deliverEach(byte[] id, byte[] message, String... recipients) {
    return deliver(envelope(id, recipients).setAnswersEach(true).build(), message);
  }

  private static DeliveryEnvelope.Builder envelope(byte[] id, String... recipients) {
    DeliveryEnvelope.Builder envelope =
        DeliveryEnvelope.newBuilder().setDeliveryId(ByteString.copyFrom(id));
    for (String recipient : recipients) {
      envelope.addRecipients(
          DeliveryRecipient.newBuilder()
              .setAddress(recipient)
              .setHeaderPrefix(ByteString.copyFrom(prefix(recipient))));
    }
    return envelope;
  }

  DeliverResponse deliver(DeliveryEnvelope envelope, byte[] message) {
    Reply<DeliverResponse> reply = new Reply<>();
    StreamObserver<DeliverRequest> call =
        DeliveryGrpc.newStub(channel)
            .withCallCredentials(bearer("mws_smtp"))
            .withDeadlineAfter(2, TimeUnit.MINUTES)
            .deliver(reply);
    call.onNext(DeliverRequest.newBuilder().setEnvelope(envelope).build());
    chunks(message, data -> call.onNext(DeliverRequest.newBuilder().setData(data).build()));
    call.onCompleted();
    return reply.value();
  }

  static byte[] prefix(String recipient) {
    return ("Delivered-To: " + recipient + "\r\n").getBytes(UTF_8);
  }

  static byte[] id(Random random) {
    byte[] id = new byte[16];
    random.nextBytes(id);
    return id;
  }

  /// A message of about this many octets.
  static byte[] message(String subject, int octets) {
    StringBuilder text = new StringBuilder(octets + 200);
    text.append("From: Carol <carol@example.org>\r\nTo: alice@example.test\r\nSubject: ")
        .append(subject)
        .append("\r\nMessage-ID: <")
        .append(subject.replace(' ', '.'))
        .append("@example.org>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n\r\n");
    int line = 0;
    while (text.length() < octets) {
      text.append("Line ").append(line++).append(" of the message, to be told from others.\r\n");
    }
    return text.toString().getBytes(UTF_8);
  }

  /// What is said of a message that is appended.
  static AppendHeader to(MailboxRef mailbox, int flags, String... keywords) {
    return AppendHeader.newBuilder()
        .setMailbox(mailbox)
        .setFlags(system(flags).toBuilder().addAllKeywords(List.of(keywords)))
        .build();
  }

  static Flags system(int bits) {
    return Flags.newBuilder().setSystem(bits).build();
  }

  static UidRange range(int first, int last) {
    return UidRange.newBuilder().setFirst(first).setLast(last).build();
  }

  /// The error that a call ended with.
  static ErrorCode error(Throwable failure) {
    if (!(failure instanceof StatusRuntimeException status) || status.getTrailers() == null) {
      throw new IllegalStateException(failure);
    }
    String name = status.getTrailers().get(ERROR);
    return name == null ? ErrorCode.ERROR_CODE_UNSPECIFIED : ErrorCode.valueOf(name);
  }

  /// The fixture's database, for what is used beside its service.
  Database open() {
    return Database.open(
        StoreConfig.Database.of(database.jdbcUrl(), database.user(), database.password()));
  }

  static MailStore mail(Database database) {
    return new MailStore(
        database.dataSource(),
        address -> new Resolution.UnknownUser(),
        new ChangeSignal(),
        MailStore.Limits.DEFAULTS);
  }

  /// Nobody but the holder works on the user's text index.
  ///
  /// @param holder an id, quoted
  void claimIndex(User user, String holder) {
    execute(
        "INSERT INTO text_claim VALUES ("
            + user.accountId()
            + ", mail_now() + 3600000, "
            + holder
            + ") ON CONFLICT DO NOTHING");
  }

  /// One number from the database.
  long number(String query, Object... parameters) {
    try (Connection connection = database.connect();
        PreparedStatement statement = connection.prepareStatement(query)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Of how many modseqs what is told to have changed since is not what the messages' rows say.
  long modseqsSinceWhichTooMuchOrTooLittleHasChanged(
      long accountId, long mailboxId, long highestModseq) {
    return number(
        "SELECT count(*) FROM generate_series(0::bigint, ?) since,"
            + " (SELECT CAST(? AS bigint) AS a, CAST(? AS bigint) AS b) q WHERE"
            + " ARRAY(SELECT c.uid FROM mail_changed(q.a, q.b, since) c) <> ARRAY("
            + "SELECT e.uid FROM entry e WHERE e.account_id = q.a AND e.mailbox_id = q.b"
            + " AND e.modseq > since ORDER BY e.uid)",
        highestModseq,
        accountId,
        mailboxId);
  }

  void execute(String sql) {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    service.close();
  }
}
