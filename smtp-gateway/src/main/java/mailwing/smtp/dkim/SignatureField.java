package mailwing.smtp.dkim;

import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import mailwing.smtp.data.HeaderScan;

/// The field that holds a signature of ours: its tags in their order, folded (RFC 6376 §3.5, RFC
/// 8617 §4.1.2).
final class SignatureField {
  private static final int LINE = 72;

  private SignatureField() {}

  /// A whole field with its CRLF, relaxed/relaxed and over the whole body.
  ///
  /// @param head the field's name and its first tag
  /// @param names of the fields that are signed
  /// @param octets what `scan` is of
  static String signed(
      String head,
      SigningKey key,
      byte[] bodyHash,
      List<String> names,
      byte[] octets,
      HeaderScan scan,
      Instant now) {
    String field =
        head
            + "; a="
            + key.kind().algorithm()
            + "; c=relaxed/relaxed;\r\n\t"
            + signer(key, now)
            + "\r\n\tbh="
            + Base64.getEncoder().encodeToString(bodyHash)
            + ";\r\n\th="
            + folded(names)
            + ";\r\n\tb=";
    return field + signature(key, octets, scan, names, field) + "\r\n";
  }

  /// What comes after a field's `b=`.
  static String signature(
      SigningKey key, byte[] octets, HeaderScan scan, List<String> names, String field) {
    List<String> lower = names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    return folded(key.sign(HeaderOctets.toSign(octets, scan, lower, field)));
  }

  /// Who signs, by which key and when.
  static String signer(SigningKey key, Instant now) {
    return "d=" + key.domain() + "; s=" + key.selector() + "; t=" + now.getEpochSecond() + ";";
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

  private static String folded(List<String> names) {
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
