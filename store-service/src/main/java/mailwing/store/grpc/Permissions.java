package mailwing.store.grpc;

import static mailwing.store.grpc.Caller.Role.IMAP;
import static mailwing.store.grpc.Caller.Role.POP3;
import static mailwing.store.grpc.Caller.Role.SMTP;
import static mailwing.store.grpc.Scope.DELIVER;
import static mailwing.store.grpc.Scope.DIRECTORY;
import static mailwing.store.grpc.Scope.MAIL_READ;
import static mailwing.store.grpc.Scope.MAIL_WRITE;

import io.grpc.MethodDescriptor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import mailwing.store.grpc.Caller.Role;
import mailwing.store.v1.AuthenticationGrpc;
import mailwing.store.v1.DeliveryGrpc;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.store.v1.DkimGrpc;
import mailwing.store.v1.MailboxesGrpc;
import mailwing.store.v1.MessagesGrpc;
import mailwing.store.v1.QueueGrpc;
import mailwing.store.v1.SharingGrpc;
import mailwing.store.v1.TlsPoliciesGrpc;
import mailwing.store.v1.TraceGrpc;
import mailwing.store.v1.UrlsGrpc;

/// Who may make which call: the whole table. A method that is not in it is refused to everyone.
final class Permissions {
  /// Who may make one call.
  ///
  /// @param roles services that may
  /// @param scopes a session or an API key that has one of these may
  /// @param admin whether an administrator may
  private record Rule(Set<Role> roles, Set<Scope> scopes, boolean admin) {
    Rule and(Role... more) {
      return new Rule(Set.copyOf(Arrays.asList(more)), scopes, admin);
    }
  }

  private static final Rule LOGIN = new Rule(Set.of(SMTP, POP3, IMAP), Set.of(), false);
  private static final Rule DELIVERY = new Rule(Set.of(SMTP), Set.of(DELIVER), false);
  private static final Rule SIGNING = new Rule(Set.of(SMTP), Set.of(), false);
  private static final Rule ADMINISTRATION = new Rule(Set.of(), Set.of(DIRECTORY), true);
  private static final Rule READ = new Rule(Set.of(), Set.of(MAIL_READ), false);
  private static final Rule WRITE = new Rule(Set.of(), Set.of(MAIL_WRITE), false);

  /// Whoever has a credential: the schema is no secret, but who asks must be known.
  private static final Rule KNOWN = new Rule(Set.of(Role.values()), Set.of(Scope.values()), true);

  private static final Map<String, Rule> TABLE = new HashMap<>();

  /// Health is answered to anyone: a balancer has no credential.
  private static final Set<String> OPEN =
      Set.of("grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch");

  static {
    put(AuthenticationGrpc.getAuthenticatePasswordMethod(), LOGIN);
    put(AuthenticationGrpc.getAuthenticateSaslMethod(), LOGIN);
    put(AuthenticationGrpc.getRenewTokenMethod(), LOGIN);

    put(DeliveryGrpc.getResolveRecipientMethod(), DELIVERY);
    put(DeliveryGrpc.getDeliverMethod(), DELIVERY);

    put(SharingGrpc.getListSharesMethod(), ADMINISTRATION);
    put(SharingGrpc.getSetShareMethod(), ADMINISTRATION);

    put(QueueGrpc.getLeaseJobsMethod(), DELIVERY);
    put(QueueGrpc.getRenewLeaseMethod(), DELIVERY);
    put(QueueGrpc.getReadQueuedMethod(), DELIVERY);
    put(QueueGrpc.getReportResultsMethod(), DELIVERY);
    put(QueueGrpc.getListQueueMethod(), ADMINISTRATION);
    put(QueueGrpc.getChangeQueueMethod(), ADMINISTRATION);
    put(QueueGrpc.getSetSuspendedMethod(), ADMINISTRATION);
    put(QueueGrpc.getListSuspendedMethod(), ADMINISTRATION);
    // A session's own account's.
    put(QueueGrpc.getTakeBackMethod(), new Rule(Set.of(), Set.of(MAIL_WRITE, DIRECTORY), true));

    put(DkimGrpc.getGetSigningKeysMethod(), SIGNING);
    put(DkimGrpc.getActivateDkimKeyMethod(), SIGNING);
    put(DkimGrpc.getListDkimKeysMethod(), ADMINISTRATION);
    put(DkimGrpc.getAddDkimKeysMethod(), ADMINISTRATION);
    put(DkimGrpc.getRotateDkimKeysMethod(), ADMINISTRATION);
    put(DkimGrpc.getRetireDkimKeyMethod(), ADMINISTRATION);
    put(TlsPoliciesGrpc.getFindStsPolicyMethod(), DELIVERY);
    put(TlsPoliciesGrpc.getKeepStsPolicyMethod(), DELIVERY);
    put(TlsPoliciesGrpc.getLeaseStsPoliciesMethod(), DELIVERY);
    put(TlsPoliciesGrpc.getCountTlsSessionsMethod(), DELIVERY);
    put(TlsPoliciesGrpc.getLeaseTlsReportsMethod(), DELIVERY);
    put(TlsPoliciesGrpc.getFinishTlsReportMethod(), DELIVERY);
    // All for an administrator, what is theirs for a session.
    put(TraceGrpc.getTraceMessagesMethod(), new Rule(Set.of(), Set.of(MAIL_READ), true));
    put(TraceGrpc.getRecordRefusalsMethod(), DELIVERY);

    put(DirectoryGrpc.getAddDomainMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getListDomainsMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getRemoveDomainMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getUpdateDomainMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getListLoginBansMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getLiftLoginBanMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getAddUserMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getGetUserMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getListUsersMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getSetPasswordMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getUpdateUserMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getRemoveUserMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getAddAliasMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getListAliasesMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getRemoveAliasMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getAddGroupMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getListGroupsMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getUpdateGroupMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getRemoveGroupMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getListGroupMembersMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getChangeGroupMembersMethod(), ADMINISTRATION);
    put(DirectoryGrpc.getAddApiKeyMethod(), new Rule(Set.of(), Set.of(), true));
    put(DirectoryGrpc.getListApiKeysMethod(), new Rule(Set.of(), Set.of(), true));
    put(DirectoryGrpc.getRemoveApiKeyMethod(), new Rule(Set.of(), Set.of(), true));

    put(MailboxesGrpc.getListMailboxesMethod(), READ);
    put(MailboxesGrpc.getGetStatusMethod(), READ.and(POP3, IMAP)); // with a token a query
    put(MailboxesGrpc.getOpenMailboxMethod(), READ);
    put(MailboxesGrpc.getCreateMailboxMethod(), WRITE);
    put(MailboxesGrpc.getDeleteMailboxMethod(), WRITE);
    put(MailboxesGrpc.getRenameMailboxMethod(), WRITE);
    put(MailboxesGrpc.getSetSubscribedMethod(), WRITE);
    put(MailboxesGrpc.getGetMetadataMethod(), READ);
    put(MailboxesGrpc.getSetMetadataMethod(), WRITE);
    put(MailboxesGrpc.getListMetadataChangesMethod(), READ);
    put(MailboxesGrpc.getHoldMaildropMethod(), WRITE);
    put(MailboxesGrpc.getReleaseMaildropMethod(), WRITE);
    put(MailboxesGrpc.getGetQuotaMethod(), READ);
    put(MailboxesGrpc.getSetQuotaMethod(), WRITE); // and the account is an administrator

    put(MailboxesGrpc.getGetAclMethod(), READ);
    put(MailboxesGrpc.getSetAclMethod(), WRITE);
    put(MailboxesGrpc.getGetRightsMethod(), READ);
    put(MailboxesGrpc.getListSharersMethod(), READ);

    put(MessagesGrpc.getGetSnapshotMethod(), READ);
    put(MessagesGrpc.getListChangesMethod(), READ);
    put(MessagesGrpc.getFetchMessagesMethod(), READ);
    put(MessagesGrpc.getReadBodyMethod(), READ);
    put(MessagesGrpc.getAppendMethod(), WRITE);
    put(MessagesGrpc.getStoreFlagsMethod(), WRITE);
    put(MessagesGrpc.getCopyMessagesMethod(), WRITE);
    put(MessagesGrpc.getExpungeMethod(), WRITE);
    put(MessagesGrpc.getSearchMethod(), READ);
    put(MessagesGrpc.getThreadMethod(), READ);

    put(UrlsGrpc.getAuthorizeUrlsMethod(), WRITE);
    put(UrlsGrpc.getResetUrlKeysMethod(), WRITE);
    put(UrlsGrpc.getFetchUrlMethod(), READ);

    TABLE.put("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", KNOWN);
    TABLE.put("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", KNOWN);
  }

  private Permissions() {}

  private static void put(MethodDescriptor<?, ?> method, Rule rule) {
    TABLE.put(method.getFullMethodName(), rule);
  }

  static boolean isOpen(String method) {
    return OPEN.contains(method);
  }

  static boolean knows(String method) {
    return isOpen(method) || TABLE.containsKey(method);
  }

  static boolean allows(String method, Caller caller) {
    Optional<Rule> rule = Optional.ofNullable(TABLE.get(method));
    return rule.isPresent()
        && switch (caller.kind()) {
          case ADMIN -> rule.get().admin;
          case SERVICE -> caller.role() != null && rule.get().roles.contains(caller.role());
          case SESSION, API_KEY -> rule.get().scopes.stream().anyMatch(caller::has);
        };
  }
}
