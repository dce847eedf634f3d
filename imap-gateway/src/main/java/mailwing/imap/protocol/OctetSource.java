package mailwing.imap.protocol;

import java.io.IOException;

/// Where a parser's octets come from: a connection's buffered, blocking reader.
public interface OctetSource {
  /// The next octet, or -1 at the end of the stream.
  int read() throws IOException;

  /// Up to `length` octets, at least one, or -1 at the end of the stream.
  int read(byte[] to, int offset, int length) throws IOException;
}
