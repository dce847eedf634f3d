package mailwing.imap.view;

import java.util.List;

/// What a session's client must be told to be current: in this order, expunged numbers, the new
/// count, changed flags. Numbers of changed messages are those after the expunges.
///
/// @param expungedSeqs descending, so that each is right when the ones before it were applied
/// @param expungedUids the same messages, ascending
/// @param exists the new count, or -1 if it has not grown
/// @param firstNew the number of the first message that is new in it
/// @param recent how many of the view's messages are \Recent
/// @param touched UIDs of the messages that changed, whoever changed them, and of the new ones
/// @param keywords all names if new ones appeared, else empty
/// @param otherRights what the user may do there has changed
/// @param urlKeyReset the user has reset its key of authorized URLs in another session
public record ViewUpdates(
    List<Integer> expungedSeqs,
    List<Integer> expungedUids,
    int exists,
    int firstNew,
    int recent,
    List<String> keywords,
    boolean otherRights,
    boolean urlKeyReset,
    List<MessageState> changed,
    List<UidRange> touched) {
  public boolean isEmpty() {
    return expungedSeqs.isEmpty()
        && exists < 0
        && keywords.isEmpty()
        && !otherRights
        && !urlKeyReset
        && changed.isEmpty();
  }
}
