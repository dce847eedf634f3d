package mailwing.store.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import mailwing.store.StoreException;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.OutboundQueue;
import mailwing.store.domain.QueueAdministration;
import mailwing.store.domain.QueueNotices;
import mailwing.store.persistence.Blobs;
import mailwing.store.persistence.QueueAdminRows;
import mailwing.store.v1.ChangeQueueRequest;
import mailwing.store.v1.ChangeQueueResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.LeaseJobsRequest;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.ListQueueRequest;
import mailwing.store.v1.ListSuspendedRequest;
import mailwing.store.v1.ListSuspendedResponse;
import mailwing.store.v1.QueueGrpc;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueuedMessage;
import mailwing.store.v1.ReadQueuedRequest;
import mailwing.store.v1.ReadQueuedResponse;
import mailwing.store.v1.RenewLeaseRequest;
import mailwing.store.v1.RenewLeaseResponse;
import mailwing.store.v1.ReportResultsRequest;
import mailwing.store.v1.ReportResultsResponse;
import mailwing.store.v1.SetSuspendedRequest;
import mailwing.store.v1.SetSuspendedResponse;
import mailwing.store.v1.TakeBackRequest;
import mailwing.store.v1.TakeBackResponse;

/// The contract's Queue.
public final class QueueService extends QueueGrpc.QueueImplBase {
  private static final int MOST_LEASED = 1000;
  private static final int MOST_BUSY = 10_000;
  private static final long LONGEST_LEASE_MILLIS = 3_600_000;
  private static final long LONGEST_WAIT_MILLIS = 60_000;
  private static final int FRAME = 64 << 10;
  private static final int WORKER_LENGTH = 255;

  private final MailStore store;
  private final OutboundQueue queue;
  private final QueueAdministration administration;
  private final QueueNotices notices;

  public QueueService(MailStore store, QueueAdministration administration, QueueNotices notices) {
    this.store = store;
    this.queue = store.outbound();
    this.administration = administration;
    this.notices = notices;
  }

  @Override
  public void leaseJobs(LeaseJobsRequest request, StreamObserver<LeaseJobsResponse> observer) {
    MailRights.deliver();
    String worker = request.getWorker();
    if (worker.isEmpty()
        || worker.length() > WORKER_LENGTH
        || !worker.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '<' && c != '>')) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "a worker has a host name");
    }
    if (request.getBusyDomainsCount() > MOST_BUSY) {
      throw new StoreException(ErrorCode.LIMIT, "too many domains");
    }
    UUID leaseId = UUID.randomUUID();
    ServerCallStreamObserver<LeaseJobsResponse> call =
        (ServerCallStreamObserver<LeaseJobsResponse>) observer;
    List<QueueJob> jobs =
        queue.lease(
            leaseId,
            worker,
            Math.clamp(request.getMost(), 1, MOST_LEASED),
            leaseMillis(request.getLeaseMillis()),
            Math.clamp(request.getWaitMillis(), 0, LONGEST_WAIT_MILLIS),
            request.getBusyDomainsList(),
            () -> !call.isCancelled());
    observer.onNext(
        LeaseJobsResponse.newBuilder().setLeaseId(octets(leaseId)).addAllJobs(jobs).build());
    observer.onCompleted();
  }

  private static long leaseMillis(long asked) {
    return Math.clamp(asked, 1000, LONGEST_LEASE_MILLIS);
  }

  @Override
  public void renewLease(RenewLeaseRequest request, StreamObserver<RenewLeaseResponse> observer) {
    MailRights.deliver();
    queue.renew(uuid(request.getLeaseId()), leaseMillis(request.getLeaseMillis()));
    observer.onNext(RenewLeaseResponse.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public void readQueued(ReadQueuedRequest request, StreamObserver<ReadQueuedResponse> observer) {
    MailRights.deliver();
    Blobs.Place place = queue.place(request.getRef(), uuid(request.getLeaseId()));
    PacedStream<ReadQueuedResponse> stream = new PacedStream<>(observer);
    for (long at = 0; at < place.size(); ) {
      byte[] piece =
          store.blobs().piece(request.getRef().getAccountId(), place, at, place.size() - at);
      for (int from = 0; from < piece.length; from += FRAME) {
        stream.send(
            ReadQueuedResponse.newBuilder()
                .setData(
                    UnsafeByteOperations.unsafeWrap(
                        piece, from, Math.min(FRAME, piece.length - from)))
                .build());
      }
      at += piece.length;
    }
    stream.complete();
  }

  @Override
  public void reportResults(
      ReportResultsRequest request, StreamObserver<ReportResultsResponse> observer) {
    MailRights.deliver();
    int taken =
        queue.report(request.getRef(), uuid(request.getLeaseId()), request.getResultsList());
    observer.onNext(ReportResultsResponse.newBuilder().setTaken(taken).build());
    observer.onCompleted();
    notices.send();
  }

  @Override
  public void listQueue(ListQueueRequest request, StreamObserver<QueuedMessage> observer) {
    if (request.getFinished() && request.getFilter().getQueueId().isEmpty()) {
      throw new StoreException(
          ErrorCode.INVALID_ARGUMENT, "what is finished is told by its id alone");
    }
    PacedStream<QueuedMessage> stream = new PacedStream<>(observer);
    administration.list(
        request.getFilter(), request.getFinished(), request.getWithAttempts(), stream::send);
    stream.complete();
  }

  @Override
  public void changeQueue(
      ChangeQueueRequest request, StreamObserver<ChangeQueueResponse> observer) {
    QueueAdminRows.Changed changed =
        administration.change(request.getChange(), request.getFilter(), request.getAll());
    observer.onNext(
        ChangeQueueResponse.newBuilder()
            .setChanged(changed.changed())
            .setInProgress(changed.inProgress())
            .build());
    observer.onCompleted();
  }

  @Override
  public void setSuspended(
      SetSuspendedRequest request, StreamObserver<SetSuspendedResponse> observer) {
    int changed = administration.suspend(request.getSuspension(), request.getSuspended());
    observer.onNext(SetSuspendedResponse.newBuilder().setChanged(changed).build());
    observer.onCompleted();
  }

  @Override
  public void takeBack(TakeBackRequest request, StreamObserver<TakeBackResponse> observer) {
    Caller caller = Caller.current();
    boolean all = caller.kind() == Caller.Kind.ADMIN || caller.has(Scope.DIRECTORY);
    int recipients = administration.takeBack(request.getQueueId(), all ? 0 : MailRights.write());
    observer.onNext(TakeBackResponse.newBuilder().setRecipients(recipients).build());
    observer.onCompleted();
  }

  @Override
  public void listSuspended(
      ListSuspendedRequest request, StreamObserver<ListSuspendedResponse> observer) {
    observer.onNext(
        ListSuspendedResponse.newBuilder().addAllSuspensions(administration.suspensions()).build());
    observer.onCompleted();
  }

  private static ByteString octets(UUID id) {
    return ByteString.copyFrom(
        ByteBuffer.allocate(16)
            .putLong(id.getMostSignificantBits())
            .putLong(id.getLeastSignificantBits())
            .flip());
  }

  private static UUID uuid(ByteString octets) {
    if (octets.size() != 16) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "lease_id has 16 octets");
    }
    ByteBuffer buffer = octets.asReadOnlyByteBuffer();
    return new UUID(buffer.getLong(), buffer.getLong());
  }
}
