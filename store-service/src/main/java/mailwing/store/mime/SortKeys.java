package mailwing.store.mime;

import org.jspecify.annotations.Nullable;

/// What SORT and THREAD compare (RFC 5256, RFC 5957). Strings are already in i;unicode-casemap
/// form, at most [MimeLimits#SORT_KEY_LENGTH] characters, without NUL, so comparing their UTF-8
/// octets (or code points) is the collation.
///
/// @param baseSubject base subject, section 2.1
/// @param replyOrForward whether something that says reply or forward was taken off the subject
/// @param sentMillis the Date field as milliseconds since 1970, UTC; null where it is absent or
///   broken (the internal date stands in then, section 2.2)
/// @param sentDay the date as written, without its zone, as days since 1970: SENTBEFORE, SENTON,
///   SENTSINCE
/// @param from the mailbox (before the @) of the first From address
/// @param displayFrom RFC 5957: its display name or, if it has none, its address
public record SortKeys(
    String baseSubject,
    boolean replyOrForward,
    @Nullable Long sentMillis,
    @Nullable Integer sentDay,
    String from,
    String to,
    String cc,
    String displayFrom,
    String displayTo) {}
