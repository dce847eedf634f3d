package mailwing.store.grpc;

import mailwing.store.domain.Place;
import mailwing.store.domain.Sharing;
import mailwing.store.v1.GetAclRequest;
import mailwing.store.v1.GetAclResponse;
import mailwing.store.v1.GetRightsRequest;
import mailwing.store.v1.GetRightsResponse;
import mailwing.store.v1.ListSharersResponse;
import mailwing.store.v1.Right;
import mailwing.store.v1.SetAclRequest;
import mailwing.store.v1.Sharer;

/// Rights on mailboxes (RFC 4314): told and changed.
final class AclCalls {
  private final Sharing sharing;
  private final MailRights rights;

  AclCalls(Sharing sharing, MailRights rights) {
    this.sharing = sharing;
    this.rights = rights;
  }

  GetAclResponse get(GetAclRequest request) {
    Place place =
        rights.read(request.getOwnerAccount(), request.getMailbox(), Right.RIGHT_ADMINISTER);
    return GetAclResponse.newBuilder()
        .setOwner(sharing.address(place.account()))
        .addAllEntries(sharing.acl(place))
        .build();
  }

  void set(SetAclRequest request) {
    sharing.setAcl(
        rights.write(request.getOwnerAccount(), request.getMailbox(), Right.RIGHT_ADMINISTER),
        request);
  }

  GetRightsResponse own(GetRightsRequest request) {
    Place place = rights.read(request.getOwnerAccount(), request.getMailbox());
    return GetRightsResponse.newBuilder().setRights(sharing.rights(place)).build();
  }

  ListSharersResponse sharers() {
    ListSharersResponse.Builder response = ListSharersResponse.newBuilder();
    for (Sharing.Sharer sharer : sharing.sharers(MailRights.read())) {
      response.addSharers(
          Sharer.newBuilder()
              .setAccountId(sharer.accountId())
              .setAddress(sharer.address())
              .setShared(sharer.shared()));
    }
    return response.build();
  }
}
