package mailwing.smtp.session;

import mailwing.gateway.Connection;
import mailwing.store.v1.Protocol;

/// What a listener is for.
public enum Service {
  /// Mail from the Internet for local recipients; nobody logs in (RFC 5321).
  MX(Protocol.SMTP),
  /// Mail of our own users, who log in (RFC 6409).
  SUBMISSION(Protocol.SUBMISSION),
  /// Mail from a relay of ours, with a reply for each recipient (RFC 2033).
  LMTP(Protocol.LMTP);

  private final Protocol protocol;

  Service(Protocol protocol) {
    this.protocol = protocol;
  }

  /// Is the client of this connection a relay of ours?
  boolean trusts(Connection connection) {
    return this == LMTP || connection.trusted();
  }

  Protocol protocol() {
    return protocol;
  }
}
