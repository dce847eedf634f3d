package mailwing.store.grpc;

import java.util.List;
import mailwing.store.Address;
import mailwing.store.StoreException;
import mailwing.store.accounts.OnwardAdministration;
import mailwing.store.persistence.GroupRow.Posters;
import mailwing.store.persistence.GroupRows;
import mailwing.store.persistence.GroupRows.Described;
import mailwing.store.v1.AddGroupRequest;
import mailwing.store.v1.ChangeGroupMembersRequest;
import mailwing.store.v1.ChangeGroupMembersResponse;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.Group;
import mailwing.store.v1.RemoveGroupRequest;
import mailwing.store.v1.UpdateGroupRequest;

/// The contract's groups, for the Directory.
public final class GroupCalls {
  /// Before every member.
  static final Address FIRST = new Address("", "", "");

  private final OnwardAdministration administration;
  private final GroupRows rows;

  public GroupCalls(OnwardAdministration administration, GroupRows rows) {
    this.administration = administration;
    this.rows = rows;
  }

  Group add(AddGroupRequest request) {
    Posters posters =
        request.getPosters() == Group.Posters.POSTERS_UNSPECIFIED
            ? Posters.MEMBERS
            : posters(request.getPosters());
    return group(
        administration.addGroup(
            request.getAddress(),
            request.getTitle(),
            posters,
            request.getNamedList(),
            request.getOwner()));
  }

  Group update(UpdateGroupRequest request) {
    return group(
        administration.updateGroup(
            request.getAddress(),
            request.hasTitle() ? request.getTitle() : null,
            request.getPosters() == Group.Posters.POSTERS_UNSPECIFIED
                ? null
                : posters(request.getPosters()),
            request.hasOwner() ? request.getOwner() : null,
            request.getAddNamedList(),
            request.getRemoveNamedList()));
  }

  void remove(RemoveGroupRequest request) {
    administration.removeGroup(request.getAddress());
  }

  ChangeGroupMembersResponse changeMembers(ChangeGroupMembersRequest request) {
    long changed =
        administration.changeMembers(
            request.getAddress(), request.getAddList(), request.getRemoveList());
    return ChangeGroupMembersResponse.newBuilder().setChanged((int) changed).build();
  }

  /// GROUP_NOT_FOUND.
  long id(String address) {
    return administration.group(address).groupId();
  }

  List<Described> page(String domain, long after, int limit) {
    return rows.groups(domain, after, limit);
  }

  List<GroupRows.Member> members(long group, Address after, int limit) {
    return rows.members(group, after.domain(), after.localPart(), limit);
  }

  static Group group(Described described) {
    return Group.newBuilder()
        .setAddress(described.group().address().spelling())
        .setTitle(described.group().title())
        .setPosters(
            switch (described.group().posters()) {
              case ANYONE -> Group.Posters.ANYONE;
              case MEMBERS -> Group.Posters.MEMBERS;
              case DOMAIN -> Group.Posters.DOMAIN;
              case NAMED -> Group.Posters.NAMED;
            })
        .addAllNamed(described.named())
        .setOwner(described.group().owner())
        .setMembers((int) described.members())
        .build();
  }

  private static Posters posters(Group.Posters posters) {
    return switch (posters) {
      case ANYONE -> Posters.ANYONE;
      case MEMBERS -> Posters.MEMBERS;
      case DOMAIN -> Posters.DOMAIN;
      case NAMED -> Posters.NAMED;
      case POSTERS_UNSPECIFIED, UNRECOGNIZED ->
          throw new StoreException(ErrorCode.INVALID_ARGUMENT, "no such posters");
    };
  }
}
