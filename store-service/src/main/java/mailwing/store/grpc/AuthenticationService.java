package mailwing.store.grpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.util.Arrays;
import java.util.List;
import mailwing.service.Metrics;
import mailwing.store.StoreException;
import mailwing.store.accounts.LoginBans;
import mailwing.store.accounts.Logins;
import mailwing.store.accounts.SaslExchange;
import mailwing.store.accounts.Tokens;
import mailwing.store.persistence.AccountRow;
import mailwing.store.v1.AuthenticatePasswordRequest;
import mailwing.store.v1.AuthenticateResponse;
import mailwing.store.v1.AuthenticateSaslRequest;
import mailwing.store.v1.AuthenticateSaslResponse;
import mailwing.store.v1.AuthenticationGrpc;
import mailwing.store.v1.ClientInfo;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.RenewTokenRequest;
import mailwing.store.v1.SaslSuccess;
import mailwing.store.v1.Session;
import org.jspecify.annotations.Nullable;

/// Logins: a password or a SASL exchange in, a session token out.
public final class AuthenticationService extends AuthenticationGrpc.AuthenticationImplBase {
  /// How logins end.
  enum Outcome {
    SUCCEEDED,
    FAILED
  }

  private static final int MAX_RESPONSES = 4;

  private final Logins logins;
  private final LoginBans bans;
  private final Tokens tokens;
  private final Metrics.By<Outcome, Metrics.Counter> outcomes;

  public AuthenticationService(Logins logins, LoginBans bans, Tokens tokens, Metrics metrics) {
    this.logins = logins;
    this.bans = bans;
    this.tokens = tokens;
    this.outcomes =
        metrics.counter(
            "mail_store_logins_total", "Logins that ended so.", "outcome", Outcome.class);
  }

  @Override
  public void authenticatePassword(
      AuthenticatePasswordRequest request, StreamObserver<AuthenticateResponse> answer) {
    bans.admit(request.getClient());
    byte[] password = request.getPassword().toByteArray();
    try {
      AccountRow account =
          logins.byPassword(request.getAuthorizationId(), request.getAuthenticationId(), password);
      answer.onNext(AuthenticateResponse.newBuilder().setSession(admitted(account)).build());
    } catch (StoreException e) {
      int tried = 31 * request.getAuthenticationId().hashCode() + Arrays.hashCode(password);
      throw counted(e, request.getClient(), tried);
    } finally {
      Arrays.fill(password, (byte) 0);
    }
    answer.onCompleted();
  }

  @Override
  public StreamObserver<AuthenticateSaslRequest> authenticateSasl(
      StreamObserver<AuthenticateSaslResponse> answer) {
    return new Exchange(answer);
  }

  @Override
  public void renewToken(RenewTokenRequest request, StreamObserver<AuthenticateResponse> answer) {
    AccountRow account = logins.renew(tokens.verifyForRenewal(request.getToken()));
    answer.onNext(AuthenticateResponse.newBuilder().setSession(session(account)).build());
    answer.onCompleted();
  }

  private Session admitted(AccountRow account) {
    outcomes.get(Outcome.SUCCEEDED).increment();
    return session(account);
  }

  private StoreException counted(StoreException failure, ClientInfo client, int tried) {
    if (failure.code() == ErrorCode.AUTHENTICATION_FAILED
        || failure.code() == ErrorCode.ACCOUNT_DISABLED
        || failure.code() == ErrorCode.ACCOUNT_ELSEWHERE) {
      outcomes.get(Outcome.FAILED).increment();
      bans.failed(client, tried);
    }
    return failure;
  }

  private Session session(AccountRow account) {
    Caller.@Nullable Role role = Caller.current().role();
    List<String> senders = role == Caller.Role.SMTP ? logins.senderAddresses(account) : List.of();
    return Session.newBuilder()
        .setToken(
            tokens.issue(
                account.accountId(), account.credentialVersion(), Credentials.sessionScopes(role)))
        .setAccountId(account.accountId())
        .setAddress(account.address())
        .setExpiresAtSeconds(tokens.expiry())
        .addAllSenderAddresses(senders)
        .build();
  }

  /// One SASL exchange.
  private final class Exchange implements StreamObserver<AuthenticateSaslRequest> {
    private final StreamObserver<AuthenticateSaslResponse> answer;
    private @Nullable SaslExchange exchange;
    private ClientInfo client = ClientInfo.getDefaultInstance();
    private int responses;
    private boolean done;

    Exchange(StreamObserver<AuthenticateSaslResponse> answer) {
      this.answer = answer;
    }

    @Override
    public void onNext(AuthenticateSaslRequest request) {
      SaslExchange going = exchange;
      if (going == null) {
        client = request.getClient();
        bans.admit(client);
        going =
            logins.exchange(
                request.getMechanism(),
                request.getChannelBindingsMap(),
                request.getClientCertificatesList());
        exchange = going;
        if (!request.hasResponse()) {
          challenge(ByteString.EMPTY);
          return;
        }
      }
      if (done || ++responses > MAX_RESPONSES) {
        throw new StoreException(ErrorCode.INVALID_ARGUMENT, "the exchange is over");
      }
      try {
        step(going, request.getResponse());
      } catch (StoreException e) {
        throw counted(e, client, 0);
      }
    }

    private void step(SaslExchange going, ByteString response) {
      switch (going.next(response)) {
        case SaslExchange.Challenge next -> challenge(next.octets());
        case SaslExchange.Proven proven -> {
          done = true;
          SaslSuccess success =
              SaslSuccess.newBuilder()
                  .setSession(admitted(logins.bySasl(proven)))
                  .setAdditionalData(proven.additionalData())
                  .build();
          answer.onNext(AuthenticateSaslResponse.newBuilder().setSuccess(success).build());
          answer.onCompleted();
        }
      }
    }

    private void challenge(ByteString challenge) {
      answer.onNext(AuthenticateSaslResponse.newBuilder().setChallenge(challenge).build());
    }

    @Override
    public void onError(Throwable t) {
      // The gateway or its client went away: nothing was begun that must be undone.
    }

    @Override
    public void onCompleted() {
      if (!done) {
        throw new StoreException(ErrorCode.AUTHENTICATION_FAILED, "the exchange was given up");
      }
    }
  }
}
