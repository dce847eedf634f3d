package mailwing.store.domain;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.HeaderSubset;
import mailwing.service.imap.ImapUrl;
import mailwing.service.imap.Sections;
import mailwing.store.StoreException;
import mailwing.store.accounts.Hmac;
import mailwing.store.persistence.Access;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.MessageReads;
import mailwing.store.persistence.UidSpans;
import mailwing.store.persistence.UrlKeys;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.FetchItems;
import mailwing.store.v1.Part;
import mailwing.store.v1.UrlContent;
import org.jspecify.annotations.Nullable;

/// URLs that carry their own authorization, by the mechanism INTERNAL (RFC 4467): HMAC-SHA-256 of
/// the URL under a key of its user and mailbox.
public final class AuthorizedUrls {
  private static final String INTERNAL = "INTERNAL";

  /// The token's first octet names how the rest was made (RFC 4467 §2.4.1).
  private static final String HMAC_SHA_256 = "01";

  private static final int KEY_OCTETS = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final MailStore store;
  private final UrlKeys keys;
  private final Function<String, Optional<AccountRow>> accounts;
  private final List<String> submission;

  /// A mailbox that an account may read, as that account calls it.
  @FunctionalInterface
  public interface Places {
    Optional<Place> find(long accountId, String name);
  }

  /// @param accounts by the name that they log in with
  /// @param submission names of accounts that follow URLs for submission
  public AuthorizedUrls(
      MailStore store,
      UrlKeys keys,
      Function<String, Optional<AccountRow>> accounts,
      List<String> submission) {
    this.store = store;
    this.keys = keys;
    this.accounts = accounts;
    this.submission = List.copyOf(submission);
  }

  /// The URL with a token of the caller's (RFC 4467 §7, GENURLAUTH).
  public String authorize(Places places, long caller, String url) {
    ImapUrl parsed = ImapUrl.parse(url).orElseThrow(AuthorizedUrls::notAuthorizable);
    ImapUrl.Server server = parsed.server();
    ImapUrl.Authorization authorization = parsed.authorization();
    if (server == null
        || authorization == null
        || !authorization.mechanism().isEmpty()
        || !isAccount(server.user(), caller)) {
      throw notAuthorizable();
    }
    byte[] key = keys.findOrMake(key(places, caller, parsed.mailbox()), randomKey());
    return url + ":" + INTERNAL + ":" + token(key, authorization.rump());
  }

  private static StoreException notAuthorizable() {
    return new StoreException(ErrorCode.INVALID_ARGUMENT, "no URL of the caller's messages");
  }

  /// Makes the URLs that the caller authorized void: those of one mailbox or, without a name, all.
  public List<UrlKeys.Reset> reset(Places places, long caller, String mailboxName) {
    List<UrlKeys.Reset> resets =
        mailboxName.isEmpty()
            ? keys.removeAll(caller)
            : keys.replace(key(places, caller, mailboxName), randomKey());
    store.changed();
    return resets;
  }

  private UrlKeys.Of key(Places places, long caller, String mailboxName) {
    Mailbox mailbox =
        mailbox(places, caller, mailboxName)
            .orElseThrow(() -> new StoreException(ErrorCode.MAILBOX_NOT_FOUND, "no such mailbox"));
    return new UrlKeys.Of(caller, mailbox.access().account(), mailbox.id());
  }

  /// What a valid URL names.
  ///
  /// @param octets of the message
  /// @param made the octets themselves where they are not a range of the message's
  public record Named(
      Mailbox mailbox,
      long uid,
      Sections.Octets octets,
      @Nullable ByteString made,
      UrlContent content) {}

  /// Follows a URL for a caller. MESSAGE_NOT_FOUND, whatever is wrong with it.
  public Named follow(Places places, long caller, String url) {
    ImapUrl parsed = ImapUrl.parse(url).orElseThrow(AuthorizedUrls::notValid);
    ImapUrl.Server server = parsed.server();
    ImapUrl.Authorization authorization = parsed.authorization();
    if (server == null || authorization == null || !authorization.mechanism().equals(INTERNAL)) {
      throw notValid();
    }
    // Each step is made whatever the one before found, so that times tell nothing (RFC 4467 §6).
    long user =
        accounts
            .apply(server.user())
            .filter(AccountRow::enabled)
            .map(AccountRow::accountId)
            .orElse(0L);
    Mailbox mailbox = mailbox(places, user, parsed.mailbox()).orElse(NOWHERE);
    Optional<byte[]> key =
        keys.find(new UrlKeys.Of(user, mailbox.access().account(), mailbox.id()));
    String right = token(key.orElseGet(AuthorizedUrls::randomKey), authorization.rump());
    boolean matches = isSame(right, authorization.token().toLowerCase(Locale.ROOT));
    if (!matches || key.isEmpty()) {
      throw notValid();
    }
    Instant expires = authorization.expires();
    boolean stale = parsed.uidValidity() != 0 && parsed.uidValidity() != mailbox.uidValidity();
    if (stale
        || (expires != null && Instant.now().isAfter(expires))
        || !isFor(authorization, caller)) {
      throw notValid();
    }
    return named(mailbox, parsed);
  }

  private static StoreException notValid() {
    return new StoreException(ErrorCode.MESSAGE_NOT_FOUND, "the URL is not valid");
  }

  private boolean isFor(ImapUrl.Authorization authorization, long caller) {
    return switch (authorization.access()) {
      case USER -> isAccount(authorization.user(), caller);
      // That the user is the submitting one has the submission server seen to (RFC 4467 §3).
      case SUBMIT -> submission.stream().anyMatch(name -> isAccount(name, caller));
      case AUTHUSER, ANONYMOUS -> true;
    };
  }

  private boolean isAccount(String name, long accountId) {
    return accounts.apply(name).filter(a -> a.accountId() == accountId).isPresent();
  }

  /// A mailbox that is there.
  public record Mailbox(Access access, long id, long uidValidity) {}

  private static final Mailbox NOWHERE = new Mailbox(Access.own(0), 0, 0);

  private Optional<Mailbox> mailbox(Places places, long account, String name) {
    return places
        .find(account, name)
        .flatMap(
            place ->
                Optional.ofNullable(
                        store.mailboxReads().find(place.access(), place.mailboxId(), place.name()))
                    .map(
                        found ->
                            new Mailbox(
                                place.access(),
                                found.mailboxId(),
                                Integer.toUnsignedLong(found.status().getUidValidity()))));
  }

  private Named named(Mailbox mailbox, ImapUrl url) {
    Part message = structure(mailbox, url.uid());
    BodySection section = url.section();
    Part part = Sections.part(message, section.part());
    if (part == null) {
      throw notValid();
    }
    UrlContent.Builder content = UrlContent.newBuilder().setPart(part);
    return switch (Sections.resolve(message, section)) {
      case Sections.Octets all -> {
        Sections.Octets octets = all.partial(url.partial());
        boolean whole = section.text() == BodySection.Text.CONTENT && !section.part().isEmpty();
        content.setSize(octets.length()).setWholePart(whole && url.partial() == null);
        yield new Named(mailbox, url.uid(), octets, null, content.build());
      }
      case Sections.Fields fields -> {
        ByteString.Output header = ByteString.newOutput();
        store
            .blobs()
            .read(
                mailbox.access().account(),
                mailbox.id(),
                url.uid(),
                fields.start(),
                fields.end() - fields.start(),
                piece -> header.write(piece, 0, piece.length));
        ByteString subset = HeaderSubset.of(header.toByteString(), section, url.partial());
        content.setSize(subset.size());
        yield new Named(
            mailbox, url.uid(), new Sections.Octets(0, subset.size()), subset, content.build());
      }
      case Sections.Missing _ -> throw notValid();
    };
  }

  private Part structure(Mailbox mailbox, long uid) {
    MessageReads.Batch batch =
        store
            .messageReads()
            .next(
                mailbox.access(),
                mailbox.id(),
                UidSpans.of(uid),
                MessageReads.Reached.NOTHING,
                FetchItems.newBuilder().setStructure(true).build(),
                0);
    if (batch.messages().isEmpty()) {
      throw notValid();
    }
    return batch.messages().getFirst().getStructure();
  }

  private static byte[] randomKey() {
    byte[] key = new byte[KEY_OCTETS];
    RANDOM.nextBytes(key);
    return key;
  }

  private static String token(byte[] key, String rump) {
    byte[] code = Hmac.sha256(key, rump.getBytes(StandardCharsets.US_ASCII));
    return HMAC_SHA_256 + HexFormat.of().formatHex(code);
  }

  /// In a time that does not depend on where they differ.
  private static boolean isSame(String a, String b) {
    return MessageDigest.isEqual(
        a.getBytes(StandardCharsets.US_ASCII), b.getBytes(StandardCharsets.US_ASCII));
  }
}
