package mailwing.store.domain;

import com.google.protobuf.ByteString;
import mailwing.store.persistence.NewQueued;

/// Watches a message go by for what its octets will ask of the next hop: 8BITMIME (RFC 6152),
/// SMTPUTF8 (RFC 6531) or BINARYMIME (RFC 3030).
final class OctetKinds {
  private int kinds;
  private int previous = -1;
  private boolean lineEmpty = true;
  private boolean inBody;

  void look(ByteString data) {
    for (ByteString.ByteIterator octets = data.iterator(); octets.hasNext(); ) {
      look(octets.nextByte());
    }
  }

  private void look(byte octet) {
    if (octet < 0) {
      kinds |= inBody ? NewQueued.EIGHT_BIT_BODY : NewQueued.EIGHT_BIT_HEADER;
    } else if (octet == 0
        || (octet == '\n' && previous != '\r')
        || (previous == '\r' && octet != '\n')) {
      kinds |= NewQueued.BINARY;
    }
    if (octet == '\n') {
      inBody |= lineEmpty;
      lineEmpty = true;
    } else if (octet != '\r') {
      lineEmpty = false;
    }
    previous = octet;
  }

  /// Bits of [NewQueued].
  int kinds() {
    return previous == '\r' ? kinds | NewQueued.BINARY : kinds;
  }
}
