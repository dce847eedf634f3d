package mailwing.store.grpc;

import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.stream.Stream;
import mailwing.store.StoreException;
import mailwing.store.persistence.StsPolicyRows;
import mailwing.store.persistence.TlsReportRows;
import mailwing.store.v1.CountTlsSessionsRequest;
import mailwing.store.v1.CountTlsSessionsResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FindStsPolicyRequest;
import mailwing.store.v1.FindStsPolicyResponse;
import mailwing.store.v1.FinishTlsReportRequest;
import mailwing.store.v1.FinishTlsReportResponse;
import mailwing.store.v1.KeepStsPolicyRequest;
import mailwing.store.v1.KeepStsPolicyResponse;
import mailwing.store.v1.LeaseStsPoliciesRequest;
import mailwing.store.v1.LeaseStsPoliciesResponse;
import mailwing.store.v1.LeaseTlsReportsRequest;
import mailwing.store.v1.LeaseTlsReportsResponse;
import mailwing.store.v1.StsPolicy;
import mailwing.store.v1.TlsPoliciesGrpc;
import mailwing.store.v1.TlsSessionCount;
import mailwing.store.v1.TlsSessions;

/// The contract's TlsPolicies.
public final class TlsPoliciesService extends TlsPoliciesGrpc.TlsPoliciesImplBase {
  private static final int MOST_LEASED = 100;
  private static final int MOST_COUNTS = 10_000;
  private static final int DOMAIN_LENGTH = 255;
  private static final int ID_LENGTH = 32;
  private static final int POLICY_LENGTH = 64 << 10;
  private static final int SESSION_LENGTH = 64 << 10;

  /// RFC 8461 §3.2: a year.
  private static final long LONGEST_AGE_SECONDS = 31_557_600;

  private final StsPolicyRows policies;
  private final TlsReportRows reports;

  public TlsPoliciesService(StsPolicyRows policies, TlsReportRows reports) {
    this.policies = policies;
    this.reports = reports;
  }

  @Override
  public void findStsPolicy(
      FindStsPolicyRequest request, StreamObserver<FindStsPolicyResponse> observer) {
    MailRights.deliver();
    checkDomain(request.getDomain());
    FindStsPolicyResponse.Builder found = FindStsPolicyResponse.newBuilder();
    policies.find(request.getDomain()).ifPresent(found::setPolicy);
    answer(observer, found.build());
  }

  @Override
  public void keepStsPolicy(
      KeepStsPolicyRequest request, StreamObserver<KeepStsPolicyResponse> observer) {
    MailRights.deliver();
    StsPolicy policy = request.getPolicy();
    checkDomain(policy.getDomain());
    if (policy.getRecordId().length() > ID_LENGTH
        || policy.getText().length() > POLICY_LENGTH
        || hasNul(policy.getText())
        || hasNul(policy.getRecordId())
        || policy.getMaxAgeSeconds() < 0
        || policy.getMaxAgeSeconds() > LONGEST_AGE_SECONDS) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "this is no policy");
    }
    answer(
        observer,
        KeepStsPolicyResponse.newBuilder().setExpiresAtMillis(policies.keep(policy)).build());
  }

  @Override
  public void leaseStsPolicies(
      LeaseStsPoliciesRequest request, StreamObserver<LeaseStsPoliciesResponse> observer) {
    MailRights.deliver();
    answer(
        observer,
        LeaseStsPoliciesResponse.newBuilder()
            .addAllPolicies(policies.lease(Math.clamp(request.getMost(), 1, MOST_LEASED)))
            .build());
  }

  @Override
  public void countTlsSessions(
      CountTlsSessionsRequest request, StreamObserver<CountTlsSessionsResponse> observer) {
    MailRights.deliver();
    List<TlsSessionCount> counts = request.getCountsList();
    if (counts.size() > MOST_COUNTS) {
      throw new StoreException(ErrorCode.LIMIT, "too many counts");
    }
    for (TlsSessionCount count : counts) {
      checkDomain(count.getDomain());
      checkSessions(count.getSessions());
    }
    reports.count(counts);
    answer(observer, CountTlsSessionsResponse.getDefaultInstance());
  }

  private static void checkSessions(TlsSessions sessions) {
    boolean printable =
        Stream.of(
                sessions.getFailure(),
                sessions.getMxHost(),
                sessions.getReason(),
                sessions.getSendingIp(),
                sessions.getReceivingIp())
            .noneMatch(text -> text.chars().anyMatch(Character::isISOControl));
    if (!printable || sessions.getSerializedSize() > SESSION_LENGTH) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no sessions to count");
    }
  }

  @Override
  public void leaseTlsReports(
      LeaseTlsReportsRequest request, StreamObserver<LeaseTlsReportsResponse> observer) {
    MailRights.deliver();
    answer(
        observer,
        LeaseTlsReportsResponse.newBuilder()
            .addAllReports(reports.lease(Math.clamp(request.getMost(), 1, MOST_LEASED)))
            .build());
  }

  @Override
  public void finishTlsReport(
      FinishTlsReportRequest request, StreamObserver<FinishTlsReportResponse> observer) {
    MailRights.deliver();
    checkDomain(request.getDomain());
    reports.finish(request.getDay(), request.getDomain());
    answer(observer, FinishTlsReportResponse.getDefaultInstance());
  }

  private static void checkDomain(String domain) {
    if (domain.isEmpty()
        || domain.length() > DOMAIN_LENGTH
        || !domain.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no domain");
    }
  }

  private static boolean hasNul(String text) {
    return text.indexOf('\0') >= 0;
  }

  private static <T> void answer(StreamObserver<T> observer, T answer) {
    observer.onNext(answer);
    observer.onCompleted();
  }
}
