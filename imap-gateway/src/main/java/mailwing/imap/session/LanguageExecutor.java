package mailwing.imap.session;

import java.io.IOException;
import java.util.List;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.protocol.Texts;

/// LANGUAGE (RFC 5255 §3.2): which language the server speaks in its texts.
final class LanguageExecutor {
  private LanguageExecutor() {}

  static Reply execute(Session session, AnyStateCommand.Language command) throws IOException {
    if (command.ranges().isEmpty()) {
      session.out().languages(Texts.tags());
      return Reply.ok("LANGUAGE completed");
    }
    for (String range : command.ranges()) {
      Texts texts = Texts.matching(range);
      if (texts != null) {
        session.out().languages(List.of(texts.tag()));
        session.out().speak(texts);
        return Reply.ok("LANGUAGE completed");
      }
    }
    return Reply.no("This language is not spoken here");
  }
}
