package mailwing.gateway;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The PROXY protocol's header, versions 1 and 2, read octet-exact so that a TLS handshake may
/// follow at once.
///
/// @param source the client, or null where the proxy speaks for itself (LOCAL, UNKNOWN: its health
///   check)
/// @param destination what the client connected to; null as above
record ProxyHeader(@Nullable InetSocketAddress source, @Nullable InetSocketAddress destination) {
  private static final byte[] SIGNATURE = {
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A
  };
  private static final int MAX_V1 = 107;
  private static final int MAX_V2 = 4096;

  /// Reads one; a malformed or oversize one is an `IOException`.
  static ProxyHeader read(InputStream in) throws IOException {
    byte[] start = in.readNBytes(12);
    if (start.length < 12) {
      throw new EOFException("no PROXY header");
    }
    if (Arrays.equals(start, SIGNATURE)) {
      return version2(in);
    }
    if (start[0] == 'P') {
      return version1(start, in);
    }
    throw new IOException("no PROXY header");
  }

  private static ProxyHeader version1(byte[] start, InputStream in) throws IOException {
    byte[] line = Arrays.copyOf(start, MAX_V1);
    int length = start.length;
    while (line[length - 1] != '\n' || line[length - 2] != '\r') {
      if (length == MAX_V1) {
        throw new IOException("PROXY header too long");
      }
      int octet = in.read();
      if (octet < 0) {
        throw new EOFException("PROXY header cut off");
      }
      line[length++] = (byte) octet;
    }
    String text = new String(line, 0, length - 2, StandardCharsets.US_ASCII);
    String[] words = text.split(" ", -1);
    if (words.length >= 2 && words[0].equals("PROXY") && words[1].equals("UNKNOWN")) {
      return new ProxyHeader(null, null);
    }
    if (words.length != 6
        || !words[0].equals("PROXY")
        || !(words[1].equals("TCP4") || words[1].equals("TCP6"))) {
      throw new IOException("malformed PROXY header");
    }
    int octets = words[1].equals("TCP4") ? 4 : 16;
    return new ProxyHeader(
        new InetSocketAddress(literal(words[2], octets), port(words[4])),
        new InetSocketAddress(literal(words[3], octets), port(words[5])));
  }

  private static ProxyHeader version2(InputStream in) throws IOException {
    byte[] head = in.readNBytes(4);
    if (head.length < 4) {
      throw new EOFException("PROXY header cut off");
    }
    int version = (head[0] & 0xF0) >> 4;
    int command = head[0] & 0x0F;
    int length = (head[2] & 0xFF) << 8 | (head[3] & 0xFF);
    if (version != 2 || command > 1 || length > MAX_V2) {
      throw new IOException("malformed PROXY header");
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("PROXY header cut off");
    }
    if (command == 0) {
      return new ProxyHeader(null, null);
    }
    int octets =
        switch (head[1]) {
          case 0x11 -> 4;
          case 0x21 -> 16;
          default -> throw new IOException("PROXY header of an unsupported family");
        };
    if (length < octets * 2 + 4) {
      throw new IOException("malformed PROXY header");
    }
    return new ProxyHeader(
        address(body, 0, octets, octets * 2), address(body, octets, octets, octets * 2 + 2));
  }

  private static InetSocketAddress address(byte[] body, int from, int octets, int port)
      throws IOException {
    InetAddress address = InetAddress.getByAddress(Arrays.copyOfRange(body, from, from + octets));
    return new InetSocketAddress(address, (body[port] & 0xFF) << 8 | (body[port + 1] & 0xFF));
  }

  private static InetAddress literal(String text, int octets) throws IOException {
    try {
      InetAddress address = InetAddress.ofLiteral(text);
      if (text.matches("[0-9a-fA-F:.]+") && (octets == 16) == (text.indexOf(':') >= 0)) {
        return address;
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("malformed PROXY header", e);
    }
    throw new IOException("malformed PROXY header");
  }

  private static int port(String text) throws IOException {
    if (text.matches("0|[1-9]\\d{0,4}")) {
      int port = Integer.parseInt(text);
      if (port <= 65535) {
        return port;
      }
    }
    throw new IOException("malformed PROXY header");
  }
}
