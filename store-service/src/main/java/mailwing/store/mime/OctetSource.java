package mailwing.store.mime;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/// The stored octets of a message, by range.
@FunctionalInterface
public interface OctetSource {
  /// The octets `[from, to)`.
  InputStream range(long from, long to) throws IOException;

  static OctetSource of(byte[] octets) {
    return (from, to) -> new ByteArrayInputStream(octets, (int) from, (int) (to - from));
  }
}
