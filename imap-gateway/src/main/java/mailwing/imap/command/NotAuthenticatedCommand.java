package mailwing.imap.command;

import org.jspecify.annotations.Nullable;

/// Commands before login (RFC 9051 §6.2).
public sealed interface NotAuthenticatedCommand extends Command {

  /// STARTTLS (RFC 9051 §6.2.1).
  record StartTls() implements NotAuthenticatedCommand {}

  /// AUTHENTICATE (RFC 9051 §6.2.2).
  ///
  /// @param mechanism in upper case
  /// @param initialResponse decoded from base64 (`=` is an empty one); null if the client sent
  ///   none. One that is no base64 makes the command BAD before it gets here.
  record Authenticate(String mechanism, @Nullable Secret initialResponse)
      implements NotAuthenticatedCommand {}

  /// LOGIN (RFC 9051 §6.2.3).
  record Login(Secret user, Secret password) implements NotAuthenticatedCommand {}
}
