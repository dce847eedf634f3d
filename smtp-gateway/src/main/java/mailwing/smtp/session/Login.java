package mailwing.smtp.session;

import java.net.IDN;
import java.text.Normalizer;
import java.util.Locale;
import mailwing.gateway.StoreSession;

/// Whether and as whom the client has logged in.
sealed interface Login {
  record None() implements Login {}

  record As(StoreSession session) implements Login {

    /// May the account send as this address: one of its own, with or without a +detail?
    boolean owns(String address) {
      int at = address.lastIndexOf('@');
      if (at < 0) {
        return false;
      }
      String localPart = Normalizer.normalize(address.substring(0, at), Normalizer.Form.NFC);
      String domain = "@" + IDN.toUnicode(address.substring(at + 1));
      String named = (localPart + domain).toLowerCase(Locale.ROOT);
      int plus = localPart.indexOf('+');
      String plain =
          plus <= 0 ? named : (localPart.substring(0, plus) + domain).toLowerCase(Locale.ROOT);
      return is(session.address(), named, plain)
          || session.senderAddresses().stream().anyMatch(own -> is(own, named, plain));
    }

    private static boolean is(String own, String named, String plain) {
      String lower = own.toLowerCase(Locale.ROOT);
      return lower.equals(named) || lower.equals(plain);
    }
  }
}
