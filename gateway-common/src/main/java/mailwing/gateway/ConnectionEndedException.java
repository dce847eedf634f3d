package mailwing.gateway;

import java.io.IOException;

/// Our side ended the wait for the client: the session says its farewell (the output still works)
/// and returns.
public final class ConnectionEndedException extends IOException {
  /// Why.
  public enum Reason {
    /// Nothing came for the read timeout.
    IDLE,
    /// The connection's deadline has passed (no login in time).
    DEADLINE,
    /// The gateway is ending.
    DRAINING,
    /// The password was changed, or the account disabled or removed.
    REVOKED
  }

  private final Reason reason;

  public ConnectionEndedException(Reason reason) {
    super("connection ended: " + reason);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
