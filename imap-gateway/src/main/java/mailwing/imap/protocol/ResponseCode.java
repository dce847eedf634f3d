package mailwing.imap.protocol;

import java.util.List;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.SequenceSet.Range;
import org.jspecify.annotations.Nullable;

/// What stands in brackets before a status response's text (RFC 9051 §7.1, RFC 5530).
public sealed interface ResponseCode {

  /// Codes that are a name alone.
  enum Name implements ResponseCode {
    ALERT,
    PARSE,
    READ_ONLY,
    READ_WRITE,
    TRYCREATE,
    UIDNOTSTICKY,
    CLOSED,
    AUTHENTICATIONFAILED,
    AUTHORIZATIONFAILED,
    EXPIRED,
    PRIVACYREQUIRED,
    CONTACTADMIN,
    NOPERM,
    INUSE,
    EXPUNGEISSUED,
    CORRUPTION,
    SERVERBUG,
    CLIENTBUG,
    CANNOT,
    LIMIT,
    OVERQUOTA,
    ALREADYEXISTS,
    NONEXISTENT,
    UNAVAILABLE,
    HASCHILDREN,
    UNKNOWN_CTE,
    NOTSAVED,
    NOMODSEQ,
    TOOBIG,
    COMPRESSIONACTIVE,
    USEATTR,
    NOTIFICATIONOVERFLOW,
    UIDREQUIRED,
    TOOFEW,
    TOOMANY;

    /// As it stands on the wire.
    public String wire() {
      return name().replace('_', '-');
    }
  }

  /// RFC 9051 §7.1; empty: the charsets are not told.
  record BadCharset(List<String> charsets) implements ResponseCode {}

  record Capability(List<String> capabilities) implements ResponseCode {}

  /// Flags that STORE changes; `keywordsMayBeMade` adds `\*` (RFC 9051 §7.1).
  record PermanentFlags(FlagList flags, boolean keywordsMayBeMade) implements ResponseCode {}

  record UidNext(long uid) implements ResponseCode {}

  record UidValidity(long uidValidity) implements ResponseCode {}

  /// RFC 3501 §7.1: the first unseen message's sequence number.
  record Unseen(long number) implements ResponseCode {}

  /// RFC 4315 §3; uids in the order of the messages (see [UidRuns]).
  record AppendUid(long uidValidity, List<Range> uids) implements ResponseCode {}

  /// RFC 4315 §3; source and destination in the same order.
  record CopyUid(long uidValidity, List<Range> source, List<Range> destination)
      implements ResponseCode {}

  /// RFC 7162 §3.1.2.1.
  record HighestModSeq(long modSeq) implements ResponseCode {}

  /// RFC 7162 §3.1.3.
  record Modified(List<Range> messages) implements ResponseCode {}

  /// RFC 8474 §4.1; the id without its parentheses.
  record MailboxId(String id) implements ResponseCode {}

  /// RFC 5464 §4.2.1, §4.3: `LONGENTRIES n`, `MAXSIZE n`, `TOOMANY`, `NOPRIVATE`; n -1 where there
  /// is none.
  record Metadata(String what, long number) implements ResponseCode {}

  /// RFC 5465 §5: the events there are.
  record BadEvent(List<String> events) implements ResponseCode {}

  /// RFC 4469 §5.
  record BadUrl(String url) implements ResponseCode {}

  /// RFC 4467 §8: INTERNAL alone.
  record UrlMech() implements ResponseCode {}

  /// RFC 2221.
  record Referral(String url) implements ResponseCode {}

  /// RFC 5267 §4.3.
  record NoUpdate(String tag) implements ResponseCode {}

  /// RFC 5466 §3.1.
  record UndefinedFilter(String name) implements ResponseCode {}

  /// RFC 9738 §3.1; lowest UID that was processed, 0 if none is told.
  record MessageLimit(long limit, long uid) implements ResponseCode {}

  /// RFC 9585; progress and goal -1 where unknown.
  record InProgress(@Nullable String tag, long progress, long goal) implements ResponseCode {}
}
