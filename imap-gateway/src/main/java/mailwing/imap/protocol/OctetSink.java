package mailwing.imap.protocol;

import java.io.IOException;

/// Where a writer's octets go: a connection's buffer, which writes itself out when full.
public interface OctetSink {
  void write(int octet) throws IOException;

  void write(byte[] octets, int offset, int length) throws IOException;

  /// Sends what is buffered.
  void flush() throws IOException;
}
