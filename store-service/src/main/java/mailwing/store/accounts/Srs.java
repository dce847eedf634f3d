package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import com.ibm.icu.lang.UCharacter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.store.Address;
import mailwing.store.persistence.CredentialStore;

/// The Sender Rewriting Scheme: a forwarded message leaves under a reverse-path of ours, which says
/// whom its bounces go to and that we have made it.
///
/// ```
/// SRS0=HASH=DAY=domain=local@ours             from local@domain
/// SRS1=HASH=domain==HASH=DAY=...@ours         from SRS0=HASH=DAY=...@domain
/// ```
///
/// The hash is the first 40 bits of an HMAC over the rest without regard to case, which hosts on
/// the way may change; the day is modulo 1024. Both are in base 32. A path rewritten before is not
/// made longer by every host: SRS1 names the first one alone.
public final class Srs {
  /// What is behind a rewritten address.
  public sealed interface Returned {
    /// The address whose bounces come here, unquoted.
    record To(String address) implements Returned {}

    /// Not of our making, or too long ago.
    record Refused() implements Returned {}
  }

  private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int HASH_DIGITS = 8;
  private static final int DAYS = 1024;

  /// Longer than any queue on the way keeps a message.
  private static final int LIFE_DAYS = 21;

  private static final Pattern REWRITTEN =
      Pattern.compile("(SRS[01])([-+=])(.*)", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private final byte[] key;
  private final InstantSource clock;

  public Srs(byte[] key, InstantSource clock) {
    this.key = key.clone();
    this.clock = clock;
  }

  /// With a key that all stores share, made by whoever asks first.
  public static Srs withSharedKey(CredentialStore credentials, Tokens tokens) {
    return new Srs(
        credentials
            .sharedSecret("srs", () -> ByteString.copyFrom(tokens.randomOctets(32)))
            .toByteArray(),
        InstantSource.system());
  }

  /// Is the local part of the form that rewritten ones have?
  static boolean isRewritten(String localPart) {
    return REWRITTEN.matcher(localPart).matches();
  }

  /// The sender as it is called on the way on.
  ///
  /// @param sender local-part@domain, unquoted; not empty
  /// @param domain ours
  public String rewrite(String sender, String domain) {
    int at = sender.lastIndexOf('@');
    String local = sender.substring(0, at);
    String from = sender.substring(at + 1);
    String host = Address.asciiDomain(from).orElse(from);
    Matcher before = REWRITTEN.matcher(local);
    if (before.matches()) {
      String first = host;
      String rest = before.group(2) + before.group(3);
      if (before.group(1).endsWith("1")) {
        // Another host's: it names the first one.
        String[] parts = before.group(3).split("=", 3);
        if (parts.length < 3) {
          return fresh(local, host, domain);
        }
        first = parts[1];
        rest = parts[2];
      }
      return "SRS1=" + hash(first, rest) + "=" + first + "=" + rest + "@" + domain;
    }
    return fresh(local, host, domain);
  }

  private String fresh(String local, String host, String domain) {
    String day = day(today());
    return "SRS0=" + hash(day, host, local) + "=" + day + "=" + host + "=" + local + "@" + domain;
  }

  /// Whom a bounce to this address is for. Empty for an address that is none of ours to rewrite.
  public Optional<Returned> reverse(Address address) {
    String spelling = address.spelling();
    Matcher made =
        REWRITTEN.matcher(spelling.substring(0, spelling.length() - address.domain().length() - 1));
    if (!made.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        made.group(1).endsWith("0") ? sender(made.group(3)) : forwarder(made.group(3)));
  }

  private Returned sender(String rest) {
    String[] parts = rest.split("=", 4);
    if (parts.length < 4 || !isHash(parts[0], hash(parts[1], parts[2], parts[3]))) {
      return new Returned.Refused();
    }
    int made = number(parts[1]);
    int age = made < 0 ? DAYS : Math.floorMod(today() - made, DAYS);
    // A day more for clocks that are ahead of ours.
    return age <= LIFE_DAYS || age == DAYS - 1
        ? new Returned.To(parts[3] + "@" + parts[2])
        : new Returned.Refused();
  }

  /// How old it is the first forwarder knows.
  private Returned forwarder(String rest) {
    String[] parts = rest.split("=", 3);
    return parts.length == 3 && isHash(parts[0], hash(parts[1], parts[2]))
        ? new Returned.To("SRS0" + parts[2] + "@" + parts[1])
        : new Returned.Refused();
  }

  private int today() {
    return (int) (clock.instant().getEpochSecond() / Duration.ofDays(1).toSeconds() % DAYS);
  }

  private static String day(int day) {
    return "" + DIGITS.charAt(day >> 5) + DIGITS.charAt(day & 31);
  }

  private static int number(String day) {
    String upper = day.toUpperCase(Locale.ROOT);
    if (upper.length() != 2) {
      return -1;
    }
    int high = DIGITS.indexOf(upper.charAt(0));
    int low = DIGITS.indexOf(upper.charAt(1));
    return high < 0 || low < 0 ? -1 : (high << 5) | low;
  }

  private String hash(String... parts) {
    String text = UCharacter.foldCase(String.join("\0", parts), true);
    byte[] mac =
        Hmac.sha256(key, new byte[] {(byte) parts.length}, text.getBytes(StandardCharsets.UTF_8));
    long bits = 0;
    for (int i = 0; i < 5; i++) {
      bits = (bits << 8) | (mac[i] & 0xff);
    }
    StringBuilder hash = new StringBuilder(HASH_DIGITS);
    for (int i = HASH_DIGITS - 1; i >= 0; i--) {
      hash.append(DIGITS.charAt((int) ((bits >> (5 * i)) & 31)));
    }
    return hash.toString();
  }

  private static boolean isHash(String given, String right) {
    return MessageDigest.isEqual(
        given.toUpperCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8),
        right.getBytes(StandardCharsets.UTF_8));
  }
}
