package mailwing.store.grpc;

import io.grpc.Status;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import mailwing.service.Metrics;

/// Times of calls by method, and how many ended how.
public final class CallMetrics {
  /// How a call ended: well; refused, by the caller's fault; failed, by the store's; cut by the
  /// caller.
  enum Result {
    OK,
    REFUSED,
    FAILED,
    CANCELLED;

    static Result of(Status.Code code) {
      return switch (code) {
        case OK -> OK;
        case CANCELLED -> CANCELLED;
        case UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS, DEADLINE_EXCEEDED, ABORTED -> FAILED;
        default -> REFUSED;
      };
    }
  }

  /// The methods of the contract.
  enum Method {
    AUTHENTICATE_PASSWORD,
    AUTHENTICATE_SASL,
    RENEW_TOKEN,
    RESOLVE_RECIPIENT,
    DELIVER,
    LEASE_JOBS,
    RENEW_LEASE,
    READ_QUEUED,
    REPORT_RESULTS,
    LIST_QUEUE,
    CHANGE_QUEUE,
    SET_SUSPENDED,
    LIST_SUSPENDED,
    TAKE_BACK,
    GET_SIGNING_KEYS,
    ACTIVATE_DKIM_KEY,
    LIST_DKIM_KEYS,
    ADD_DKIM_KEYS,
    ROTATE_DKIM_KEYS,
    RETIRE_DKIM_KEY,
    FIND_STS_POLICY,
    KEEP_STS_POLICY,
    LEASE_STS_POLICIES,
    COUNT_TLS_SESSIONS,
    LEASE_TLS_REPORTS,
    FINISH_TLS_REPORT,
    ADD_DOMAIN,
    LIST_DOMAINS,
    REMOVE_DOMAIN,
    UPDATE_DOMAIN,
    LIST_LOGIN_BANS,
    LIFT_LOGIN_BAN,
    ADD_USER,
    GET_USER,
    LIST_USERS,
    SET_PASSWORD,
    UPDATE_USER,
    REMOVE_USER,
    ADD_ALIAS,
    LIST_ALIASES,
    REMOVE_ALIAS,
    ADD_GROUP,
    LIST_GROUPS,
    UPDATE_GROUP,
    REMOVE_GROUP,
    LIST_GROUP_MEMBERS,
    CHANGE_GROUP_MEMBERS,
    ADD_API_KEY,
    LIST_API_KEYS,
    REMOVE_API_KEY,
    LIST_MAILBOXES,
    GET_STATUS,
    OPEN_MAILBOX,
    CREATE_MAILBOX,
    DELETE_MAILBOX,
    RENAME_MAILBOX,
    SET_SUBSCRIBED,
    GET_QUOTA,
    SET_QUOTA,
    GET_METADATA,
    SET_METADATA,
    GET_ACL,
    SET_ACL,
    GET_RIGHTS,
    LIST_SHARERS,
    LIST_METADATA_CHANGES,
    HOLD_MAILDROP,
    RELEASE_MAILDROP,
    GET_SNAPSHOT,
    LIST_CHANGES,
    FETCH_MESSAGES,
    READ_BODY,
    APPEND,
    STORE_FLAGS,
    COPY_MESSAGES,
    EXPUNGE,
    SEARCH,
    AUTHORIZE_URLS,
    RESET_URL_KEYS,
    FETCH_URL,
    LIST_SHARES,
    SET_SHARE,
    THREAD,
    TRACE_MESSAGES,
    RECORD_REFUSALS,
    OTHER;

    /// AddUser for ADD_USER.
    private String rpc() {
      return Stream.of(name().split("_", -1))
          .map(w -> w.charAt(0) + w.substring(1).toLowerCase(java.util.Locale.ROOT))
          .collect(Collectors.joining());
    }
  }

  private static final Map<String, Method> BY_RPC =
      Stream.of(Method.values()).collect(Collectors.toUnmodifiableMap(Method::rpc, m -> m));

  private final Metrics.By<Method, Metrics.Timer> times;
  private final Metrics.ByTwo<Method, Result, Metrics.Counter> results;

  public CallMetrics(Metrics metrics) {
    this.times =
        metrics.timer(
            "mail_store_call_seconds", "Time of calls of the contract.", "method", Method.class);
    this.results =
        metrics.counter(
            "mail_store_calls_total",
            "Calls of the contract that ended so.",
            "method",
            Method.class,
            "result",
            Result.class);
  }

  void ended(String name, Status.Code code, long startedAt) {
    Method method = of(name);
    times.get(method).recordSince(startedAt);
    results.get(method, Result.of(code)).increment();
  }

  static Method of(String method) {
    return method.startsWith("mailwing.")
        ? BY_RPC.getOrDefault(method.substring(method.indexOf('/') + 1), Method.OTHER)
        : Method.OTHER;
  }
}
