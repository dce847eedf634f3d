package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import mailwing.imap.command.PartialRange;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.view.SessionView;
import org.jspecify.annotations.Nullable;

/// How many messages a command works on (RFC 9738), where that is limited at all: the last ones,
/// and the client is told where to go on.
final class MessageLimit {
  private static final String TEXT = "Only the last of the messages were processed";

  private final Session session;
  private final int most;
  private long lowest;

  MessageLimit(Session session) {
    this.session = session;
    this.most = session.services().config().policy().commandMessages();
  }

  /// NO, for what is done whole or not at all; null if it may be done.
  static @Nullable Reply refused(Session session, int messages) {
    int most = session.services().config().policy().saves();
    return most == 0 || messages <= most ? null : tooMany(most);
  }

  /// NO for a range of places that is longer than the limit (RFC 9738 §3.1); null if it is not.
  @Nullable Reply refused(PartialRange range) {
    return most == 0 || Math.abs(range.last() - range.first()) < most ? null : tooMany(most);
  }

  /// As many of the messages as are allowed.
  Targets cut(Targets targets) {
    if (most == 0 || targets.count() <= most) {
      return targets;
    }
    Targets last = targets.partial(new PartialRange(-1, -most));
    lowest = Integer.toUnsignedLong(last.uidRanges().getFirst().getFirst());
    return last;
  }

  /// The key, of as many messages as are allowed.
  SearchKey cut(SessionView view, SearchKey key) {
    Targets searched = tooMany(view, key);
    if (searched == null) {
      return key;
    }
    cut(searched);
    return new SearchKey.And(List.of(new SearchKey.Uid(SequenceSet.of(lowest, 0xffff_ffffL)), key));
  }

  /// NO for a search that is done whole or not at all (RFC 9738 §3.3); null if it may be done.
  @Nullable Reply refused(SessionView view, SearchKey key) {
    return tooMany(view, key) == null ? null : tooMany(most);
  }

  /// What is searched, where that is too much: what the key names by UID or number counts, found or
  /// not.
  private @Nullable Targets tooMany(SessionView view, SearchKey key) {
    if (most == 0 || view.count() <= most) {
      return null;
    }
    Targets named = named(view, key);
    Targets all = Targets.of(view, SequenceSet.of(1, 0xffff_ffffL), true);
    Targets searched = named == null ? all : named;
    return searched == null || searched.count() <= most ? null : searched;
  }

  private static Reply tooMany(int most) {
    return Reply.no(new ResponseCode.MessageLimit(most, 0), "Too many messages at once");
  }

  private static @Nullable Targets named(SessionView view, SearchKey key) {
    return switch (key) {
      case SearchKey.Uid uid -> Targets.of(view, uid.set(), true);
      case SearchKey.Sequence sequence -> Targets.of(view, sequence.set(), false);
      case SearchKey.And and -> {
        for (SearchKey one : and.keys()) {
          Targets named = named(view, one);
          if (named != null) {
            yield named;
          }
        }
        yield null;
      }
      default -> null;
    };
  }

  /// The reply, with where to go on; beside another code in a response of its own.
  Reply tell(Reply reply) throws IOException {
    if (lowest == 0) {
      return reply;
    }
    ResponseCode code = new ResponseCode.MessageLimit(most, lowest);
    if (reply.status() == Reply.Status.OK && reply.code() == null) {
      return Reply.ok(code, TEXT);
    }
    session.out().status(null, ResponseWriter.Status.NO, code, TEXT);
    return reply;
  }
}
