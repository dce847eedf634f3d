package mailwing.imap.view;

import java.util.List;

/// A mailbox's head at one moment.
///
/// @param firstRecentUid messages from here on (unsigned) are \Recent for whoever claims them
/// @param recentClaimed whether the caller has claimed them with this very answer
/// @param rights the caller's, as the store's Right bits
/// @param keywords names the mailbox knows; none where they were not asked for
/// @param urlKeyResets how often the user has reset its key of authorized URLs (RFC 4467)
public record Head(
    int uidValidity,
    int uidNext,
    long modSeq,
    int firstRecentUid,
    boolean recentClaimed,
    int rights,
    List<String> keywords,
    long urlKeyResets) {}
