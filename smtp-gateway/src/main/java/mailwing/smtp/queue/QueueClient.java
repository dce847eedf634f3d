package mailwing.smtp.queue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreStream;
import mailwing.smtp.client.Transfer;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.LeaseJobsRequest;
import mailwing.store.v1.LeaseJobsResponse;
import mailwing.store.v1.QueueGrpc;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.ReadQueuedRequest;
import mailwing.store.v1.ReadQueuedResponse;
import mailwing.store.v1.RenewLeaseRequest;
import mailwing.store.v1.ReportResultsRequest;

/// The calls that workers make to the store's Queue.
final class QueueClient {
  private static final Duration WAIT = Duration.ofSeconds(5);

  private final StoreClient store;
  private final String worker;
  private final Duration lease;

  QueueClient(StoreClient store, String worker, Duration lease) {
    this.store = store;
    this.worker = worker;
    this.lease = lease;
  }

  /// Jobs that are due; none where none came due in some seconds.
  LeaseJobsResponse lease(int most, List<String> busyDomains) {
    return store.once(
        QueueGrpc.getLeaseJobsMethod(),
        LeaseJobsRequest.newBuilder()
            .setWorker(worker)
            .setMost(most)
            .setLeaseMillis(lease.toMillis())
            .setWaitMillis(WAIT.toMillis())
            .addAllBusyDomains(busyDomains)
            .build());
  }

  /// False where nothing is left under the lease.
  boolean renew(ByteString leaseId) {
    try {
      store.repeatable(
          QueueGrpc.getRenewLeaseMethod(),
          RenewLeaseRequest.newBuilder()
              .setLeaseId(leaseId)
              .setLeaseMillis(lease.toMillis())
              .build());
      return true;
    } catch (StoreException e) {
      // The store may be away for a while: the lease may still be there when it is back.
      return e.code() != ErrorCode.STALE;
    }
  }

  /// The octets of a message, read from the store while they are sent.
  Transfer.Body body(QueueJob job, ByteString leaseId) {
    return sink -> {
      try (StoreStream<ReadQueuedResponse> stream =
          store.stream(
              QueueGrpc.getReadQueuedMethod(),
              ReadQueuedRequest.newBuilder().setRef(job.getRef()).setLeaseId(leaseId).build())) {
        long size = 0;
        for (ReadQueuedResponse frame = stream.next(); frame != null; frame = stream.next()) {
          byte[] octets = frame.getData().toByteArray();
          sink.write(octets, 0, octets.length);
          size += octets.length;
        }
        if (size != job.getSize()) {
          throw new IOException("the store gave " + size + " octets of " + job.getSize());
        }
      }
    };
  }

  /// Tells results. What was sent must be told, or it is sent again: while the store is away, this
  /// is repeated until `giveUp` of `System.nanoTime()`. False where the lease was lost.
  boolean report(QueueJob job, ByteString leaseId, List<QueueResult> results, long giveUp)
      throws InterruptedException {
    ReportResultsRequest report =
        ReportResultsRequest.newBuilder()
            .setRef(job.getRef())
            .setLeaseId(leaseId)
            .addAllResults(results)
            .build();
    boolean repeated = false;
    while (true) {
      try {
        store.once(QueueGrpc.getReportResultsMethod(), report);
        return true;
      } catch (StoreException e) {
        if (e.code() == ErrorCode.STALE) {
          // A repeat finds that the first one was taken in.
          return repeated;
        }
        if (System.nanoTime() - giveUp >= 0) {
          throw e;
        }
      }
      repeated = true;
      Thread.sleep(500);
    }
  }
}
