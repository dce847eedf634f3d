package mailwing.store.accounts;

import com.google.protobuf.ByteString;
import mailwing.store.persistence.AccountRow;

/// The server's side of one exchange of a SASL mechanism in which the client speaks first (RFC
/// 4422): to be given the client's messages, one after the other.
public interface SaslExchange {
  /// What follows on a message.
  sealed interface Step {}

  /// Another message is awaited.
  record Challenge(ByteString octets) implements Step {}

  /// The user is who it says to be; whom it may act as is for [Logins#bySasl] to say.
  ///
  /// @param authorizationId whom it wants to act as; empty: itself
  /// @param additionalData for the client, with success; empty for none
  record Proven(AccountRow account, String authorizationId, ByteString additionalData)
      implements Step {}

  /// AUTHENTICATION_FAILED; INVALID_ARGUMENT for what is no message of the mechanism.
  Step next(ByteString message);
}
