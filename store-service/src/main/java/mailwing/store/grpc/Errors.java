package mailwing.store.grpc;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CancellationException;
import mailwing.store.Referral;
import mailwing.store.StoreException;
import mailwing.store.persistence.SqlFailures;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.LoginReferral;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one place where a failure becomes a gRPC status and the trailers `mailwing-error` and
/// `mailwing-referral-bin`.
final class Errors {
  private static final Metadata.Key<String> ERROR =
      Metadata.Key.of("mailwing-error", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<byte[]> REFERRAL =
      Metadata.Key.of("mailwing-referral-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private static final Logger LOG = LoggerFactory.getLogger(Errors.class);

  /// How a call ends.
  record End(Status status, ErrorCode code, @Nullable Referral referral) {
    End(Status status, ErrorCode code) {
      this(status, code, null);
    }

    /// Tells it in the trailers.
    void addTo(Metadata trailers) {
      if (code != ErrorCode.ERROR_CODE_UNSPECIFIED) {
        trailers.put(ERROR, code.name());
      }
      if (referral != null) {
        trailers.put(
            REFERRAL,
            LoginReferral.newBuilder()
                .setSite(referral.site())
                .setAddress(referral.address())
                .build()
                .toByteArray());
      }
    }
  }

  private Errors() {}

  /// How a call ends that failed so. What is the store's own fault is logged, without what the call
  /// carried.
  static End of(Throwable failure, String method) {
    if (failure instanceof StoreException refused) {
      if (refused.code() == ErrorCode.INTERNAL) {
        LOG.error("event=call-failed method={}", method, refused);
      }
      return new End(
          status(refused.code()).withDescription(refused.getMessage()),
          refused.code(),
          refused.referral());
    }
    if (failure instanceof StatusRuntimeException status) {
      return new End(status.getStatus(), code(status.getStatus()));
    }
    if (failure instanceof StatusException status) {
      return new End(status.getStatus(), code(status.getStatus()));
    }
    if (failure instanceof CancellationException) {
      return new End(Status.CANCELLED, ErrorCode.ERROR_CODE_UNSPECIFIED);
    }
    ErrorCode code = SqlFailures.code(failure).orElse(ErrorCode.INTERNAL);
    if (code == ErrorCode.UNAVAILABLE) {
      LOG.warn("event=database-unavailable method={} reason={}", method, failure.toString());
      return new End(Status.UNAVAILABLE.withDescription("the store cannot do it now"), code);
    }
    LOG.error("event=call-failed method={}", method, failure);
    return new End(Status.INTERNAL.withDescription("the store failed; see its log"), code);
  }

  private static ErrorCode code(Status status) {
    return switch (status.getCode()) {
      case INVALID_ARGUMENT -> ErrorCode.INVALID_ARGUMENT;
      case PERMISSION_DENIED -> ErrorCode.PERMISSION_DENIED;
      case UNAVAILABLE -> ErrorCode.UNAVAILABLE;
      case INTERNAL, UNKNOWN -> ErrorCode.INTERNAL;
      default -> ErrorCode.ERROR_CODE_UNSPECIFIED;
    };
  }

  static Status status(ErrorCode code) {
    return switch (code) {
      case CREDENTIAL_INVALID, CREDENTIAL_EXPIRED, CREDENTIAL_REVOKED, AUTHENTICATION_FAILED ->
          Status.UNAUTHENTICATED;
      case PERMISSION_DENIED, ACCOUNT_DISABLED, ACCOUNT_ELSEWHERE, POST_REFUSED, RETURN_REFUSED ->
          Status.PERMISSION_DENIED;
      case INVALID_ARGUMENT -> Status.INVALID_ARGUMENT;
      case DOMAIN_NOT_FOUND,
          ACCOUNT_NOT_FOUND,
          ALIAS_NOT_FOUND,
          GROUP_NOT_FOUND,
          MAILBOX_NOT_FOUND,
          MESSAGE_NOT_FOUND ->
          Status.NOT_FOUND;
      case ALREADY_EXISTS -> Status.ALREADY_EXISTS;
      case CANNOT, IN_USE, STALE, MAIL_LOOP -> Status.FAILED_PRECONDITION;
      case TRY_LATER, OVER_QUOTA, MESSAGE_TOO_LARGE, LIMIT -> Status.RESOURCE_EXHAUSTED;
      case UNAVAILABLE -> Status.UNAVAILABLE;
      case ERROR_CODE_UNSPECIFIED, INTERNAL, UNRECOGNIZED -> Status.INTERNAL;
    };
  }
}
