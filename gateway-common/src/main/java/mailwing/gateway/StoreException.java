package mailwing.gateway;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.LoginReferral;
import org.jspecify.annotations.Nullable;

/// A call to the store failed; {@link #code} says why. Each protocol maps the code in one place.
public final class StoreException extends RuntimeException {
  private static final Metadata.Key<String> ERROR =
      Metadata.Key.of("mailwing-error", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<byte[]> REFERRAL =
      Metadata.Key.of("mailwing-referral-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private final ErrorCode code;
  private final @Nullable LoginReferral referral;

  public StoreException(ErrorCode code, String message, @Nullable Throwable cause) {
    this(code, message, cause, null);
  }

  private StoreException(
      ErrorCode code, String message, @Nullable Throwable cause, @Nullable LoginReferral referral) {
    // An expected answer, not a fault of the program: no stack trace.
    super(message, cause, false, false);
    this.code = code;
    this.referral = referral;
  }

  static StoreException of(Status status, @Nullable Metadata trailers) {
    return of(status, trailers, null);
  }

  static StoreException of(StatusException failure) {
    return of(failure.getStatus(), failure.getTrailers(), failure);
  }

  private static StoreException of(
      Status status, @Nullable Metadata trailers, @Nullable Throwable cause) {
    return new StoreException(
        code(status, trailers),
        status.getCode() + ": " + status.getDescription(),
        cause,
        referral(trailers));
  }

  private static @Nullable LoginReferral referral(@Nullable Metadata trailers) {
    byte[] told = trailers == null ? null : trailers.get(REFERRAL);
    try {
      return told == null ? null : LoginReferral.parseFrom(told);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  private static ErrorCode code(Status status, @Nullable Metadata trailers) {
    String named = trailers == null ? null : trailers.get(ERROR);
    if (named != null) {
      for (ErrorCode code : ErrorCode.values()) {
        if (code.name().equals(named)) {
          return code;
        }
      }
    }
    return switch (status.getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, ABORTED -> ErrorCode.UNAVAILABLE;
      case RESOURCE_EXHAUSTED -> ErrorCode.LIMIT;
      case UNAUTHENTICATED -> ErrorCode.CREDENTIAL_INVALID;
      case PERMISSION_DENIED -> ErrorCode.PERMISSION_DENIED;
      case INVALID_ARGUMENT -> ErrorCode.INVALID_ARGUMENT;
      default -> ErrorCode.INTERNAL;
    };
  }

  public ErrorCode code() {
    return code;
  }

  /// Where the account lives, of ACCOUNT_ELSEWHERE; null for other codes.
  public @Nullable LoginReferral referral() {
    return referral;
  }

  /// The same call may succeed later.
  public boolean temporary() {
    return code == ErrorCode.UNAVAILABLE || code == ErrorCode.TRY_LATER;
  }

  /// The session has lost its right: it must end.
  public boolean revoked() {
    return code == ErrorCode.CREDENTIAL_REVOKED;
  }
}
