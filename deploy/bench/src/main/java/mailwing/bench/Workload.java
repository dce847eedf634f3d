package mailwing.bench;

import java.io.IOException;
import java.util.Locale;

/// What can be measured. The name on the command line is the lower-case one with hyphens.
enum Workload {
  SMTP("message accepted, each to one of all accounts"),
  SMTP_VISIBLE("message accepted and told by IMAP STATUS"),
  SMTP_ONE("message accepted, all into one mailbox"),
  SMTP_TEN("recipient; ten a message"),
  APPEND("message appended to INBOX"),
  LOGIN("connect, LOGIN, SELECT, LOGOUT"),
  STATUS("STATUS of INBOX"),
  FETCH_FLAGS("FETCH 1:* (FLAGS)"),
  FETCH_ENVELOPE("FETCH 1:* (ENVELOPE)"),
  FETCH_HEADERS("FETCH of 14 header fields of 50 messages"),
  FETCH_BODY("FETCH BODY.PEEK[] of one message"),
  STORE("STORE of one flag"),
  IDLE("delivery, from 250 to EXISTS in another session's IDLE"),
  POP3("RETR of one message"),
  POP3_PIPELINED("RETR, fifty pipelined"),
  MIXED("command of a mix of the above");

  private final String operation;

  Workload(String operation) {
    this.operation = operation;
  }

  String commandLineName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// What one operation is.
  String operation() {
    return operation;
  }

  /// Whether accounts need mail in them first.
  boolean reads() {
    return switch (this) {
      case FETCH_FLAGS,
          FETCH_ENVELOPE,
          FETCH_HEADERS,
          FETCH_BODY,
          STORE,
          POP3,
          POP3_PIPELINED,
          MIXED ->
          true;
      default -> false;
    };
  }

  Measurement run(Target target, Options options) throws IOException, InterruptedException {
    return switch (this) {
      case SMTP -> SmtpWorkloads.toAll(target, options, 1);
      case SMTP_VISIBLE -> SmtpWorkloads.visible(target, options);
      case SMTP_ONE -> SmtpWorkloads.toOne(target, options);
      case SMTP_TEN -> SmtpWorkloads.toAll(target, options, 10);
      case APPEND -> ImapWorkloads.append(target, options);
      case LOGIN -> ImapWorkloads.login(target, options);
      case STATUS ->
          ImapWorkloads.repeated(target, options, r -> "STATUS INBOX (MESSAGES UIDNEXT UNSEEN)");
      case FETCH_FLAGS -> ImapWorkloads.selected(target, options, r -> "UID FETCH 1:* (FLAGS)");
      case FETCH_ENVELOPE ->
          ImapWorkloads.selected(target, options, r -> "UID FETCH 1:* (ENVELOPE)");
      case FETCH_HEADERS -> ImapWorkloads.headers(target, options);
      case FETCH_BODY -> ImapWorkloads.bodies(target, options);
      case STORE -> ImapWorkloads.store(target, options);
      case IDLE -> IdleWorkload.run(target, options);
      case POP3 -> Pop3Workloads.oneByOne(target, options);
      case POP3_PIPELINED -> Pop3Workloads.pipelined(target, options);
      case MIXED -> ImapWorkloads.mixed(target, options);
    };
  }
}
