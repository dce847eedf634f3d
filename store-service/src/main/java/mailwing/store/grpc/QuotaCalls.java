package mailwing.store.grpc;

import mailwing.store.StoreException;
import mailwing.store.accounts.Administration;
import mailwing.store.persistence.AccountMail.Limits;
import mailwing.store.persistence.AccountRow;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.GetQuotaRequest;
import mailwing.store.v1.Quota;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.QuotaUsage;
import mailwing.store.v1.SetQuotaRequest;

/// What accounts may hold and hold (RFC 9208): each sees its own, administrators see and set all.
final class QuotaCalls {
  private final Administration administration;

  QuotaCalls(Administration administration) {
    this.administration = administration;
  }

  Quota get(GetQuotaRequest request) {
    AccountRow caller = administration.account(MailRights.read(0));
    return quota(named(caller, request.getOwnerAccount(), request.getAddress()));
  }

  Quota set(SetQuotaRequest request) {
    AccountRow caller = administration.account(MailRights.write(0));
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
    if (!caller.administrator()) {
      // Not told apart from an account that is not there.
      throw new StoreException(ErrorCode.ACCOUNT_NOT_FOUND, "no such account");
    }
    return address.isEmpty() ? administration.account(account) : administration.user(address);
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
