package mailwing.store.grpc;

import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import mailwing.store.StoreException;
import mailwing.store.accounts.DkimKeyring;
import mailwing.store.persistence.DkimKeyRows.Row;
import mailwing.store.v1.ActivateDkimKeyRequest;
import mailwing.store.v1.ActivateDkimKeyResponse;
import mailwing.store.v1.AddDkimKeysRequest;
import mailwing.store.v1.AddDkimKeysResponse;
import mailwing.store.v1.DkimGrpc;
import mailwing.store.v1.DkimKey;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetSigningKeysRequest;
import mailwing.store.v1.GetSigningKeysResponse;
import mailwing.store.v1.ListDkimKeysRequest;
import mailwing.store.v1.RetireDkimKeyRequest;
import mailwing.store.v1.RetireDkimKeyResponse;
import mailwing.store.v1.RotateDkimKeysRequest;
import mailwing.store.v1.SigningKey;

/// Keys that sign mail that leaves.
public final class DkimService extends DkimGrpc.DkimImplBase {
  private static final int PAGE = 500;
  private static final long LONGEST_WAIT_SECONDS = 366L * 86_400;

  private final DkimKeyring keyring;

  public DkimService(DkimKeyring keyring) {
    this.keyring = keyring;
  }

  @Override
  public void getSigningKeys(
      GetSigningKeysRequest request, StreamObserver<GetSigningKeysResponse> answer) {
    GetSigningKeysResponse.Builder response = GetSigningKeysResponse.newBuilder();
    for (Row row : keyring.signing(request.getDomain())) {
      response.addKeys(
          SigningKey.newBuilder().setKey(keyring.told(row)).setPrivateKey(row.privateKey()));
    }
    answer.onNext(response.build());
    answer.onCompleted();
  }

  @Override
  public void activateDkimKey(
      ActivateDkimKeyRequest request, StreamObserver<ActivateDkimKeyResponse> answer) {
    keyring.activate(request.getDomain(), request.getSelector());
    answer.onNext(ActivateDkimKeyResponse.getDefaultInstance());
    answer.onCompleted();
  }

  @Override
  public void listDkimKeys(ListDkimKeysRequest request, StreamObserver<DkimKey> answer) {
    PacedStream<DkimKey> stream = new PacedStream<>(answer);
    if (!request.getDomain().isEmpty()) {
      keyring.ofDomain(request.getDomain()).forEach(row -> stream.send(keyring.told(row)));
      stream.complete();
      return;
    }
    List<String> page = keyring.domains("", PAGE);
    while (!page.isEmpty()) {
      for (String domain : page) {
        keyring.ofDomain(domain).forEach(row -> stream.send(keyring.told(row)));
      }
      page = keyring.domains(page.getLast(), PAGE);
    }
    stream.complete();
  }

  @Override
  public void addDkimKeys(AddDkimKeysRequest request, StreamObserver<AddDkimKeysResponse> answer) {
    reply(
        answer,
        keyring.add(
            request.getDomain(),
            request.getAlgorithmsList(),
            request.getSelector(),
            request.hasWaitSeconds()
                ? Optional.of(waiting(request.getWaitSeconds()))
                : Optional.empty()));
  }

  @Override
  public void rotateDkimKeys(
      RotateDkimKeysRequest request, StreamObserver<AddDkimKeysResponse> answer) {
    reply(
        answer,
        keyring.rotate(
            request.getDomain(),
            request.hasWaitSeconds()
                ? Optional.of(waiting(request.getWaitSeconds()))
                : Optional.empty()));
  }

  @Override
  public void retireDkimKey(
      RetireDkimKeyRequest request, StreamObserver<RetireDkimKeyResponse> answer) {
    boolean removed = keyring.retire(request.getDomain(), request.getSelector());
    answer.onNext(RetireDkimKeyResponse.newBuilder().setRemoved(removed).build());
    answer.onCompleted();
  }

  private static Duration waiting(long seconds) {
    if (seconds < 0 || seconds > LONGEST_WAIT_SECONDS) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a key waits a year at most");
    }
    return Duration.ofSeconds(seconds);
  }

  private void reply(StreamObserver<AddDkimKeysResponse> answer, List<Row> made) {
    AddDkimKeysResponse.Builder response = AddDkimKeysResponse.newBuilder();
    made.forEach(row -> response.addKeys(keyring.told(row)));
    answer.onNext(response.build());
    answer.onCompleted();
  }
}
