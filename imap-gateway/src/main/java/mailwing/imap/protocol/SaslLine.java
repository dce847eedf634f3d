package mailwing.imap.protocol;

import mailwing.imap.command.Secret;

/// A client's line during AUTHENTICATE (RFC 9051 §6.2.2).
public sealed interface SaslLine {

  record Response(Secret octets) implements SaslLine {}

  /// `*`: BAD, and the exchange is over.
  record Cancelled() implements SaslLine {}

  /// No base64, or too long: BAD, and the exchange is over.
  record Invalid(String text) implements SaslLine {}

  record EndOfInput() implements SaslLine {}
}
