package mailwing.smtp.data;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// What submission mends in a header section: Date and Message-ID where they miss, Bcc removed (RFC
/// 6409 §8, RFC 5322 §3.6.3). Every other octet stays.
public final class SubmittedHeader {
  private SubmittedHeader() {}

  /// The fields to put before the message; empty where nothing misses.
  public static String missing(HeaderScan scan, String date, String id, String host) {
    StringBuilder out = new StringBuilder();
    if (!scan.has("date")) {
      out.append("Date: ").append(date).append("\r\n");
    }
    if (!scan.has("message-id")) {
      out.append("Message-ID: <").append(id).append('@').append(host).append(">\r\n");
    }
    return out.toString();
  }

  /// The octets from offset to limit, with the missing fields before them and without Bcc; scan is
  /// of these octets.
  public static byte[] mend(byte[] octets, int offset, int limit, HeaderScan scan, String missing) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(limit - offset + missing.length());
    out.writeBytes(missing.getBytes(StandardCharsets.UTF_8));
    int at = offset;
    for (HeaderScan.Field field : scan.fields()) {
      if (isBlindCopy(scan, field)) {
        out.write(octets, at, field.start() - at);
        at = field.end();
      }
    }
    out.write(octets, at, limit - at);
    return out.toByteArray();
  }

  /// The fields that submission removes, one after the other.
  public static byte[] blindCopies(byte[] octets, HeaderScan scan) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (HeaderScan.Field field : scan.fields()) {
      if (isBlindCopy(scan, field)) {
        out.write(octets, field.start(), field.end() - field.start());
      }
    }
    return out.toByteArray();
  }

  /// Has it a field that submission removes?
  public static boolean hasBlindCopy(HeaderScan scan) {
    return scan.fields().stream().anyMatch(field -> isBlindCopy(scan, field));
  }

  private static boolean isBlindCopy(HeaderScan scan, HeaderScan.Field field) {
    return scan.isNamed(field, "bcc") || scan.isNamed(field, "resent-bcc");
  }
}
