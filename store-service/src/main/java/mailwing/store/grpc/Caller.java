package mailwing.store.grpc;

import io.grpc.Context;
import java.util.Set;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Who makes the call that is being served, as its credential proves.
///
/// @param role what a SERVICE is; null for every other kind
/// @param accountId the account of a SESSION or of an API key with mail scopes; 0 for none
/// @param scopes what a SESSION or an API_KEY may do; empty for the other kinds, whose rights
///   follow from kind and role
public record Caller(Kind kind, @Nullable Role role, long accountId, Set<Scope> scopes) {
  private static final Context.Key<Caller> KEY = Context.key("mailwing-caller");

  public enum Kind {
    SERVICE,
    SESSION,
    API_KEY,
    ADMIN
  }

  public enum Role {
    SMTP,
    POP3,
    IMAP
  }

  public Caller {
    scopes = Set.copyOf(scopes);
  }

  public static Caller service(Role role) {
    return new Caller(Kind.SERVICE, role, 0, Set.of());
  }

  public static Caller session(long accountId, Set<Scope> scopes) {
    return new Caller(Kind.SESSION, null, accountId, scopes);
  }

  public static Caller apiKey(long accountId, Set<Scope> scopes) {
    return new Caller(Kind.API_KEY, null, accountId, scopes);
  }

  public static Caller admin() {
    return new Caller(Kind.ADMIN, null, 0, Set.of());
  }

  /// The caller of the call that this thread serves.
  public static Caller current() {
    Caller caller = KEY.get();
    if (caller == null) {
      throw new StoreException(ErrorCode.CREDENTIAL_INVALID, "no credential");
    }
    return caller;
  }

  /// The account whose mail the caller acts on. PERMISSION_DENIED for one without.
  public long requireAccount() {
    if (accountId == 0) {
      throw new StoreException(ErrorCode.PERMISSION_DENIED, "the credential acts on no account");
    }
    return accountId;
  }

  public boolean has(Scope scope) {
    return scopes.contains(scope);
  }

  Context in(Context context) {
    return context.withValue(KEY, this);
  }
}
