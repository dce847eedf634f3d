package mailwing.imap.session;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.StoreException;
import mailwing.imap.cache.Need;
import mailwing.imap.session.SessionState.LoggedIn;
import mailwing.imap.session.SessionState.Selected;
import mailwing.service.imap.HeaderSubset;
import mailwing.service.imap.ImapUrl;
import mailwing.service.imap.Sections;
import mailwing.store.v1.BodyRange;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.MailboxRef;
import mailwing.store.v1.StatusQuery;
import mailwing.store.v1.StatusResult;
import mailwing.store.v1.UidRange;
import org.jspecify.annotations.Nullable;

/// URLs as CATENATE has them (RFC 4469 §3): relative ones, absolute ones that name this server and
/// the session's user, and those of anybody's messages here that carry the right to them (RFC
/// 4467).
final class MessageUrls {
  private MessageUrls() {}

  /// What a URL names.
  sealed interface Named {
    long length();
  }

  /// Octets that the store has.
  record Stored(BodyRange range) implements Named {
    @Override
    public long length() {
      return range.getLength();
    }
  }

  /// Octets that are made here: some fields of a header.
  record Made(ByteString octets) implements Named {
    @Override
    public long length() {
      return octets.size();
    }
  }

  /// Octets that an authorized URL names, which the store tells to who has the whole of it.
  record Authorized(String url, long length) implements Named {}

  /// Empty where the URL is wrong, or nothing is there. [StoreException] only where the store is
  /// away.
  static Optional<Named> resolve(Session session, LoggedIn state, String text) {
    ImapUrl url = ImapUrl.parse(text).orElse(null);
    if (url == null) {
      return Optional.empty();
    }
    ImapUrl.Server server = url.server();
    if (url.authorization() != null) {
      return server != null && session.services().config().answersTo(server.host())
          ? authorized(state.store(), text)
          : Optional.empty();
    }
    if (server != null
        && !(session.services().config().answersTo(server.host())
            && server.user().equalsIgnoreCase(state.store().address()))) {
      return Optional.empty();
    }
    MailboxRef mailbox = mailbox(session, state, url);
    return mailbox == null ? Optional.empty() : message(state.store(), mailbox, url);
  }

  private static Optional<Named> authorized(MailStore store, String url) {
    try {
      return Optional.of(new Authorized(url, store.fetchUrl(url, 0, 1).content().getSize()));
    } catch (StoreException e) {
      if (e.code() == ErrorCode.MESSAGE_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static @Nullable MailboxRef mailbox(Session session, LoggedIn state, ImapUrl url) {
    StatusQuery.Builder query = StatusQuery.newBuilder().setToken(state.store().token());
    if (!url.mailbox().isEmpty()) {
      query.setName(url.mailbox());
    } else if (state instanceof Selected selected) {
      query.setRef(selected.mailbox().ref());
    } else {
      return null;
    }
    StatusResult result = session.services().heads().check(query.build());
    if (result.getError() == ErrorCode.UNAVAILABLE) {
      throw new StoreException(result.getError(), "the mailbox cannot be asked for", null);
    }
    long uidValidity = Integer.toUnsignedLong(result.getStatus().getUidValidity());
    return result.getError() != ErrorCode.ERROR_CODE_UNSPECIFIED
            || (url.uidValidity() != 0 && url.uidValidity() != uidValidity)
        ? null
        : result.getRef();
  }

  private static Optional<Named> message(MailStore store, MailboxRef mailbox, ImapUrl url) {
    int uid = (int) url.uid();
    UidRange one = UidRange.newBuilder().setFirst(uid).setLast(uid).build();
    List<FetchedMessage> found = store.fetch(mailbox, List.of(one), Need.STRUCTURE);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    return switch (Sections.resolve(found.getFirst().getStructure(), url.section())) {
      case Sections.Octets all -> {
        Sections.Octets octets = all.partial(url.partial());
        yield Optional.of(
            new Stored(
                BodyRange.newBuilder()
                    .setMailbox(mailbox)
                    .setUid(uid)
                    .setOffset(octets.start())
                    .setLength(octets.length())
                    .build()));
      }
      case Sections.Fields fields -> {
        long length = fields.end() - fields.start();
        ByteString header =
            length == 0 ? ByteString.EMPTY : store.read(mailbox, uid, fields.start(), length);
        yield Optional.of(new Made(HeaderSubset.of(header, url.section(), url.partial())));
      }
      case Sections.Missing _ -> Optional.empty();
    };
  }
}
