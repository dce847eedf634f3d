package mailwing.imap.session;

import mailwing.gateway.Sasl;
import mailwing.imap.protocol.ResponseCode;
import mailwing.service.imap.ImapUrl;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.LoginReferral;

/// What a client is told of the store's errors: the one place (RFC 5530).
final class StoreErrors {
  private StoreErrors() {}

  /// Why a login was refused. An account that lives elsewhere is referred to (RFC 2221 §4.1).
  static Reply reply(Sasl.Result.Failed refusal) {
    LoginReferral to = refusal.referral();
    return to == null
        ? reply(refusal.code())
        : Reply.no(
            new ResponseCode.Referral(ImapUrl.server(to.getAddress(), to.getSite())),
            "Account is on another server");
  }

  static Reply reply(ErrorCode error) {
    return switch (error) {
      case MAILBOX_NOT_FOUND -> Reply.no(ResponseCode.Name.NONEXISTENT, "Mailbox does not exist");
      case MESSAGE_NOT_FOUND ->
          Reply.no(ResponseCode.Name.EXPUNGEISSUED, "Some messages were expunged");
      case ALREADY_EXISTS -> Reply.no(ResponseCode.Name.ALREADYEXISTS, "Mailbox exists already");
      case PERMISSION_DENIED -> Reply.no(ResponseCode.Name.NOPERM, "Permission denied");
      case OVER_QUOTA -> Reply.no(ResponseCode.Name.OVERQUOTA, "Quota exceeded");
      case MESSAGE_TOO_LARGE -> Reply.no(ResponseCode.Name.TOOBIG, "Message is too large");
      case CANNOT -> Reply.no(ResponseCode.Name.CANNOT, "Not possible for this mailbox");
      case IN_USE -> Reply.no(ResponseCode.Name.INUSE, "In use");
      case INVALID_ARGUMENT -> Reply.no(ResponseCode.Name.CANNOT, "Not a valid name or value");
      case LIMIT -> Reply.no(ResponseCode.Name.LIMIT, "A limit is reached");
      case AUTHENTICATION_FAILED ->
          Reply.no(ResponseCode.Name.AUTHENTICATIONFAILED, "Invalid credentials");
      case ACCOUNT_DISABLED ->
          Reply.no(ResponseCode.Name.AUTHORIZATIONFAILED, "Account is disabled");
      case ACCOUNT_ELSEWHERE ->
          Reply.no(ResponseCode.Name.AUTHORIZATIONFAILED, "Account is on another server");
      case TRY_LATER ->
          Reply.no(ResponseCode.Name.UNAVAILABLE, "Too many failed logins, try again later");
      case CREDENTIAL_EXPIRED, CREDENTIAL_REVOKED ->
          Reply.no(ResponseCode.Name.EXPIRED, "Login is not valid any more");
      case STALE -> Reply.no(ResponseCode.Name.UNAVAILABLE, "Mailbox changed, try again");
      case UNAVAILABLE ->
          Reply.no(ResponseCode.Name.UNAVAILABLE, "Temporarily unavailable, try again");
      case CREDENTIAL_INVALID,
          DOMAIN_NOT_FOUND,
          ACCOUNT_NOT_FOUND,
          ALIAS_NOT_FOUND,
          GROUP_NOT_FOUND,
          POST_REFUSED,
          MAIL_LOOP,
          RETURN_REFUSED,
          INTERNAL,
          ERROR_CODE_UNSPECIFIED,
          UNRECOGNIZED ->
          Reply.no(ResponseCode.Name.SERVERBUG, "Internal error");
    };
  }
}
