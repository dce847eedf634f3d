package mailwing.store.grpc;

import static mailwing.store.TestStore.errorOf;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import mailwing.store.TestStore;
import mailwing.store.accounts.ScramClient;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.AuthenticatePasswordRequest;
import mailwing.store.v1.AuthenticateSaslRequest;
import mailwing.store.v1.AuthenticateSaslResponse;
import mailwing.store.v1.AuthenticationGrpc;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.store.v1.ListDomainsRequest;
import mailwing.store.v1.RenewTokenRequest;
import mailwing.store.v1.Session;
import mailwing.store.v1.SetPasswordRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Credentials, errors and logins as a client meets them, in process and over a port.
final class CallGuardTest {
  private static TestStore store;

  @BeforeAll
  static void start() {
    store = TestStore.start();
    DirectoryGrpc.DirectoryBlockingStub admin = directory(TestStore.ADMIN);
    admin.addDomain(AddDomainRequest.newBuilder().setName("g.example").build());
    for (String user : new String[] {"ann@g.example", "ben@g.example"}) {
      admin.addUser(
          AddUserRequest.newBuilder()
              .setAddress(user)
              .setPassword(ByteString.copyFromUtf8("wing"))
              .build());
    }
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  private static DirectoryGrpc.DirectoryBlockingStub directory(String credential) {
    return store.as(DirectoryGrpc.newBlockingStub(store.channel()), credential);
  }

  private static Session login(String user, String password, String credential) {
    return store
        .as(AuthenticationGrpc.newBlockingStub(store.channel()), credential)
        .authenticatePassword(
            AuthenticatePasswordRequest.newBuilder()
                .setAuthenticationId(user)
                .setPassword(ByteString.copyFromUtf8(password))
                .build())
        .getSession();
  }

  private static void list(String credential) {
    assertThat(directory(credential).listDomains(ListDomainsRequest.getDefaultInstance()))
        .hasNext();
  }

  @Test
  void wrongCredentialsAreRefusedEachByItsName() {
    assertThat(
            errorOf(
                () ->
                    DirectoryGrpc.newBlockingStub(store.channel())
                        .listDomains(ListDomainsRequest.getDefaultInstance())
                        .hasNext()))
        .isEqualTo("CREDENTIAL_INVALID");
    for (String bad : new String[] {"", "x", "mwa_wrong", "mws_wrong", "mwt_AAAA", "mwk_wrong"}) {
      assertThat(errorOf(() -> list(bad))).as(bad).isEqualTo("CREDENTIAL_INVALID");
    }
    assertThat(errorOf(() -> list(TestStore.SMTP))).isEqualTo("PERMISSION_DENIED");
    String token = login("ann@g.example", "wing", TestStore.IMAP).getToken();
    assertThat(errorOf(() -> list(token))).isEqualTo("PERMISSION_DENIED");
    assertThat(errorOf(() -> login("ann@g.example", "wing", TestStore.ADMIN)))
        .isEqualTo("PERMISSION_DENIED");
  }

  @Test
  void loginTellsTheSessionAndAWrongOneNothing() {
    Session session = login("ANN@g.example", "wing", TestStore.IMAP);
    assertThat(session.getAddress()).isEqualTo("ann@g.example");
    assertThat(session.getToken()).startsWith("mwt_");
    assertThat(session.getExpiresAtSeconds())
        .isGreaterThan(System.currentTimeMillis() / 1000 + 500);
    assertThat(errorOf(() -> login("ann@g.example", "wrong", TestStore.IMAP)))
        .isEqualTo("AUTHENTICATION_FAILED");
    assertThat(errorOf(() -> login("nobody@g.example", "wing", TestStore.IMAP)))
        .isEqualTo("AUTHENTICATION_FAILED");
  }

  @Test
  void renewalEndsWhenThePasswordChanges() {
    Session session = login("ben@g.example", "wing", TestStore.IMAP);
    var stub = store.as(AuthenticationGrpc.newBlockingStub(store.channel()), TestStore.POP3);
    RenewTokenRequest renewal = RenewTokenRequest.newBuilder().setToken(session.getToken()).build();
    assertThat(stub.renewToken(renewal).getSession().getAccountId())
        .isEqualTo(session.getAccountId());
    directory(TestStore.ADMIN)
        .setPassword(
            SetPasswordRequest.newBuilder()
                .setAddress("ben@g.example")
                .setPassword(ByteString.copyFromUtf8("new"))
                .build());
    assertThat(errorOf(() -> stub.renewToken(renewal))).isEqualTo("CREDENTIAL_REVOKED");
  }

  @Test
  void scramLogsInOverTheStream() throws Exception {
    BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
    var requests = sasl(answers);
    requests.onNext(AuthenticateSaslRequest.newBuilder().setMechanism("SCRAM-SHA-256").build());
    assertThat(challenge(answers)).isEmpty();
    String bare = "n=ann@g.example,r=abcdefghijkl";
    requests.onNext(response("n,," + bare));
    String first = challenge(answers);
    requests.onNext(response(ScramClient.last("n,,", bare, first, "wing", "")));
    AuthenticateSaslResponse end = (AuthenticateSaslResponse) next(answers);
    assertThat(end.getSuccess().getSession().getAddress()).isEqualTo("ann@g.example");
    assertThat(end.getSuccess().getAdditionalData().toStringUtf8()).startsWith("v=");
    assertThat(next(answers)).isEqualTo("completed");
  }

  @Test
  void scramWithAWrongPasswordFailsByItsName() throws Exception {
    BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
    var requests = sasl(answers);
    String bare = "n=ann@g.example,r=abcdefghijkl";
    requests.onNext(response("n,," + bare).toBuilder().setMechanism("SCRAM-SHA-256").build());
    String first = challenge(answers);
    requests.onNext(response(ScramClient.last("n,,", bare, first, "wrong", "")));
    StatusRuntimeException failure = (StatusRuntimeException) next(answers);
    assertThat(
            errorOf(
                () -> {
                  throw failure;
                }))
        .isEqualTo("AUTHENTICATION_FAILED");
  }

  private static StreamObserver<AuthenticateSaslRequest> sasl(BlockingQueue<Object> answers) {
    return store
        .as(AuthenticationGrpc.newStub(store.channel()), TestStore.IMAP)
        .authenticateSasl(
            new StreamObserver<>() {
              @Override
              public void onNext(AuthenticateSaslResponse answer) {
                answers.add(answer);
              }

              @Override
              public void onError(Throwable failure) {
                answers.add(failure);
              }

              @Override
              public void onCompleted() {
                answers.add("completed");
              }
            });
  }

  private static AuthenticateSaslRequest response(String text) {
    return AuthenticateSaslRequest.newBuilder().setResponse(ByteString.copyFromUtf8(text)).build();
  }

  private static Object next(BlockingQueue<Object> answers) throws InterruptedException {
    Object answer = answers.poll(10, TimeUnit.SECONDS);
    assertThat(answer).as("an answer").isNotNull();
    return java.util.Objects.requireNonNull(answer);
  }

  private static String challenge(BlockingQueue<Object> answers) throws InterruptedException {
    return ((AuthenticateSaslResponse) next(answers)).getChallenge().toStringUtf8();
  }

  @Test
  void thePortHasTheSameGuardAndAnOpenHealth() throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilderForAddress(
                "127.0.0.1", store.service().grpcPort(), InsecureChannelCredentials.create())
            .build();
    try {
      assertThat(
              HealthGrpc.newBlockingStub(channel)
                  .check(HealthCheckRequest.getDefaultInstance())
                  .getStatus())
          .isEqualTo(ServingStatus.SERVING);
      assertThat(
              errorOf(
                  () ->
                      DirectoryGrpc.newBlockingStub(channel)
                          .listDomains(ListDomainsRequest.getDefaultInstance())
                          .hasNext()))
          .isEqualTo("CREDENTIAL_INVALID");
      assertThat(
              DirectoryGrpc.newBlockingStub(channel)
                  .withCallCredentials(TestStore.bearer(TestStore.ADMIN))
                  .listDomains(ListDomainsRequest.getDefaultInstance())
                  .next()
                  .getName())
          .isEqualTo("g.example");
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void callWhoseDeadlineIsOverEnds() {
    StatusRuntimeException failure =
        org.assertj.core.api.Assertions.catchThrowableOfType(
            StatusRuntimeException.class,
            () ->
                directory(TestStore.ADMIN)
                    .withDeadlineAfter(-1, TimeUnit.SECONDS)
                    .listDomains(ListDomainsRequest.getDefaultInstance())
                    .hasNext());
    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void readinessAndMetricsAreServed() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      assertThat(get(client, "/health/ready")).startsWith("status=up").contains("store-database");
      assertThat(get(client, "/metrics"))
          .contains("mail_store_calls_total{method=\"add_user\",result=\"ok\"}")
          .contains("mail_store_outbox_rows 0");
    }
  }

  private static String get(HttpClient client, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + store.service().httpPort() + path);
    return client
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
