package mailwing.service.imap;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A URL of a message or of a part of one (RFC 5092 §6, §11), maybe with an authorization (RFC
/// 4467).
///
/// @param server null: relative to the session's own (RFC 5092 §7.1)
/// @param mailbox its name in Unicode; empty: the base's, in a URL that begins with `;UID=`
/// @param uidValidity 0: not told
/// @param section all of the message where the URL has none
public record ImapUrl(
    @Nullable Server server,
    String mailbox,
    long uidValidity,
    long uid,
    BodySection section,
    @Nullable Partial partial,
    @Nullable Authorization authorization) {
  private static final int MOST = 8192;

  /// What stands for itself in a user's name besides letters and digits (RFC 5092 §11, achar).
  private static final String UNENCODED = "-._~!$'()*+,&=";

  // No group repeats, so that matching takes no stack; lengths are checked before.
  private static final Pattern PATH =
      Pattern.compile(
          "(?<mailbox>[^;?]*?)"
              + "(?:;UIDVALIDITY=(?<validity>[1-9][0-9]{0,9}))?"
              + "/;UID=(?<uid>[1-9][0-9]{0,9})"
              + "(?:/;SECTION=(?<section>[^;?]+?))?"
              + "(?:/;PARTIAL=(?<offset>[0-9]{1,18})(?:\\.(?<length>[1-9][0-9]{0,17}))?)?"
              + "(?:(?:;EXPIRE=(?<expire>[^;?/]+))?;URLAUTH=(?<access>[^;?/:@]+)"
              + "(?::(?<mechanism>[A-Z0-9.-]+):(?<token>[0-9A-F]{32,}))?)?",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern SERVER =
      Pattern.compile(
          "(?:(?<user>[^;/?:@]*)(?:;AUTH=[^;/?:@]+)?@)?"
              + "(?<host>\\[[0-9A-F:.]+]|[^;/?:@\\[\\]]+)(?::(?<port>[0-9]{0,5}))?",
          Pattern.CASE_INSENSITIVE);

  /// Where the mailbox is, and whose names it is told in.
  ///
  /// @param user decoded; empty: none
  /// @param host in lower case
  public record Server(String user, String host) {}

  /// Who may follow a URL (RFC 4467 §3).
  public enum Access {
    SUBMIT,
    USER,
    AUTHUSER,
    ANONYMOUS
  }

  /// The end of a URL that authorizes it.
  ///
  /// @param expires null: never
  /// @param user of SUBMIT and USER, decoded; else empty
  /// @param rump the URL up to and without `:mechanism:token`, as it stands
  /// @param mechanism in upper case; empty, as is the token, where the URL is to be authorized yet
  public record Authorization(
      @Nullable Instant expires,
      Access access,
      String user,
      String rump,
      String mechanism,
      String token) {
    /// A token is a secret.
    @Override
    public String toString() {
      return "Authorization[" + access + "]";
    }
  }

  /// Reads a URL; empty where it is none, or none of a message.
  public static Optional<ImapUrl> parse(String url) {
    if (url.length() > MOST || !url.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
      return Optional.empty();
    }
    boolean absolute = url.regionMatches(true, 0, "imap://", 0, 7);
    if (absolute || url.startsWith("//")) {
      int start = absolute ? 7 : 2;
      int slash = url.indexOf('/', start);
      if (slash < 0) {
        return Optional.empty();
      }
      return server(url.substring(start, slash))
          .flatMap(server -> message(server, url, slash + 1, url.substring(slash + 1)));
    }
    if (url.startsWith("/")) {
      return message(null, url, 1, url.substring(1));
    }
    // RFC 5092 §7.2 has no other relative ones; this one RFC 4469 §3 gives a base.
    return url.startsWith(";") ? message(null, url, -1, "/" + url) : Optional.empty();
  }

  /// The URL of a server where this user logs in by any mechanism (RFC 5092 §3.2).
  ///
  /// @param site host or host:port
  public static String server(String user, String site) {
    StringBuilder encoded = new StringBuilder();
    for (byte octet : user.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (octet & 0xff);
      boolean plain = (c < 0x80 && Character.isLetterOrDigit(c)) || UNENCODED.indexOf(c) >= 0;
      encoded.append(plain ? String.valueOf(c) : String.format("%%%02X", (int) c));
    }
    return "imap://" + encoded + ";AUTH=*@" + site + "/";
  }

  private static Optional<Server> server(String text) {
    Matcher matcher = SERVER.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String encoded = matcher.group("user");
    String user = encoded == null ? "" : decoded(encoded);
    return user == null
        ? Optional.empty()
        : Optional.of(new Server(user, matcher.group("host").toLowerCase(Locale.ROOT)));
  }

  /// @param start where the path begins in the URL; -1: before it, for the base's mailbox is meant
  private static Optional<ImapUrl> message(
      @Nullable Server server, String url, int start, String path) {
    Matcher matcher = PATH.matcher(path);
    if (!matcher.matches() || matcher.group("mailbox").isEmpty() != start < 0) {
      return Optional.empty();
    }
    String mailbox = decoded(matcher.group("mailbox"));
    long uidValidity = number(matcher.group("validity"), 0);
    long uid = number(matcher.group("uid"), 0);
    String sectionText = matcher.group("section");
    Optional<BodySection> section =
        sectionText == null
            ? Optional.of(BodySection.WHOLE)
            : Optional.ofNullable(decoded(sectionText)).flatMap(BodySection::parse);
    if (mailbox == null || section.isEmpty() || uid > 0xffffffffL || uidValidity > 0xffffffffL) {
      return Optional.empty();
    }
    Partial partial =
        matcher.group("offset") == null
            ? null
            : new Partial(
                number(matcher.group("offset"), 0),
                number(matcher.group("length"), Long.MAX_VALUE));
    if (matcher.group("access") == null) {
      return Optional.of(
          new ImapUrl(server, mailbox, uidValidity, uid, section.get(), partial, null));
    }
    return authorization(matcher, url.substring(0, start + matcher.end("access")))
        .map(a -> new ImapUrl(server, mailbox, uidValidity, uid, section.get(), partial, a));
  }

  private static Optional<Authorization> authorization(Matcher matcher, String rump) {
    String name = matcher.group("access");
    int plus = name.indexOf('+');
    String prefix = (plus < 0 ? name : name.substring(0, plus + 1)).toUpperCase(Locale.ROOT);
    String user = plus < 0 ? "" : decoded(name.substring(plus + 1));
    Access access =
        switch (prefix) {
          case "SUBMIT+" -> Access.SUBMIT;
          case "USER+" -> Access.USER;
          case "AUTHUSER" -> Access.AUTHUSER;
          case "ANONYMOUS" -> Access.ANONYMOUS;
          default -> null;
        };
    if (access == null || user == null || (plus >= 0 && user.isEmpty())) {
      return Optional.empty();
    }
    Instant expires = null;
    String expire = matcher.group("expire");
    if (expire != null) {
      try {
        expires = OffsetDateTime.parse(expire.toUpperCase(Locale.ROOT)).toInstant();
      } catch (DateTimeException e) {
        return Optional.empty();
      }
    }
    String mechanism = matcher.group("mechanism");
    return Optional.of(
        new Authorization(
            expires,
            access,
            user,
            rump,
            mechanism == null ? "" : mechanism.toUpperCase(Locale.ROOT),
            mechanism == null ? "" : matcher.group("token")));
  }

  private static long number(@Nullable String digits, long otherwise) {
    return digits == null ? otherwise : Long.parseLong(digits);
  }

  /// Without percent-encoding; null where that is wrong, or no UTF-8.
  private static @Nullable String decoded(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    ByteBuffer octets = ByteBuffer.allocate(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
        int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
        if (high < 0 || low < 0 || high + low == 0) {
          return null;
        }
        octets.put((byte) (high << 4 | low));
        i += 2;
      } else {
        octets.put((byte) c);
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(octets.flip()).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
