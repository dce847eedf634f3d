package mailwing.store.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.List;
import java.util.Set;
import mailwing.store.grpc.Caller.Role;
import org.junit.jupiter.api.Test;

final class PermissionsTest {
  static List<String> methods() {
    return Contract.files().stream()
        .map(FileDescriptor::getServices)
        .flatMap(List::stream)
        .map(ServiceDescriptor::getMethods)
        .flatMap(List::stream)
        .map(m -> m.getService().getFullName() + "/" + m.getName())
        .toList();
  }

  @Test
  void everyMethodOfTheContractHasAnEntryAndAMetric() {
    assertThat(methods()).hasSizeGreaterThan(30);
    for (String method : methods()) {
      assertThat(Permissions.knows(method)).as(method).isTrue();
      assertThat(CallMetrics.of(method)).as(method).isNotEqualTo(CallMetrics.Method.OTHER);
    }
  }

  @Test
  void smtpGatewayMayDeliverAndLogInAndNothingElse() {
    assertThat(allowed(Caller.service(Role.SMTP)))
        .containsExactlyInAnyOrder(
            "Authentication/AuthenticatePassword",
            "Authentication/AuthenticateSasl",
            "Authentication/RenewToken",
            "Delivery/ResolveRecipient",
            "Delivery/Deliver",
            "Queue/LeaseJobs",
            "Queue/RenewLease",
            "Queue/ReadQueued",
            "Queue/ReportResults",
            "Dkim/GetSigningKeys",
            "Dkim/ActivateDkimKey",
            "TlsPolicies/FindStsPolicy",
            "TlsPolicies/KeepStsPolicy",
            "TlsPolicies/LeaseStsPolicies",
            "TlsPolicies/CountTlsSessions",
            "TlsPolicies/LeaseTlsReports",
            "TlsPolicies/FinishTlsReport",
            "Trace/RecordRefusals");
  }

  @Test
  void readingGatewaysMayLogInAndAskForHeads() {
    for (Role role : List.of(Role.POP3, Role.IMAP)) {
      assertThat(allowed(Caller.service(role)))
          .containsExactlyInAnyOrder(
              "Authentication/AuthenticatePassword",
              "Authentication/AuthenticateSasl",
              "Authentication/RenewToken",
              "Mailboxes/GetStatus");
    }
  }

  @Test
  void administratorMayUseTheDirectoryTheQueueKeysAndSharesOnly() {
    assertThat(allowed(Caller.admin()))
        .filteredOn(m -> !m.startsWith("Directory/"))
        .containsExactlyInAnyOrder(
            "Queue/ListQueue",
            "Queue/ChangeQueue",
            "Queue/SetSuspended",
            "Queue/ListSuspended",
            "Queue/TakeBack",
            "Sharing/ListShares",
            "Sharing/SetShare",
            "Dkim/ListDkimKeys",
            "Dkim/AddDkimKeys",
            "Dkim/RotateDkimKeys",
            "Dkim/RetireDkimKey",
            "Trace/TraceMessages");
    assertThat(allowed(Caller.admin())).hasSize(24 + 12);
  }

  @Test
  void readScopeChangesNothing() {
    assertThat(allowed(Caller.session(1, Set.of(Scope.MAIL_READ))))
        .containsExactlyInAnyOrder(
            "Mailboxes/ListMailboxes",
            "Mailboxes/GetStatus",
            "Mailboxes/OpenMailbox",
            "Mailboxes/GetQuota",
            "Mailboxes/GetMetadata",
            "Mailboxes/GetAcl",
            "Mailboxes/GetRights",
            "Mailboxes/ListSharers",
            "Mailboxes/ListMetadataChanges",
            "Messages/GetSnapshot",
            "Messages/ListChanges",
            "Messages/FetchMessages",
            "Messages/ReadBody",
            "Urls/FetchUrl",
            "Messages/Search",
            "Messages/Thread",
            "Trace/TraceMessages");
  }

  @Test
  void unknownMethodIsRefusedToEveryone() {
    assertThat(Permissions.allows("mailwing.store.v1.Directory/Nothing", Caller.admin())).isFalse();
  }

  private static List<String> allowed(Caller caller) {
    return methods().stream()
        .filter(m -> Permissions.allows(m, caller))
        .map(m -> m.substring("mailwing.store.v1.".length()))
        .toList();
  }
}
