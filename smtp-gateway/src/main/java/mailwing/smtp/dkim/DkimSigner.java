package mailwing.smtp.dkim;

import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.data.MessageSink;

/// Signs one message by one or more keys (RFC 6376 §5), relaxed/relaxed and over the whole body.
/// First it is given the body, in any split and only once, then the header section.
public final class DkimSigner implements MessageSink {
  private static final int LINE = 72;

  private final List<SigningKey> keys;
  private final BodyHash body = BodyHash.relaxed();

  /// @param keys each makes a signature, in this order
  public DkimSigner(List<SigningKey> keys) {
    this.keys = List.copyOf(keys);
  }

  @Override
  public void write(byte[] octets, int offset, int length) {
    body.write(octets, offset, length);
  }

  /// The DKIM-Signature fields to put before the header section, which is signed as it is; empty
  /// where it is not sound enough for others to read it alike. The body is over.
  ///
  /// @param octets what `scan` is of
  /// @param limit where they end
  public Optional<String> fields(byte[] octets, HeaderScan scan, int limit, Instant now) {
    Optional<List<String>> names = SignedFields.of(scan);
    if (names.isEmpty() || !isSound(octets, scan, limit)) {
      return Optional.empty();
    }
    String hash = Base64.getEncoder().encodeToString(body.finish());
    StringBuilder out = new StringBuilder();
    for (SigningKey key : keys) {
      String field =
          "DKIM-Signature: v=1; a="
              + key.kind().algorithm()
              + "; c=relaxed/relaxed;\r\n\td="
              + key.domain()
              + "; s="
              + key.selector()
              + "; t="
              + now.getEpochSecond()
              + ";\r\n\tbh="
              + hash
              + ";\r\n\th="
              + folded(names.get())
              + ";\r\n\tb=";
      out.append(field).append(signature(key, octets, scan, names.get(), field)).append("\r\n");
    }
    return Optional.of(out.toString());
  }

  /// What comes after a field's `b=`.
  static String signature(
      SigningKey key, byte[] octets, HeaderScan scan, List<String> names, String field) {
    List<String> lower = names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    return folded(key.sign(HeaderOctets.toSign(octets, scan, lower, field)));
  }

  /// Does an empty line or the message's end follow the fields, and has each line CRLF at its end?
  static boolean isSound(byte[] octets, HeaderScan scan, int limit) {
    int end = scan.end();
    boolean ended =
        end == limit || (end + 1 < limit && octets[end] == '\r' && octets[end + 1] == '\n');
    if (!ended || scan.fields().isEmpty()) {
      return false;
    }
    for (int i = scan.fields().getFirst().start(); i < end; i++) {
      boolean cr = octets[i] == '\r';
      if (cr ? i + 1 == end || octets[i + 1] != '\n' : octets[i] == '\n' && octets[i - 1] != '\r') {
        return false;
      }
    }
    return true;
  }

  static String folded(List<String> names) {
    StringBuilder out = new StringBuilder();
    int line = 0;
    for (String name : names) {
      if (!out.isEmpty()) {
        out.append(':');
        line++;
      }
      if (line + name.length() > LINE) {
        out.append("\r\n\t ");
        line = 0;
      }
      out.append(name);
      line += name.length();
    }
    return out.toString();
  }

  static String folded(byte[] signature) {
    String text = Base64.getEncoder().encodeToString(signature);
    StringBuilder out = new StringBuilder();
    for (int at = 0; at < text.length(); at += LINE) {
      out.append(at == 0 ? "" : "\r\n\t ").append(text, at, Math.min(text.length(), at + LINE));
    }
    return out.toString();
  }
}
