package mailwing.smtp.delivery;

import mailwing.smtp.protocol.Reply;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.ResolveRecipientResponse;

/// Why mail is refused: the one place that maps reasons and the store's errors to replies (RFC
/// 3463). Also the label of the refusals' metric.
@SuppressWarnings("ImmutableEnumChecker") // A Reply does not change.
public enum Refusal {
  UNKNOWN_USER(550, "5.1.1", "No such user here"),
  RELAYING(550, "5.7.1", "Relaying is not allowed"),
  DISABLED(550, "5.2.1", "Mailbox is disabled"),
  NOT_A_POSTER(550, "5.7.2", "You may not post to this group"),
  RETURN_PATH(550, "5.7.1", "Return address is forged or too old, or this is no notification"),
  FORWARDING_RATE(450, "4.7.1", "Too much mail for this address is sent on, try again later"),
  OVER_QUOTA(452, "4.2.2", "Mailbox is full"),
  MAILBOX_TOO_SMALL(552, "5.2.2", "Message is larger than the mailbox may hold"),
  TOO_LARGE(552, "5.3.4", "Message is larger than the limit"),
  HEADER_TOO_LARGE(552, "5.3.4", "Header section is larger than the limit"),
  BARE_LINE_END(550, "5.6.0", "Message has a CR or LF that is not part of CRLF"),
  NUL(550, "5.6.0", "Message has a NUL"),
  LOOP(554, "5.4.6", "Mail loop"),
  DMARC(550, "5.7.1", "Rejected by the DMARC policy of the author's domain"),
  SPF(550, "5.7.23", "The sender's domain does not allow your address (SPF)"),
  NOT_AUTHENTICATED(530, "5.7.0", "Authentication is required"),
  SENDER(553, "5.7.1", "Sender address is not yours"),
  AUTHOR(550, "5.7.1", "An address in From is not yours"),
  INTERNATIONAL_ADDRESS(553, "5.6.7", "Non-ASCII addresses need SMTPUTF8"),
  TOO_MANY_RECIPIENTS(452, "4.5.3", "Too many recipients"),
  ADDRESS_RATE(450, "4.7.1", "Too many messages from your address, try again later"),
  SENDER_RATE(450, "4.7.1", "Too many messages from this sender, try again later"),
  ACCOUNT_RATE(450, "4.7.1", "Too many messages in an hour, try again later"),
  STORE_FULL(452, "4.3.1", "Insufficient storage"),
  STORE_UNAVAILABLE(451, "4.3.0", "Mail cannot be stored now, try again later");

  private final Reply reply;

  Refusal(int code, String status, String text) {
    this.reply = Reply.of(code, status, text);
  }

  public Reply reply() {
    return reply;
  }

  /// May the same message be taken later?
  public boolean isTemporary() {
    return reply.code() < 500;
  }

  /// What an error of the store means for a message.
  static Refusal of(ErrorCode error) {
    return switch (error) {
      case ACCOUNT_NOT_FOUND, DOMAIN_NOT_FOUND -> UNKNOWN_USER;
      case ACCOUNT_DISABLED -> DISABLED;
      case OVER_QUOTA -> OVER_QUOTA;
      case MESSAGE_TOO_LARGE -> TOO_LARGE;
      case POST_REFUSED -> NOT_A_POSTER;
      case RETURN_REFUSED -> RETURN_PATH;
      case MAIL_LOOP -> LOOP;
      case LIMIT -> STORE_FULL;
      default -> STORE_UNAVAILABLE;
    };
  }

  /// What the store says of a recipient it does not take.
  static Refusal of(ResolveRecipientResponse.Status status) {
    return switch (status) {
      case UNKNOWN_USER -> UNKNOWN_USER;
      case NOT_LOCAL -> RELAYING;
      case DISABLED -> DISABLED;
      case OVER_QUOTA -> OVER_QUOTA;
      case TOO_LARGE -> MAILBOX_TOO_SMALL;
      case POST_REFUSED -> NOT_A_POSTER;
      case RETURN_REFUSED -> RETURN_PATH;
      case TRY_LATER -> FORWARDING_RATE;
      case LOCAL, STATUS_UNSPECIFIED, UNRECOGNIZED -> STORE_UNAVAILABLE;
    };
  }
}
