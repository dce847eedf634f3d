package mailwing.imap.session;

/// What a client can switch on by ENABLE (RFC 5161), and CONDSTORE by its other ways too.
enum Feature {
  CONDSTORE("CONDSTORE"),
  QRESYNC("QRESYNC"),
  UIDONLY("UIDONLY"),
  IMAP4REV2("IMAP4rev2"),
  UTF8_ACCEPT("UTF8=ACCEPT");

  private final String wire;

  Feature(String wire) {
    this.wire = wire;
  }

  /// As it stands on the wire.
  String wire() {
    return wire;
  }
}
