package mailwing.pop3;

import mailwing.store.v1.ErrorCode;

/// The store's errors as POP3 replies with response codes (RFC 2449 §8, RFC 3206).
final class Pop3Replies {
  private Pop3Replies() {}

  /// Why the maildrop of an account that has logged in is not opened (RFC 2449 §8.1.1, §8.1.2).
  static String held(ErrorCode code) {
    return switch (code) {
      case IN_USE -> "-ERR [IN-USE] Another session has the maildrop\r\n";
      case TRY_LATER -> "-ERR [LOGIN-DELAY] Too soon after the last login\r\n";
      default -> error(code);
    };
  }

  static String error(ErrorCode code) {
    return switch (code) {
      case AUTHENTICATION_FAILED -> "-ERR [AUTH] Authentication failed\r\n";
      case CREDENTIAL_REVOKED, CREDENTIAL_EXPIRED ->
          "-ERR [AUTH] The credentials are no longer valid\r\n";
      case ACCOUNT_DISABLED -> "-ERR [SYS/PERM] The account is disabled\r\n";
      case ACCOUNT_ELSEWHERE -> "-ERR [AUTH] The account is on another server\r\n";
      case TRY_LATER -> "-ERR [SYS/TEMP] Too many failed logins, try later\r\n";
      case UNAVAILABLE -> "-ERR [SYS/TEMP] Try again later\r\n";
      case MESSAGE_NOT_FOUND -> "-ERR The message was removed by another session\r\n";
      case MAILBOX_NOT_FOUND, ACCOUNT_NOT_FOUND -> "-ERR [SYS/PERM] No such mailbox\r\n";
      default -> "-ERR [SYS/PERM] Internal error\r\n";
    };
  }
}
