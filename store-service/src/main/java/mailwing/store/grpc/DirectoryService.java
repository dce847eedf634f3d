package mailwing.store.grpc;

import io.grpc.stub.StreamObserver;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import mailwing.store.StoreException;
import mailwing.store.accounts.Administration;
import mailwing.store.accounts.ApiKeys;
import mailwing.store.accounts.LoginBans;
import mailwing.store.accounts.OnwardAdministration;
import mailwing.store.persistence.AccountMail.Limits;
import mailwing.store.persistence.AccountMail.Quota;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.AliasRows;
import mailwing.store.persistence.AliasRows.AliasRow;
import mailwing.store.persistence.ApiKeyRow;
import mailwing.store.persistence.CredentialStore;
import mailwing.store.persistence.DomainRules;
import mailwing.store.persistence.SubmissionRows;
import mailwing.store.persistence.UserRows;
import mailwing.store.persistence.UserRows.UserRow;
import mailwing.store.v1.AddAliasRequest;
import mailwing.store.v1.AddApiKeyRequest;
import mailwing.store.v1.AddApiKeyResponse;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddDomainResponse;
import mailwing.store.v1.AddGroupRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.Alias;
import mailwing.store.v1.ApiKey;
import mailwing.store.v1.ChangeGroupMembersRequest;
import mailwing.store.v1.ChangeGroupMembersResponse;
import mailwing.store.v1.DirectoryGrpc;
import mailwing.store.v1.Domain;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Forwarding;
import mailwing.store.v1.GetUserRequest;
import mailwing.store.v1.Group;
import mailwing.store.v1.GroupMember;
import mailwing.store.v1.LiftLoginBanRequest;
import mailwing.store.v1.LiftLoginBanResponse;
import mailwing.store.v1.ListAliasesRequest;
import mailwing.store.v1.ListApiKeysRequest;
import mailwing.store.v1.ListDomainsRequest;
import mailwing.store.v1.ListGroupMembersRequest;
import mailwing.store.v1.ListGroupsRequest;
import mailwing.store.v1.ListLoginBansRequest;
import mailwing.store.v1.ListUsersRequest;
import mailwing.store.v1.LoginBan;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.QuotaUsage;
import mailwing.store.v1.RemoveAliasRequest;
import mailwing.store.v1.RemoveAliasResponse;
import mailwing.store.v1.RemoveApiKeyRequest;
import mailwing.store.v1.RemoveApiKeyResponse;
import mailwing.store.v1.RemoveDomainRequest;
import mailwing.store.v1.RemoveDomainResponse;
import mailwing.store.v1.RemoveGroupRequest;
import mailwing.store.v1.RemoveGroupResponse;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.RemoveUserResponse;
import mailwing.store.v1.SetPasswordRequest;
import mailwing.store.v1.SetPasswordResponse;
import mailwing.store.v1.UpdateDomainRequest;
import mailwing.store.v1.UpdateGroupRequest;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.store.v1.User;

/// Domains, users, aliases, groups and API keys.
public final class DirectoryService extends DirectoryGrpc.DirectoryImplBase {
  private static final int PAGE = 500;
  private static final int LONGEST_UNDO = 3600;
  private static final Pattern KEY_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  private final Administration administration;
  private final OnwardAdministration onward;
  private final GroupCalls groups;
  private final UserRows users;
  private final AliasRows aliases;
  private final DomainRules domains;
  private final LoginBans bans;
  private final CredentialStore credentials;
  private final ApiKeys apiKeys;
  private final SubmissionRows submissions;

  public DirectoryService(
      Administration administration,
      OnwardAdministration onward,
      GroupCalls groups,
      UserRows users,
      AliasRows aliases,
      DomainRules domains,
      LoginBans bans,
      CredentialStore credentials,
      ApiKeys apiKeys,
      SubmissionRows submissions) {
    this.administration = administration;
    this.onward = onward;
    this.groups = groups;
    this.users = users;
    this.aliases = aliases;
    this.domains = domains;
    this.bans = bans;
    this.credentials = credentials;
    this.apiKeys = apiKeys;
    this.submissions = submissions;
  }

  @Override
  public void addDomain(AddDomainRequest request, StreamObserver<AddDomainResponse> answer) {
    String name = administration.addDomain(request.getName());
    reply(answer, AddDomainResponse.newBuilder().setDomain(domain(domains.domain(name))).build());
  }

  @Override
  public void listDomains(ListDomainsRequest request, StreamObserver<Domain> answer) {
    stream(
        answer,
        after -> domains.domains(after, PAGE),
        "",
        DomainRules.DomainRow::name,
        DirectoryService::domain);
  }

  @Override
  public void updateDomain(UpdateDomainRequest request, StreamObserver<Domain> answer) {
    reply(
        answer,
        domain(
            administration.updateDomain(
                request.getName(),
                request.getAddAliasesList(),
                request.getRemoveAliasesList(),
                request.hasCatchAll() ? request.getCatchAll() : null)));
  }

  @Override
  public void listLoginBans(ListLoginBansRequest request, StreamObserver<LoginBan> answer) {
    bans.bans()
        .forEach(
            ban ->
                answer.onNext(
                    LoginBan.newBuilder()
                        .setAddress(ban.address())
                        .setFailures(ban.failures())
                        .setUntilSeconds(ban.until().getEpochSecond())
                        .build()));
    answer.onCompleted();
  }

  @Override
  public void liftLoginBan(
      LiftLoginBanRequest request, StreamObserver<LiftLoginBanResponse> answer) {
    boolean lifted = bans.lift(request.getAddress());
    reply(answer, LiftLoginBanResponse.newBuilder().setLifted(lifted).build());
  }

  @Override
  public void removeDomain(
      RemoveDomainRequest request, StreamObserver<RemoveDomainResponse> answer) {
    administration.removeDomain(request.getName());
    reply(answer, RemoveDomainResponse.getDefaultInstance());
  }

  @Override
  public void addUser(AddUserRequest request, StreamObserver<User> answer) {
    byte[] password = request.getPassword().toByteArray();
    if (request.getShared() && (password.length > 0 || request.getAdministrator())) {
      throw new StoreException(
          ErrorCode.INVALID_ARGUMENT, "nobody logs in to a shared account, or administers by it");
    }
    Limits limits = limits(request.getQuota());
    long made =
        request.getShared()
            ? administration.addSharedAccount(request.getAddress(), limits)
            : administration.addUser(request.getAddress(), password, limits);
    if (request.getAdministrator()) {
      administration.setAdministrator(administration.account(made), true);
    }
    reply(answer, user(made));
  }

  @Override
  public void getUser(GetUserRequest request, StreamObserver<User> answer) {
    reply(answer, user(administration.user(request.getAddress()).accountId()));
  }

  @Override
  public void listUsers(ListUsersRequest request, StreamObserver<User> answer) {
    String domain = administration.domainOrAll(request.getDomain());
    stream(
        answer,
        after -> users.users(domain, after, PAGE),
        0L,
        UserRow::accountId,
        DirectoryService::user);
  }

  @Override
  public void setPassword(SetPasswordRequest request, StreamObserver<SetPasswordResponse> answer) {
    administration.setPassword(request.getAddress(), request.getPassword().toByteArray());
    reply(answer, SetPasswordResponse.getDefaultInstance());
  }

  @Override
  public void updateUser(UpdateUserRequest request, StreamObserver<User> answer) {
    AccountRow account = administration.user(request.getAddress());
    if (request.hasQuota()) {
      administration.setLimits(account, limits(request.getQuota()));
    }
    if (request.hasAdministrator()) {
      administration.setAdministrator(account, request.getAdministrator());
    }
    if (request.hasHomeSite()) {
      administration.setHomeSite(account, request.getHomeSite());
    }
    if (request.hasUndoSeconds()) {
      if (request.getUndoSeconds() < 0 || request.getUndoSeconds() > LONGEST_UNDO) {
        throw new StoreException(
            ErrorCode.INVALID_ARGUMENT, "mail is held for at most " + LONGEST_UNDO + " s to undo");
      }
      submissions.setUndoSeconds(account.accountId(), request.getUndoSeconds());
    }
    if (request.hasCopyToSent()) {
      submissions.setCopyToSent(account.accountId(), request.getCopyToSent());
    }
    if (request.hasForwarding()) {
      onward.setForwarding(
          account.accountId(),
          request.getForwarding().getTargetsList(),
          request.getForwarding().getKeepsCopy());
    }
    if (request.hasEnabled()) {
      administration.setEnabled(account, request.getEnabled());
    }
    reply(answer, user(account.accountId()));
  }

  @Override
  public void removeUser(RemoveUserRequest request, StreamObserver<RemoveUserResponse> answer) {
    administration.removeUser(request.getAddress());
    reply(answer, RemoveUserResponse.getDefaultInstance());
  }

  @Override
  public void addAlias(AddAliasRequest request, StreamObserver<Alias> answer) {
    reply(answer, alias(onward.addAlias(request.getAddress(), request.getTargetsList())));
  }

  @Override
  public void listAliases(ListAliasesRequest request, StreamObserver<Alias> answer) {
    String domain = administration.domainOrAll(request.getDomain());
    stream(
        answer,
        after -> aliases.aliases(domain, after, PAGE),
        AliasRows.Key.FIRST,
        AliasRow::key,
        DirectoryService::alias);
  }

  @Override
  public void removeAlias(RemoveAliasRequest request, StreamObserver<RemoveAliasResponse> answer) {
    onward.removeAlias(request.getAddress());
    reply(answer, RemoveAliasResponse.getDefaultInstance());
  }

  @Override
  public void addGroup(AddGroupRequest request, StreamObserver<Group> answer) {
    reply(answer, groups.add(request));
  }

  @Override
  public void listGroups(ListGroupsRequest request, StreamObserver<Group> answer) {
    String domain = administration.domainOrAll(request.getDomain());
    stream(
        answer,
        after -> groups.page(domain, after, PAGE),
        0L,
        described -> described.group().groupId(),
        GroupCalls::group);
  }

  @Override
  public void updateGroup(UpdateGroupRequest request, StreamObserver<Group> answer) {
    reply(answer, groups.update(request));
  }

  @Override
  public void removeGroup(RemoveGroupRequest request, StreamObserver<RemoveGroupResponse> answer) {
    groups.remove(request);
    reply(answer, RemoveGroupResponse.getDefaultInstance());
  }

  @Override
  public void listGroupMembers(
      ListGroupMembersRequest request, StreamObserver<GroupMember> answer) {
    long group = groups.id(request.getAddress());
    stream(
        answer,
        after -> groups.members(group, after, PAGE),
        GroupCalls.FIRST,
        member -> member.address(),
        member -> GroupMember.newBuilder().setAddress(member.address().spelling()).build());
  }

  @Override
  public void changeGroupMembers(
      ChangeGroupMembersRequest request, StreamObserver<ChangeGroupMembersResponse> answer) {
    reply(answer, groups.changeMembers(request));
  }

  @Override
  public void addApiKey(AddApiKeyRequest request, StreamObserver<AddApiKeyResponse> answer) {
    if (!KEY_NAME.matcher(request.getName()).matches()) {
      throw new StoreException(
          ErrorCode.INVALID_ARGUMENT, "a key's name is 1 to 64 letters, digits, dots, - and _");
    }
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    for (String text : request.getScopesList()) {
      scopes.add(
          Scope.of(text)
              .orElseThrow(
                  () ->
                      new StoreException(
                          ErrorCode.INVALID_ARGUMENT,
                          "scopes are directory, deliver, mail:read, mail:write")));
    }
    boolean mail = scopes.contains(Scope.MAIL_READ) || scopes.contains(Scope.MAIL_WRITE);
    if (scopes.isEmpty() || mail == request.getAddress().isEmpty()) {
      throw new StoreException(
          ErrorCode.INVALID_ARGUMENT,
          "a key has scopes, and an address exactly when one of them is a mail scope");
    }
    long accountId = mail ? administration.user(request.getAddress()).accountId() : 0;
    String secret =
        apiKeys.make(request.getName(), scopes.stream().map(Scope::text).toList(), accountId);
    ApiKeyRow made = credentials.apiKeyNamed(request.getName()).orElseThrow();
    reply(answer, AddApiKeyResponse.newBuilder().setKey(apiKey(made)).setSecret(secret).build());
  }

  @Override
  public void listApiKeys(ListApiKeysRequest request, StreamObserver<ApiKey> answer) {
    stream(
        answer,
        after -> credentials.apiKeys(after, PAGE),
        "",
        ApiKeyRow::name,
        DirectoryService::apiKey);
  }

  @Override
  public void removeApiKey(
      RemoveApiKeyRequest request, StreamObserver<RemoveApiKeyResponse> answer) {
    if (!apiKeys.remove(request.getName())) {
      throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no key has this name");
    }
    reply(answer, RemoveApiKeyResponse.getDefaultInstance());
  }

  private static <T> void reply(StreamObserver<T> answer, T message) {
    answer.onNext(message);
    answer.onCompleted();
  }

  /// Page by page, and no faster than the caller takes them, so that no list is held whole.
  private static <K, R, T> void stream(
      StreamObserver<T> answer,
      Function<K, List<R>> page,
      K first,
      Function<R, K> key,
      Function<R, T> message) {
    PacedStream<T> paced = new PacedStream<>(answer);
    K after = first;
    List<R> rows;
    do {
      rows = page.apply(after);
      for (R row : rows) {
        paced.send(message.apply(row));
      }
      if (!rows.isEmpty()) {
        after = key.apply(rows.getLast());
      }
    } while (rows.size() == PAGE);
    paced.complete();
  }

  private static Domain domain(DomainRules.DomainRow row) {
    return Domain.newBuilder()
        .setName(row.name())
        .addAllAliases(row.aliases())
        .setCatchAll(row.catchAll())
        .build();
  }

  private User user(long accountId) {
    return users
        .user(accountId)
        .map(DirectoryService::user)
        .orElseThrow(
            () -> new StoreException(ErrorCode.ACCOUNT_NOT_FOUND, "the user has been removed"));
  }

  private static User user(UserRow row) {
    Quota quota = row.quota();
    User.Builder user = User.newBuilder();
    if (!row.forward().isEmpty()) {
      user.setForwarding(
          Forwarding.newBuilder().addAllTargets(row.forward()).setKeepsCopy(row.keepsCopy()));
    }
    return user.setAddress(row.address())
        .setAccountId(row.accountId())
        .setEnabled(row.enabled())
        .setAdministrator(row.administrator())
        .setHomeSite(row.homeSite())
        .setShared(row.shared())
        .setUndoSeconds(row.submission().undoSeconds())
        .setCopyToSent(row.submission().copyToSent())
        .setQuota(
            QuotaLimits.newBuilder()
                .setOctets(quota.limits().octets())
                .setMessages(quota.limits().messages())
                .setMailboxes(quota.limits().mailboxes()))
        .setUsage(
            QuotaUsage.newBuilder()
                .setOctets(quota.octets())
                .setMessages(quota.messages())
                .setMailboxes(quota.mailboxes()))
        .build();
  }

  private static Limits limits(QuotaLimits quota) {
    return new Limits(quota.getOctets(), quota.getMessages(), quota.getMailboxes());
  }

  private static Alias alias(AliasRow row) {
    return Alias.newBuilder().setAddress(row.address()).addAllTargets(row.targets()).build();
  }

  private static ApiKey apiKey(ApiKeyRow row) {
    return ApiKey.newBuilder()
        .setName(row.name())
        .addAllScopes(row.scopes())
        .setAddress(row.address())
        .setCreatedAtSeconds(row.createdAt().getEpochSecond())
        .build();
  }
}
