package mailwing.imap.session;

import java.io.IOException;
import mailwing.gateway.Connection;
import mailwing.imap.command.AuthenticatedCommand;

/// COMPRESS=DEFLATE (RFC 4978). What is written before the tagged OK, and that, is not compressed;
/// all after it is.
final class CompressExecutor {
  private CompressExecutor() {}

  static Reply execute(Session session, String tag, AuthenticatedCommand.Compress command)
      throws IOException {
    Connection connection = session.connection();
    if (!command.mechanism().equals("DEFLATE")) {
      return Reply.bad("Mechanism is not supported");
    }
    if (connection.compressed()) {
      return Reply.bad("DEFLATE is active already");
    }
    session.out().ok(tag, "DEFLATE active");
    connection.compress();
    return new Reply(Reply.Status.ANSWERED, null, "");
  }
}
