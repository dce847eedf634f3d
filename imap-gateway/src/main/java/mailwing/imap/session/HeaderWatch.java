package mailwing.imap.session;

/// Looks at a message's octets as they pass for 8-bit characters in its header, which a client may
/// send once it has enabled UTF8=ACCEPT (RFC 9755 §4) or IMAP4rev2, whose messages may have them
/// (RFC 9051 §6.3.12).
final class HeaderWatch {
  private boolean lineEmpty = true;
  private boolean ended;
  private boolean eightBit;

  /// The next octets.
  void pass(byte[] octets, int count) {
    for (int i = 0; i < count && !ended; i++) {
      byte octet = octets[i];
      if (octet == '\n') {
        ended = lineEmpty;
        lineEmpty = true;
      } else if (octet != '\r') {
        lineEmpty = false;
        eightBit |= octet < 0;
      }
    }
  }

  /// Octets pass that the client does not send: whether the header goes on behind them is not
  /// known.
  void passElsewhere() {
    ended = true;
  }

  /// Whether this client may not send what has passed.
  boolean refused(Session session) {
    return eightBit
        && !session.services().config().eightBitHeaders()
        && !session.enabled(Feature.UTF8_ACCEPT)
        && !session.enabled(Feature.IMAP4REV2);
  }
}
