package mailwing.smtp.https;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// A response of HTTP/1.1 (RFC 9112).
///
/// @param headers by their names in lower case; of several the last
/// @param body as UTF-8
public record HttpsResponse(int status, Map<String, String> headers, String body) {
  private static final int MOST_HEADER_OCTETS = 16 << 10;

  public HttpsResponse {
    headers = Map.copyOf(headers);
  }

  /// A media type without its parameters, lower case; empty where none is said.
  public String mediaType() {
    return headers
        .getOrDefault("content-type", "")
        .split(";", 2)[0]
        .strip()
        .toLowerCase(Locale.ROOT);
  }

  /// Reads one from a connection that the server is to close after it.
  ///
  /// @param most octets of a body
  static HttpsResponse read(InputStream in, int most) throws IOException {
    Lines lines = new Lines(in);
    String first = lines.next();
    if (!first.matches("HTTP/1\\.[01] [1-5][0-9][0-9](?: .*)?")) {
      throw new HttpsException("no HTTP response");
    }
    Map<String, String> headers = new HashMap<>();
    for (String line = lines.next(); !line.isEmpty(); line = lines.next()) {
      int colon = line.indexOf(':');
      if (colon < 1) {
        throw new HttpsException("a malformed header");
      }
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    String encoding = headers.getOrDefault("transfer-encoding", "");
    String length = headers.get("content-length");
    if (encoding.equalsIgnoreCase("chunked")) {
      chunks(lines, body, most);
    } else if (!encoding.isEmpty()) {
      throw new HttpsException("an unknown transfer coding");
    } else if (length != null) {
      if (!length.matches("[0-9]{1,9}")) {
        throw new HttpsException("a malformed length");
      }
      copy(in, body, Integer.parseInt(length), most);
    } else {
      copyToEnd(in, body, most);
    }
    return new HttpsResponse(
        Integer.parseInt(first.substring(9, 12)), headers, body.toString(StandardCharsets.UTF_8));
  }

  private static void chunks(Lines lines, ByteArrayOutputStream body, int most) throws IOException {
    while (true) {
      String size = lines.next().split(";", 2)[0].strip();
      if (!size.matches("[0-9A-Fa-f]{1,7}")) {
        throw new HttpsException("a malformed chunk");
      }
      int octets = Integer.parseInt(size, 16);
      if (octets == 0) {
        return;
      }
      copy(lines.in, body, octets, most);
      if (!lines.next().isEmpty()) {
        throw new HttpsException("a malformed chunk");
      }
    }
  }

  private static void copy(InputStream in, ByteArrayOutputStream body, int octets, int most)
      throws IOException {
    if (octets > most - body.size()) {
      throw new HttpsException("the response is too large");
    }
    byte[] read = in.readNBytes(octets);
    if (read.length < octets) {
      throw new HttpsException("the response was cut");
    }
    body.writeBytes(read);
  }

  private static void copyToEnd(InputStream in, ByteArrayOutputStream body, int most)
      throws IOException {
    byte[] read = in.readNBytes(most + 1);
    if (read.length > most) {
      throw new HttpsException("the response is too large");
    }
    body.writeBytes(read);
  }

  /// Lines of the head and between chunks, all together of some octets.
  private static final class Lines {
    private final InputStream in;
    private int left = MOST_HEADER_OCTETS;

    Lines(InputStream in) {
      this.in = in;
    }

    String next() throws IOException {
      StringBuilder line = new StringBuilder();
      while (true) {
        int octet = in.read();
        if (octet < 0) {
          throw new HttpsException("the response was cut");
        }
        if (--left < 0) {
          throw new HttpsException("the response's head is too large");
        }
        if (octet == '\n') {
          int end = line.length();
          return line.substring(0, end > 0 && line.charAt(end - 1) == '\r' ? end - 1 : end);
        }
        line.append((char) octet);
      }
    }
  }
}
