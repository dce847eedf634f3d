package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.gateway.StoreException;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.store.v1.GetQuotaRequest;
import mailwing.store.v1.Quota;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.SetQuotaRequest;

/// GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208). An account has one quota root, whose name is its
/// address.
final class Quotas {
  private static final long STORAGE_UNIT = 1024;

  private Quotas() {}

  static Reply get(Session session, LoggedIn state, AuthenticatedCommand.GetQuota command)
      throws IOException {
    Quota quota;
    try {
      quota = state.store().quota(GetQuotaRequest.newBuilder().setAddress(command.root()).build());
    } catch (StoreException e) {
      return refused(e);
    }
    tell(session.out(), quota);
    return Reply.ok("GETQUOTA completed");
  }

  /// One's own mailbox need not exist (RFC 9208 §4.1.2).
  static Reply getRoot(Session session, LoggedIn state, AuthenticatedCommand.GetQuotaRoot command)
      throws IOException {
    Quota quota =
        state
            .store()
            .quota(GetQuotaRequest.newBuilder().setMailbox(command.mailbox().value()).build());
    session.out().quotaRoot(command.mailbox(), List.of(quota.getAddress()));
    tell(session.out(), quota);
    return Reply.ok("GETQUOTAROOT completed");
  }

  /// Limits that are not named are taken away (RFC 9208 §4.1.3).
  static Reply set(Session session, LoggedIn state, AuthenticatedCommand.SetQuota command)
      throws IOException {
    QuotaLimits.Builder limits = QuotaLimits.newBuilder();
    for (AuthenticatedCommand.SetQuota.Resource resource : command.resources()) {
      long limit = resource.limit();
      if (limit <= 0) {
        return Reply.no(ResponseCode.Name.CANNOT, "A limit is at least 1");
      }
      switch (resource.name()) {
        case "STORAGE" -> {
          if (limit > Long.MAX_VALUE / STORAGE_UNIT) {
            return Reply.no(ResponseCode.Name.CANNOT, "The limit is too high");
          }
          limits.setOctets(limit * STORAGE_UNIT);
        }
        case "MESSAGE" -> limits.setMessages(limit);
        case "MAILBOX" -> limits.setMailboxes(limit);
        default -> {
          return Reply.no(ResponseCode.Name.CANNOT, "No such resource");
        }
      }
    }
    Quota quota;
    try {
      quota =
          state
              .store()
              .setQuota(
                  SetQuotaRequest.newBuilder()
                      .setAddress(command.root())
                      .setLimits(limits)
                      .build());
    } catch (StoreException e) {
      return refused(e);
    }
    tell(session.out(), quota);
    return Reply.ok("SETQUOTA completed");
  }

  /// A root that is not there is another's, as far as one who may not see it can tell.
  private static Reply refused(StoreException e) {
    return switch (e.code()) {
      case ACCOUNT_NOT_FOUND -> Reply.no(ResponseCode.Name.NONEXISTENT, "No such quota root");
      default -> StoreErrors.reply(e.code());
    };
  }

  /// Resources without a limit are not named (RFC 9208 §4.2.1).
  private static void tell(ResponseWriter out, Quota quota) throws IOException {
    List<ResponseWriter.Usage> usages = new ArrayList<>();
    QuotaLimits limits = quota.getLimits();
    if (limits.getOctets() > 0) {
      usages.add(
          new ResponseWriter.Usage(
              "STORAGE", units(quota.getUsage().getOctets()), units(limits.getOctets())));
    }
    if (limits.getMessages() > 0) {
      usages.add(
          new ResponseWriter.Usage(
              "MESSAGE", quota.getUsage().getMessages(), limits.getMessages()));
    }
    if (limits.getMailboxes() > 0) {
      usages.add(
          new ResponseWriter.Usage(
              "MAILBOX", quota.getUsage().getMailboxes(), limits.getMailboxes()));
    }
    out.quota(quota.getAddress(), usages);
  }

  /// Octets in units of 1,024, a part counted whole.
  private static long units(long octets) {
    return octets / STORAGE_UNIT + (octets % STORAGE_UNIT == 0 ? 0 : 1);
  }
}
