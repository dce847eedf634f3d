package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountRow;
import mailwing.store.v1.ErrorCode;

/// The server's side of OAUTHBEARER (RFC 7628) and of XOAUTH2, Google's older form of it: an access
/// token in, and where it is not taken an error in JSON, an empty message, and the failure.
///
/// A token that is good but of no user here is answered as a bad one is.
final class Bearer implements SaslExchange {
  static final String OAUTHBEARER = "OAUTHBEARER";
  static final String XOAUTH2 = "XOAUTH2";

  private static final int MAX_MESSAGE = 16 * 1024;
  private static final String SEPARATOR = "\u0001";
  private static final String AUTH = "auth=";
  private static final String BEARER = "bearer ";

  /// @param user whom the client wants to act as; empty: the token's user
  private record Message(String user, String token) {}

  private final boolean older;
  private final AccessTokens tokens;
  private final Function<String, Optional<AccountRow>> accounts;
  private final BiPredicate<AccountRow, String> mayActAs;
  private boolean refused;

  /// @param accounts finds an account by its address
  /// @param mayActAs whether an account may act as this one
  Bearer(
      String mechanism,
      AccessTokens tokens,
      Function<String, Optional<AccountRow>> accounts,
      BiPredicate<AccountRow, String> mayActAs) {
    this.older = mechanism.equals(XOAUTH2);
    this.tokens = tokens;
    this.accounts = accounts;
    this.mayActAs = mayActAs;
  }

  @Override
  public Step next(ByteString octets) {
    if (refused) {
      throw new StoreException(ErrorCode.AUTHENTICATION_FAILED, "the access token is not taken");
    }
    if (octets.size() > MAX_MESSAGE || !octets.isValidUtf8()) {
      throw malformed();
    }
    Message message = read(octets.toStringUtf8());
    Optional<AccountRow> account =
        tokens
            .user(message.token())
            .flatMap(accounts)
            .filter(a -> mayActAs.test(a, message.user()));
    if (account.isPresent()) {
      return new Proven(account.get(), message.user(), ByteString.EMPTY);
    }
    refused = true;
    return new Challenge(ByteString.copyFromUtf8(older ? tokens.olderError() : tokens.error()));
  }

  private Message read(String text) {
    int head = text.indexOf(SEPARATOR);
    if (head < 0 || !text.endsWith(SEPARATOR + SEPARATOR)) {
      throw malformed();
    }
    String user = older ? olderUser(text.substring(0, head)) : user(text.substring(0, head));
    String token = null;
    for (String pair : text.substring(head + 1, text.length() - 2).split(SEPARATOR, -1)) {
      if (pair.startsWith(AUTH)) {
        if (token != null || !pair.regionMatches(true, AUTH.length(), BEARER, 0, BEARER.length())) {
          throw malformed();
        }
        token = pair.substring(AUTH.length() + BEARER.length()).strip();
      }
    }
    if (token == null || token.isEmpty()) {
      throw malformed();
    }
    return new Message(user, token);
  }

  /// gs2-header (RFC 5801 §4): `n,a=user,`. There is no channel binding.
  private static String user(String header) {
    String[] parts = header.split(",", -1);
    boolean flag = parts[0].equals("n") || parts[0].equals("y");
    if (parts.length != 3 || !flag || !parts[2].isEmpty()) {
      throw malformed();
    }
    if (parts[1].isEmpty()) {
      return "";
    }
    if (!parts[1].startsWith("a=")) {
      throw malformed();
    }
    return parts[1].substring(2).replace("=2C", ",").replace("=3D", "=");
  }

  private static String olderUser(String header) {
    if (!header.startsWith("user=")) {
      throw malformed();
    }
    return header.substring("user=".length());
  }

  private static StoreException malformed() {
    return new StoreException(ErrorCode.INVALID_ARGUMENT, "not a message of the mechanism");
  }
}
