package mailwing.pop3;

import java.util.Optional;
import java.util.OptionalInt;
import mailwing.service.Secret;

/// A POP3 command, by the states it is allowed in (RFC 1939 §3).
sealed interface Pop3Command {
  /// Before the login.
  sealed interface InAuthorization extends Pop3Command {}

  /// After it.
  sealed interface InTransaction extends Pop3Command {}

  /// RFC 1939 §7.
  record User(String name) implements InAuthorization {}

  /// RFC 1939 §7. The argument is all that follows the one space, spaces included.
  record Pass(Secret password) implements InAuthorization {}

  /// RFC 5034 §4; without a mechanism: which there are.
  record Auth(Optional<String> mechanism, Optional<String> initialResponse)
      implements InAuthorization {}

  /// RFC 2595 §4.
  record Stls() implements InAuthorization {}

  /// RFC 2449 §5.
  record Capa() implements InAuthorization, InTransaction {}

  /// RFC 6856 §3: a language range, `*`, or nothing to ask which there are.
  record Lang(Optional<String> range) implements InAuthorization, InTransaction {}

  /// RFC 6856 §2.1.
  record Utf8() implements InAuthorization {}

  /// RFC 1939 §5 and §6.
  record Quit() implements InAuthorization, InTransaction {}

  /// RFC 1939 §5, as all that follow but where it says otherwise.
  record Stat() implements InTransaction {}

  record ScanListing(OptionalInt number) implements InTransaction {}

  record Retr(int number) implements InTransaction {}

  record Dele(int number) implements InTransaction {}

  record Noop() implements InTransaction {}

  record Rset() implements InTransaction {}

  /// RFC 1939 §7.
  record Top(int number, int lines) implements InTransaction {}

  /// RFC 1939 §7.
  record Uidl(OptionalInt number) implements InTransaction {}

  /// RFC 1460 §5: the highest message number accessed.
  record Last() implements InTransaction {}

  /// No command of ours, or one with wrong arguments.
  record Bad(String reason) implements InAuthorization, InTransaction {}
}
