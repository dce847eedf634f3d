package mailwing.imap.session;

import java.util.ArrayList;
import java.util.List;
import mailwing.gateway.Connection;
import mailwing.gateway.Mechanism;

/// What is announced (RFC 9051 §7.2.2): only what works wholly, and only where it may be used.
public final class Capabilities {
  private static final List<String> ALWAYS =
      List.of("IMAP4rev1", "SASL-IR", "LITERAL+", "ID", "ENABLE", "IDLE");
  private static final List<String> AFTER_LOGIN =
      List.of("NAMESPACE", "UIDPLUS", "MOVE", "UNSELECT", "CHILDREN", "SPECIAL-USE");

  private Capabilities() {}

  /// Of a session in its present state.
  public static List<String> of(Session session) {
    List<String> capabilities = new ArrayList<>(ALWAYS);
    if (session.state() instanceof SessionState.LoggedIn) {
      capabilities.addAll(AFTER_LOGIN);
      return capabilities;
    }
    Connection connection = session.connection();
    if (connection.canStartTls()) {
      capabilities.add("STARTTLS");
    }
    if (!connection.mayLogIn()) {
      capabilities.add("LOGINDISABLED");
    }
    for (Mechanism mechanism : AuthExecutor.MECHANISMS) {
      if (mechanism.allowedOn(connection)) {
        capabilities.add("AUTH=" + mechanism.saslName());
      }
    }
    return capabilities;
  }
}
