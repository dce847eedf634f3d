package mailwing.store.grpc;

import mailwing.store.StoreException;
import mailwing.store.accounts.Administration;
import mailwing.store.domain.Place;
import mailwing.store.domain.Sharing;
import mailwing.store.persistence.AccountMail.Limits;
import mailwing.store.persistence.AccountRow;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetQuotaRequest;
import mailwing.store.v1.Quota;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.QuotaUsage;
import mailwing.store.v1.Right;
import mailwing.store.v1.SetQuotaRequest;

/// What accounts may hold and hold (RFC 9208): each sees its own and that of accounts whose mail it
/// may read, administrators see and set all.
final class QuotaCalls {
  private final Administration administration;

  private final Sharing sharing;
  private final MailRights rights;

  QuotaCalls(Administration administration, Sharing sharing, MailRights rights) {
    this.administration = administration;
    this.sharing = sharing;
    this.rights = rights;
  }

  Quota get(GetQuotaRequest request) {
    AccountRow caller = administration.account(MailRights.read());
    if (!request.getMailbox().isEmpty()) {
      Place place = rights.read(0, request.getMailbox(), Right.RIGHT_READ);
      return quota(place.access().own() ? caller : administration.account(place.account()));
    }
    return quota(named(caller, request.getOwnerAccount(), request.getAddress()));
  }

  Quota set(SetQuotaRequest request) {
    AccountRow caller = administration.account(MailRights.write());
    if (!caller.administrator()) {
      throw new StoreException(ErrorCode.PERMISSION_DENIED, "only administrators set quotas");
    }
    AccountRow account = named(caller, request.getOwnerAccount(), request.getAddress());
    QuotaLimits limits = request.getLimits();
    administration.setLimits(
        account, new Limits(limits.getOctets(), limits.getMessages(), limits.getMailboxes()));
    return quota(account);
  }

  private AccountRow named(AccountRow caller, long account, String address) {
    boolean own =
        address.isEmpty()
            ? account == 0 || account == caller.accountId()
            : address.equalsIgnoreCase(caller.address());
    if (own) {
      return caller;
    }
    AccountRow found =
        address.isEmpty() ? administration.account(account) : administration.user(address);
    if (!caller.administrator() && !sharing.reads(found.accountId(), caller.accountId())) {
      // Not told apart from an account that is not there.
      throw new StoreException(ErrorCode.ACCOUNT_NOT_FOUND, "no such account");
    }
    return found;
  }

  private Quota quota(AccountRow account) {
    var quota = administration.quota(account);
    return Quota.newBuilder()
        .setAccountId(account.accountId())
        .setAddress(account.address())
        .setLimits(limits(quota.limits()))
        .setUsage(
            QuotaUsage.newBuilder()
                .setOctets(quota.octets())
                .setMessages(quota.messages())
                .setMailboxes(quota.mailboxes()))
        .build();
  }

  private static QuotaLimits limits(Limits limits) {
    return QuotaLimits.newBuilder()
        .setOctets(limits.octets())
        .setMessages(limits.messages())
        .setMailboxes(limits.mailboxes())
        .build();
  }
}
