package mailwing.store.grpc;

import io.grpc.stub.StreamObserver;
import mailwing.store.domain.Traces;
import mailwing.store.v1.RecordRefusalsRequest;
import mailwing.store.v1.RecordRefusalsResponse;
import mailwing.store.v1.TraceGrpc;
import mailwing.store.v1.TraceMessagesRequest;
import mailwing.store.v1.TracedMessage;

/// The contract's Trace.
public final class TraceService extends TraceGrpc.TraceImplBase {
  private final Traces traces;

  public TraceService(Traces traces) {
    this.traces = traces;
  }

  @Override
  public void traceMessages(TraceMessagesRequest request, StreamObserver<TracedMessage> observer) {
    long viewer = Caller.current().kind() == Caller.Kind.ADMIN ? 0 : MailRights.read();
    PacedStream<TracedMessage> stream = new PacedStream<>(observer);
    traces.trace(request, viewer, stream::send);
    stream.complete();
  }

  @Override
  public void recordRefusals(
      RecordRefusalsRequest request, StreamObserver<RecordRefusalsResponse> observer) {
    MailRights.deliver();
    traces.refused(request.getRefusalsList());
    observer.onNext(RecordRefusalsResponse.getDefaultInstance());
    observer.onCompleted();
  }
}
