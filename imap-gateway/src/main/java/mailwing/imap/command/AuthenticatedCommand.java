package mailwing.imap.command;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Commands of the authenticated and the selected state (RFC 9051 §6.3).
public sealed interface AuthenticatedCommand extends Command {

  /// SELECT and EXAMINE (RFC 9051 §6.3.2, §6.3.3), with the parameters of RFC 7162 §3.1.8 and
  /// §3.2.5.
  record Select(MailboxName mailbox, boolean readOnly, boolean condstore, @Nullable Qresync qresync)
      implements AuthenticatedCommand {}

  /// QRESYNC's parameters (RFC 7162 §3.2.5).
  ///
  /// @param knownUids null: all UIDs from 1
  /// @param knownSequence with `knownSequenceUids`, the pairs of RFC 7162 §3.2.5.2; both null or
  ///   none
  record Qresync(
      long uidValidity,
      long modSeq,
      @Nullable SequenceSet knownUids,
      @Nullable SequenceSet knownSequence,
      @Nullable SequenceSet knownSequenceUids) {}

  /// CREATE (RFC 9051 §6.3.4), with USE of RFC 6154 §3.
  ///
  /// @param specialUse attributes with their backslash, as `\Sent`; the executor answers NO
  ///   [USEATTR] to those it does not have
  record Create(MailboxName mailbox, List<String> specialUse) implements AuthenticatedCommand {
    public Create {
      specialUse = List.copyOf(specialUse);
    }
  }

  /// DELETE (RFC 9051 §6.3.5).
  record Delete(MailboxName mailbox) implements AuthenticatedCommand {}

  /// RENAME (RFC 9051 §6.3.6).
  record Rename(MailboxName from, MailboxName to) implements AuthenticatedCommand {}

  /// SUBSCRIBE and UNSUBSCRIBE (RFC 9051 §6.3.7, §6.3.8).
  record Subscribe(MailboxName mailbox, boolean subscribed) implements AuthenticatedCommand {}

  /// LIST (RFC 9051 §6.3.9).
  ///
  /// @param reference UTF-8; may be empty
  /// @param patterns UTF-8, with `*` and `%`; one and empty asks for the hierarchy delimiter
  /// @param extended a selection option list, several patterns or RETURN was given
  record ListMailboxes(
      Set<SelectOption> select,
      String reference,
      List<String> patterns,
      ListReturn returns,
      boolean extended)
      implements AuthenticatedCommand {
    public ListMailboxes {
      select = Set.copyOf(select);
      patterns = List.copyOf(patterns);
    }
  }

  /// Selection options of LIST (RFC 9051 §6.3.9.1, RFC 6154 §5.2).
  enum SelectOption {
    SUBSCRIBED,
    REMOTE,
    RECURSIVEMATCH,
    SPECIAL_USE
  }

  /// Return options of LIST (RFC 9051 §6.3.9.2, RFC 5819, RFC 6154, RFC 8440, RFC 9590).
  ///
  /// @param status items of STATUS; empty: not asked for
  /// @param metadata entries of METADATA; empty: not asked for
  record ListReturn(
      boolean subscribed,
      boolean children,
      boolean specialUse,
      boolean myRights,
      Set<StatusItem> status,
      List<String> metadata) {
    public static final ListReturn NONE =
        new ListReturn(false, false, false, false, Set.of(), List.of());

    public ListReturn {
      status = Set.copyOf(status);
      metadata = List.copyOf(metadata);
    }
  }

  /// LSUB (RFC 3501 §6.3.9).
  record Lsub(String reference, String pattern) implements AuthenticatedCommand {}

  /// STATUS (RFC 9051 §6.3.11), items in the order given, none twice.
  record Status(MailboxName mailbox, List<StatusItem> items) implements AuthenticatedCommand {
    public Status {
      items = List.copyOf(items);
    }
  }

  /// APPEND (RFC 9051 §6.3.12), with MULTIAPPEND, CATENATE, BINARY and UTF8.
  ///
  /// Only the first message's header has been read. The executor takes or refuses its octets
  /// through the parser, which then reads the next message's header or the end of the command.
  record Append(MailboxName mailbox, AppendMessage first) implements AuthenticatedCommand {}

  /// IDLE (RFC 2177). The parser reads the client's next line (`DONE`) when asked to.
  record Idle() implements AuthenticatedCommand {}

  /// NAMESPACE (RFC 2342).
  record Namespace() implements AuthenticatedCommand {}

  /// ENABLE (RFC 5161), names in upper case.
  record Enable(List<String> capabilities) implements AuthenticatedCommand {
    public Enable {
      capabilities = List.copyOf(capabilities);
    }
  }

  /// COMPRESS (RFC 4978), mechanism in upper case.
  record Compress(String mechanism) implements AuthenticatedCommand {}

  /// UNAUTHENTICATE (RFC 8437).
  record Unauthenticate() implements AuthenticatedCommand {}

  /// COMPARATOR (RFC 5255 §4.7); empty asks for the active one.
  record Comparator(List<String> names) implements AuthenticatedCommand {
    public Comparator {
      names = List.copyOf(names);
    }
  }

  /// ESEARCH over several mailboxes (RFC 7377).
  ///
  /// @param sources empty: the selected mailbox
  record MultiSearch(List<MailboxFilter> sources, SearchReturn returns, SearchKey key)
      implements AuthenticatedCommand {
    public MultiSearch {
      sources = List.copyOf(sources);
    }
  }

  /// GETACL (RFC 4314 §3.3).
  record GetAcl(MailboxName mailbox) implements AuthenticatedCommand {}

  /// SETACL (RFC 4314 §3.1).
  record SetAcl(MailboxName mailbox, String identifier, Change change, String rights)
      implements AuthenticatedCommand {
    /// How the rights change.
    public enum Change {
      REPLACE,
      ADD,
      REMOVE
    }
  }

  /// DELETEACL (RFC 4314 §3.2).
  record DeleteAcl(MailboxName mailbox, String identifier) implements AuthenticatedCommand {}

  /// LISTRIGHTS (RFC 4314 §3.4).
  record ListRights(MailboxName mailbox, String identifier) implements AuthenticatedCommand {}

  /// MYRIGHTS (RFC 4314 §3.5).
  record MyRights(MailboxName mailbox) implements AuthenticatedCommand {}

  /// GETQUOTA (RFC 9208 §4.1.2).
  record GetQuota(String root) implements AuthenticatedCommand {}

  /// GETQUOTAROOT (RFC 9208 §4.1.3).
  record GetQuotaRoot(MailboxName mailbox) implements AuthenticatedCommand {}

  /// SETQUOTA (RFC 9208 §4.1.1), resource names in upper case.
  record SetQuota(String root, List<Resource> resources) implements AuthenticatedCommand {
    public SetQuota {
      resources = List.copyOf(resources);
    }

    public record Resource(String name, long limit) {}
  }

  /// GETMETADATA (RFC 5464 §4.2).
  ///
  /// @param mailbox null: the server's own entries
  /// @param maxSize -1: not given
  record GetMetadata(@Nullable MailboxName mailbox, List<String> entries, long maxSize, Depth depth)
      implements AuthenticatedCommand {
    public GetMetadata {
      entries = List.copyOf(entries);
    }

    public enum Depth {
      ZERO,
      ONE,
      INFINITY
    }
  }

  /// SETMETADATA (RFC 5464 §4.3).
  ///
  /// @param mailbox null: the server's own entries
  record SetMetadata(@Nullable MailboxName mailbox, List<Entry> entries)
      implements AuthenticatedCommand {
    public SetMetadata {
      entries = List.copyOf(entries);
    }

    /// A value of null (NIL) removes the entry.
    public record Entry(String name, @Nullable ByteString value) {}
  }

  /// NOTIFY (RFC 5465 §3).
  ///
  /// @param groups empty: NOTIFY NONE
  record Notify(boolean status, List<EventGroup> groups) implements AuthenticatedCommand {
    public Notify {
      groups = List.copyOf(groups);
    }

    /// Mailboxes and what is told of them; no events is NONE.
    ///
    /// @param newMessageItems what MessageNew fetches, empty for nothing
    public record EventGroup(
        MailboxFilter filter, Set<Event> events, List<FetchItem> newMessageItems) {
      public EventGroup {
        events = Set.copyOf(events);
        newMessageItems = List.copyOf(newMessageItems);
      }
    }

    /// Events (RFC 5465 §5).
    public enum Event {
      MESSAGE_NEW,
      MESSAGE_EXPUNGE,
      FLAG_CHANGE,
      ANNOTATION_CHANGE,
      MAILBOX_NAME,
      SUBSCRIPTION_CHANGE,
      MAILBOX_METADATA_CHANGE,
      SERVER_METADATA_CHANGE
    }
  }

  /// Which mailboxes NOTIFY or ESEARCH means (RFC 5465 §6, RFC 7377 §2.2).
  ///
  /// @param mailboxes for SUBTREE, SUBTREE_ONE and MAILBOXES, else empty
  record MailboxFilter(Kind kind, List<MailboxName> mailboxes) {
    public MailboxFilter {
      mailboxes = List.copyOf(mailboxes);
    }

    public enum Kind {
      SELECTED,
      SELECTED_DELAYED,
      INBOXES,
      PERSONAL,
      SUBSCRIBED,
      SUBTREE,
      SUBTREE_ONE,
      MAILBOXES
    }
  }

  /// GENURLAUTH (RFC 4467 §7).
  record GenUrlAuth(List<GenUrlAuth.Request> requests) implements AuthenticatedCommand {
    public GenUrlAuth {
      requests = List.copyOf(requests);
    }

    public record Request(String url, String mechanism) {}
  }

  /// RESETKEY (RFC 4467 §7).
  ///
  /// @param mailbox null: all keys
  record ResetKey(@Nullable MailboxName mailbox, List<String> mechanisms)
      implements AuthenticatedCommand {
    public ResetKey {
      mechanisms = List.copyOf(mechanisms);
    }
  }

  /// URLFETCH (RFC 4467 §7).
  record UrlFetch(List<UrlFetch.Request> requests) implements AuthenticatedCommand {
    public UrlFetch {
      requests = List.copyOf(requests);
    }

    /// One URL.
    ///
    /// @param items of RFC 5524 §3.1; none: the octets as they are
    public record Request(String url, Set<Item> items) {
      public Request {
        items = Set.copyOf(items);
      }
    }

    /// What is told of a URL (RFC 5524 §3.1).
    public enum Item {
      BODYPARTSTRUCTURE,
      BINARY,
      BODY
    }
  }
}
