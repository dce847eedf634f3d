package mailwing.store.domain;

import mailwing.store.Address;
import mailwing.store.persistence.GroupRow;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// An address of ours that sends messages on, unless a message has been there before.
final class Gate {
  final Address address;
  final @Nullable GroupRow group;
  final String who;

  /// Why nothing goes through.
  @Nullable ErrorCode closed;

  Gate(Address address, @Nullable GroupRow group, String who) {
    this.address = address;
    this.group = group;
    this.who = who;
  }

  /// Closes it where the message has been through it already, or is none for a group.
  void look(TrailHeader header) {
    boolean listed = group != null && header.listed(GroupHeader.listId(group));
    if (header.passed(address) || listed) {
      closed = ErrorCode.MAIL_LOOP;
    } else if (group != null && header.isAutomaticReply()) {
      closed = ErrorCode.POST_REFUSED;
    }
  }
}
