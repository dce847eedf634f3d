package mailwing.imap.view;

import java.util.List;

/// A message in a session's view: its number there, and what of it can change.
///
/// @param uid unsigned
/// @param systemFlags bits of the contract's SystemFlag
/// @param size RFC822.SIZE in octets
/// @param expunged gone from the mailbox although the client was not told yet; the flags are its
///   last known ones
public record MessageState(
    int seq,
    int uid,
    int systemFlags,
    List<String> keywords,
    boolean recent,
    long modSeq,
    long size,
    boolean expunged) {}
