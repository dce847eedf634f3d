package mailwing.imap.session;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.AuthenticatedCommand;

/// ENABLE (RFC 9051 §6.3.1, RFC 5161): tells what this command has switched on; unknown names are
/// passed over.
final class EnableExecutor {
  private EnableExecutor() {}

  static Reply execute(Session session, AuthenticatedCommand.Enable command) throws IOException {
    List<String> switchedOn = new ArrayList<>();
    for (String name : command.capabilities()) {
      Feature feature = Capabilities.feature(name);
      if (feature != null && session.enable(feature)) {
        switchedOn.add(feature.wire());
      }
    }
    session.out().enabled(switchedOn);
    return Reply.ok("ENABLE completed");
  }
}
