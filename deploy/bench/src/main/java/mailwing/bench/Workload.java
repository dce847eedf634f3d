package mailwing.bench;

import java.io.IOException;
import java.util.Locale;

/// What can be measured. The name on the command line is the lower-case one with hyphens.
enum Workload {
  SMTP_VISIBLE("message accepted and told by IMAP STATUS, each to one of all accounts"),
  SMTP("message accepted, each to one of all accounts"),
  SMTP_ONE("message accepted and told by STATUS, all into one mailbox"),
  SMTP_TEN("recipient whose message is told by STATUS; ten a message"),
  APPEND("message appended to INBOX"),
  LOGIN("connect, LOGIN, SELECT, LOGOUT"),
  STATUS("STATUS of INBOX"),
  FETCH_FLAGS("FETCH (FLAGS) of all messages"),
  FETCH_ENVELOPE("FETCH (ENVELOPE) of all messages"),
  FETCH_HEADERS("FETCH of 14 header fields of 50 messages"),
  FETCH_METADATA("FETCH of UID, flags, date, size and envelope of 50 messages"),
  FETCH_BODY("FETCH BODY.PEEK[] of one message that was read before"),
  FETCH_BODY_FIRST("the same of one that has just come, read for the first time"),
  FETCH_LARGE("FETCH BODY.PEEK[] of a megabyte"),
  STORE("STORE of one flag"),
  STORE_MANY("STORE of one flag on 10,000 messages, one session"),
  IDLE("delivery, from 250 to EXISTS in another session's IDLE"),
  POP3("RETR of one message"),
  POP3_PIPELINED("RETR, fifty pipelined"),
  MIXED("command of a mix of the above, on two and a half times the connections");

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

  /// Whether it reads INBOXes that mail must be in first.
  boolean reads() {
    return switch (this) {
      case SMTP, SMTP_VISIBLE, SMTP_ONE, SMTP_TEN, APPEND, LOGIN, IDLE -> false;
      default -> true;
    };
  }

  Measurement run(Target target, Options options) throws IOException, InterruptedException {
    return switch (this) {
      case SMTP_VISIBLE -> SmtpWorkloads.visible(target, options);
      case SMTP -> SmtpWorkloads.accepted(target, options);
      case SMTP_ONE -> SmtpWorkloads.visibleToOne(target, options);
      case SMTP_TEN -> SmtpWorkloads.visibleToTen(target, options);
      case APPEND -> ImapWorkloads.append(target, options);
      case LOGIN -> ImapWorkloads.login(target, options);
      case STATUS -> ImapWorkloads.status(target, options);
      case FETCH_FLAGS -> ImapWorkloads.flags(target, options);
      case FETCH_ENVELOPE -> ImapWorkloads.envelopes(target, options);
      case FETCH_HEADERS -> ImapWorkloads.headers(target, options);
      case FETCH_METADATA -> ImapWorkloads.metadata(target, options);
      case FETCH_BODY -> ImapWorkloads.bodies(target, options);
      case FETCH_BODY_FIRST -> BulkWorkloads.first(target, options);
      case FETCH_LARGE -> BulkWorkloads.large(target, options);
      case STORE -> ImapWorkloads.store(target, options);
      case STORE_MANY -> BulkWorkloads.storeMany(target, options);
      case IDLE -> IdleWorkload.run(target, options);
      case POP3 -> Pop3Workloads.oneByOne(target, options);
      case POP3_PIPELINED -> Pop3Workloads.pipelined(target, options);
      case MIXED -> ImapWorkloads.mixed(target, options);
    };
  }
}
