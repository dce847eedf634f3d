package mailwing.gateway;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import mailwing.service.Secret;
import mailwing.store.v1.AuthenticateSaslRequest;
import mailwing.store.v1.AuthenticateSaslResponse;
import mailwing.store.v1.ClientInfo;
import mailwing.store.v1.ErrorCode;
import mailwing.store.v1.LoginReferral;
import mailwing.store.v1.Protocol;
import org.jspecify.annotations.Nullable;

/// The server's side of a SASL exchange (RFC 4422), whatever protocol frames it.
///
/// PLAIN and LOGIN are decoded here and checked by the store; the others' octets are relayed to the
/// store, which conducts them. Additional data with success travels as a last challenge, which the
/// client answers with an empty response.
public final class Sasl {
  /// How the protocol carries a challenge.
  @FunctionalInterface
  public interface Dialog {
    /// Sends the challenge (base64, maybe empty) in the protocol's framing and reads the client's
    /// line, without its line end; null where the stream ended. A line that is too long may be
    /// thrown on.
    byte @Nullable [] ask(String challenge) throws IOException;
  }

  /// How it ended.
  public sealed interface Result {
    /// Logged in; the caller closes the session.
    record Success(StoreSession session) implements Result {}

    /// Refused by the store: AUTHENTICATION_FAILED, ACCOUNT_DISABLED, ACCOUNT_ELSEWHERE, TRY_LATER,
    /// UNAVAILABLE, ...
    ///
    /// @param referral where the account lives, of ACCOUNT_ELSEWHERE
    record Failed(ErrorCode code, @Nullable LoginReferral referral) implements Result {
      Failed(StoreException refusal) {
        this(refusal.code(), refusal.referral());
      }
    }

    /// The client sent `*`.
    record Cancelled() implements Result {}

    /// Not base64, or not a message of the mechanism.
    record Malformed() implements Result {}
  }

  private static final class MalformedException extends IOException {}

  private static final class CancelledException extends IOException {}

  private final StoreClient store;
  private final Connection connection;
  private final ClientInfo client;

  public Sasl(StoreClient store, Connection connection, Protocol protocol) {
    this.store = store;
    this.connection = connection;
    this.client = clientInfo(connection, protocol);
  }

  /// Who connects, as the store wants to know it.
  public static ClientInfo clientInfo(Connection connection, Protocol protocol) {
    return ClientInfo.newBuilder()
        .setProtocol(protocol)
        .setAddress(connection.remoteIp().getHostAddress())
        .setTls(connection.tls().isPresent())
        .setTrusted(connection.trusted())
        .build();
  }

  /// Conducts the exchange. The caller has checked that the mechanism is allowed on the connection.
  ///
  /// @param initialResponse as the client sent it: base64, `=` for an empty one; null for none
  public Result authenticate(Mechanism mechanism, @Nullable String initialResponse, Dialog dialog)
      throws IOException {
    try {
      byte[] initial =
          initialResponse == null
              ? null
              : initialResponse.equals("=")
                  ? new byte[0]
                  : decode(initialResponse.getBytes(StandardCharsets.ISO_8859_1));
      return switch (mechanism) {
        case PLAIN -> plain(initial == null ? ask(dialog, "") : initial);
        case LOGIN -> login(initial, dialog);
        case SCRAM_SHA_256, SCRAM_SHA_256_PLUS, OAUTHBEARER, XOAUTH2, EXTERNAL ->
            relayed(mechanism, initial, dialog);
      };
    } catch (MalformedException e) {
      return new Result.Malformed();
    } catch (CancelledException e) {
      return new Result.Cancelled();
    } catch (StoreException e) {
      return e.code() == ErrorCode.INVALID_ARGUMENT ? new Result.Malformed() : new Result.Failed(e);
    }
  }

  /// A plain password outside SASL: IMAP LOGIN, POP3 USER and PASS.
  public Result password(String user, Secret password) {
    try {
      return new Result.Success(store.authenticatePassword("", user, password, client));
    } catch (StoreException e) {
      return new Result.Failed(e);
    }
  }

  /// RFC 4616: an authorization identity or nothing, NUL, the authentication identity, NUL, the
  /// password; UTF-8.
  private Result plain(byte[] message) throws MalformedException {
    int first = indexOfNul(message, 0);
    int second = first < 0 ? -1 : indexOfNul(message, first + 1);
    if (second < 0 || indexOfNul(message, second + 1) >= 0 || second == first + 1) {
      throw new MalformedException();
    }
    String authorization = text(message, 0, first);
    String authentication = text(message, first + 1, second);
    Secret password = Secret.of(message, second + 1, message.length);
    Arrays.fill(message, (byte) 0);
    return new Result.Success(
        store.authenticatePassword(authorization, authentication, password, client));
  }

  private Result login(byte @Nullable [] initial, Dialog dialog) throws IOException {
    byte[] user = initial == null ? ask(dialog, "VXNlcm5hbWU6") : initial;
    byte[] password = ask(dialog, "UGFzc3dvcmQ6");
    if (user.length == 0 || indexOfNul(user, 0) >= 0) {
      throw new MalformedException();
    }
    Secret secret = Secret.of(password);
    Arrays.fill(password, (byte) 0);
    return new Result.Success(
        store.authenticatePassword("", text(user, 0, user.length), secret, client));
  }

  private Result relayed(Mechanism mechanism, byte @Nullable [] initial, Dialog dialog)
      throws IOException {
    try (var exchange = store.authenticateSasl()) {
      AuthenticateSaslRequest.Builder first =
          AuthenticateSaslRequest.newBuilder()
              .setMechanism(mechanism.saslName())
              .setClient(client)
              .putAllChannelBindings(
                  connection.tls().map(TlsInfo::channelBindings).orElse(java.util.Map.of()));
      if (mechanism == Mechanism.EXTERNAL) {
        first.addAllClientCertificates(
            connection.tls().map(TlsInfo::clientCertificates).orElse(java.util.List.of()));
      }
      // Client-first mechanisms: without an initial response an empty challenge asks for it (RFC
      // 4422 §5).
      byte[] opening = initial == null ? ask(dialog, "") : initial;
      exchange.send(first.setResponse(UnsafeByteOperations.unsafeWrap(opening)).build());
      while (true) {
        AuthenticateSaslResponse step = exchange.read();
        if (step == null) {
          return new Result.Failed(ErrorCode.INTERNAL, null);
        }
        switch (step.getStepCase()) {
          case CHALLENGE -> {
            byte[] response = ask(dialog, encode(step.getChallenge()));
            exchange.send(
                AuthenticateSaslRequest.newBuilder()
                    .setResponse(UnsafeByteOperations.unsafeWrap(response))
                    .build());
          }
          case SUCCESS -> {
            StoreSession session = store.session(step.getSuccess().getSession());
            ByteString additional = step.getSuccess().getAdditionalData();
            try {
              if (!additional.isEmpty() && ask(dialog, encode(additional)).length > 0) {
                throw new MalformedException();
              }
            } catch (IOException e) {
              session.close();
              throw e;
            }
            return new Result.Success(session);
          }
          default -> {
            return new Result.Failed(ErrorCode.INTERNAL, null);
          }
        }
      }
    }
  }

  private static byte[] ask(Dialog dialog, String challenge) throws IOException {
    byte[] line = dialog.ask(challenge);
    if (line == null) {
      throw new EOFException("stream ended within an authentication");
    }
    if (line.length == 1 && line[0] == '*') {
      throw new CancelledException();
    }
    return decode(line);
  }

  private static byte[] decode(byte[] base64) throws MalformedException {
    if (base64.length % 4 != 0) {
      throw new MalformedException();
    }
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new MalformedException();
    }
  }

  private static String encode(ByteString octets) {
    return Base64.getEncoder().encodeToString(octets.toByteArray());
  }

  private static int indexOfNul(byte[] octets, int from) {
    for (int i = from; i < octets.length; i++) {
      if (octets[i] == 0) {
        return i;
      }
    }
    return -1;
  }

  private static String text(byte[] octets, int from, int to) throws MalformedException {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(octets, from, to - from))
          .toString();
    } catch (CharacterCodingException e) {
      throw new MalformedException();
    }
  }
}
