package mailwing.cli;

import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import mailwing.store.v1.ClientInfoForTrace;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.RefusedMail;
import mailwing.store.v1.TraceStep;
import mailwing.store.v1.TracedMessage;

/// A message's steps as lines, each with its time.
final class TracePrinter {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS xxx", Locale.ROOT);

  private final PrintWriter out;
  private final ZoneId zone;

  TracePrinter(PrintWriter out, ZoneId zone) {
    this.out = out;
    this.zone = zone;
  }

  void print(TracedMessage message) {
    line(
        message.getPosition().getAtMillis(),
        (message.getId().isEmpty() ? "-" : message.getId())
            + "  from <"
            + message.getReversePath()
            + ">"
            + (message.getMessageId().isEmpty()
                ? ""
                : "  Message-ID <" + message.getMessageId() + ">"));
    for (TraceStep step : message.getStepsList()) {
      line(step.getAtMillis(), "  " + text(message, step));
    }
    if (message.getMore()) {
      line(message.getPosition().getAtMillis(), "  and more recipients, which are not told here");
    }
  }

  private void line(long millis, String text) {
    StringBuilder plain = new StringBuilder(text.length());
    // What others have said comes without what a terminal would obey.
    text.codePoints()
        .forEach(
            c ->
                plain.appendCodePoint(
                    Character.isISOControl(c) || Character.getType(c) == Character.FORMAT
                        ? ' '
                        : c));
    out.println(time(millis) + "  " + plain);
  }

  private String time(long millis) {
    return TIME.format(Instant.ofEpochMilli(millis).atZone(zone));
  }

  private String text(TracedMessage message, TraceStep step) {
    String to = "<" + step.getRecipient() + ">";
    return switch (step.getKind()) {
      case ACCEPTED -> "accepted " + client(message.getOrigin());
      case DELIVERED -> "delivered " + to + (step.getMailbox().isEmpty() ? "" : " to " + in(step));
      case DEFERRED -> "waits for room in the account of " + to + next(step);
      case QUEUED ->
          "queued "
              + to
              + (step.getThrough().isEmpty() ? "" : ", sent on by <" + step.getThrough() + ">")
              + next(step);
      case TRIED -> "tried " + to + " " + attempt(step) + next(step);
      case RELAYED -> "relayed " + to + " " + attempt(step);
      case FAILED -> "failed " + to + " " + attempt(step);
      case NOTIFIED -> notified(step, to);
      case READ ->
          "read by "
              + (step.getReader().isEmpty() ? step.getAccount() : step.getReader())
              + ", first";
      case COPIED -> "copied to " + in(step);
      case MOVED ->
          "moved from "
              + step.getFromMailbox()
              + " UID "
              + Integer.toUnsignedString(step.getFromUid())
              + " to "
              + in(step);
      case EXPUNGED -> "expunged from " + in(step);
      case MAILBOX_DELETED -> "deleted with the mailbox " + in(step);
      case REFUSED -> refused(message.getOrigin(), step.getRefusal());
      case ADMINISTERED ->
          "administrator: " + step.getChange().name().toLowerCase(Locale.ROOT) + " " + to;
      case TAKEN_BACK -> "taken back " + to;
      case KIND_UNSPECIFIED, UNRECOGNIZED -> "something that this program does not know";
    };
  }

  private static String in(TraceStep step) {
    return (step.getAccount().isEmpty() ? "" : step.getAccount() + " ")
        + step.getMailbox()
        + " UID "
        + Integer.toUnsignedString(step.getUid())
        + (step.getUidValidity() == 0
            ? ""
            : " (UIDVALIDITY " + Integer.toUnsignedString(step.getUidValidity()) + ")");
  }

  private String next(TraceStep step) {
    return step.getNextAtMillis() == 0 ? "" : "; next try " + time(step.getNextAtMillis());
  }

  private static String client(ClientInfoForTrace client) {
    StringBuilder text = new StringBuilder();
    if (!client.getAddress().isEmpty()) {
      text.append("from ").append(client.getAddress()).append(' ');
      if (!client.getHelo().isEmpty()) {
        text.append('(').append(client.getHelo()).append(") ");
      }
    }
    text.append("by ").append(client.getProtocol().name().toLowerCase(Locale.ROOT));
    if (!client.getHost().isEmpty()) {
      text.append(" at ").append(client.getHost());
    }
    if (!client.getTlsSuite().isEmpty()) {
      text.append(", ").append(client.getTlsSuite());
    } else if (!client.getAddress().isEmpty()) {
      text.append(client.getTls() ? ", TLS" : ", in the clear");
    }
    if (!client.getAuthenticatedAs().isEmpty()) {
      text.append(", logged in as ").append(client.getAuthenticatedAs());
    }
    client.getAuthenticationResultsList().forEach(result -> text.append("; ").append(result));
    return text.toString();
  }

  private static String attempt(TraceStep step) {
    QueueResult result = step.getAttempt().getResult();
    StringBuilder text = new StringBuilder();
    if (!result.getRemoteHost().isEmpty()) {
      text.append("at ").append(result.getRemoteHost());
      if (!result.getRemoteAddress().isEmpty()) {
        text.append(" [").append(result.getRemoteAddress()).append(']');
      }
      text.append(result.getTls().isEmpty() ? ", in the clear" : ", " + result.getTls());
      text.append(": ");
    }
    // A host's reply says its status mostly.
    if (!result.getReply().contains(result.getStatus())) {
      text.append(result.getStatus()).append(' ');
    }
    return text.append(result.getReply()).toString();
  }

  private static String notified(TraceStep step, String to) {
    return "sender told that "
        + to
        + switch (step.getNotice()) {
          case OF_FAILURE -> " failed";
          case OF_DELAY -> " is late";
          case OF_RELAY -> " was relayed";
          case OF_DELIVERY -> " was delivered";
          case OF_EXPANSION -> " was given to several";
          case NOTICE_UNSPECIFIED, UNRECOGNIZED -> " changed";
        }
        + (step.getNoticeId().isEmpty() ? "" : ", by " + step.getNoticeId());
  }

  private static String refused(ClientInfoForTrace client, RefusedMail refusal) {
    StringBuilder text = new StringBuilder("refused");
    refusal.getRecipientsList().forEach(to -> text.append(" <").append(to).append('>'));
    text.append(": ")
        .append(refusal.getCode())
        .append(' ')
        .append(refusal.getStatus())
        .append(' ')
        .append(refusal.getText());
    if (refusal.getCount() > 1) {
      text.append(", ").append(refusal.getCount()).append(" times");
    }
    return text.append("; ").append(client(client)).toString();
  }
}
