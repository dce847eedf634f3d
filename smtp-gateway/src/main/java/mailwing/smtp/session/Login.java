package mailwing.smtp.session;

import java.util.Locale;
import mailwing.gateway.StoreSession;
import mailwing.smtp.protocol.Mailbox;

/// Whether and as whom the client has logged in.
sealed interface Login {
  record None() implements Login {}

  record As(StoreSession session) implements Login {

    /// May the account send as this mailbox: one of its own addresses, with or without a +detail?
    boolean owns(Mailbox mailbox) {
      String named = mailbox.address().toLowerCase(Locale.ROOT);
      int plus = mailbox.localPart().indexOf('+');
      String plain =
          plus <= 0
              ? named
              : (mailbox.localPart().substring(0, plus) + "@" + mailbox.domain())
                  .toLowerCase(Locale.ROOT);
      return is(session.address(), named, plain)
          || session.senderAddresses().stream().anyMatch(own -> is(own, named, plain));
    }

    private static boolean is(String own, String named, String plain) {
      String lower = own.toLowerCase(Locale.ROOT);
      return lower.equals(named) || lower.equals(plain);
    }
  }
}
