package mailwing.imap.session;

import java.io.IOException;
import java.util.Base64;
import java.util.Optional;
import mailwing.gateway.Connection;
import mailwing.gateway.Mechanism;
import mailwing.gateway.Sasl;
import mailwing.imap.command.NotAuthenticatedCommand;
import mailwing.imap.command.Secret;
import mailwing.imap.protocol.ParserLimits;
import mailwing.imap.protocol.ResponseCode;
import mailwing.store.v1.Protocol;

/// STARTTLS, AUTHENTICATE and LOGIN (RFC 9051 §6.2).
final class AuthExecutor {
  private static final int MAX_SASL_LINE = 12 * 1024;

  private AuthExecutor() {}

  static Reply execute(Session session, String tag, NotAuthenticatedCommand command)
      throws IOException {
    return switch (command) {
      case NotAuthenticatedCommand.StartTls _ -> startTls(session, tag);
      case NotAuthenticatedCommand.Authenticate c -> authenticate(session, c);
      case NotAuthenticatedCommand.Login c -> login(session, c);
    };
  }

  private static Reply startTls(Session session, String tag) throws IOException {
    Connection connection = session.connection();
    if (!connection.canStartTls()) {
      return Reply.bad(
          connection.tls().isPresent() ? "TLS is active already" : "TLS is not available");
    }
    session.out().ok(tag, "Begin TLS negotiation now");
    connection.startTls();
    return new Reply(Reply.Status.ANSWERED, null, "");
  }

  /// RFC 8437 §3. Compression ends behind the OK.
  static Reply unauthenticate(Session session, String tag) throws IOException {
    session.unauthenticate();
    Connection connection = session.connection();
    if (!connection.compressed()) {
      return Reply.ok("Logged out of the account");
    }
    session.out().ok(tag, "Logged out of the account, no longer compressed");
    connection.endCompression();
    return new Reply(Reply.Status.ANSWERED, null, "");
  }

  private static Reply authenticate(Session session, NotAuthenticatedCommand.Authenticate command)
      throws IOException {
    Connection connection = session.connection();
    Optional<Mechanism> mechanism =
        Mechanism.named(command.mechanism())
            .filter(session.services().config().mechanisms()::contains);
    if (mechanism.isEmpty()) {
      return Reply.no(ResponseCode.Name.CANNOT, "Mechanism is not supported");
    }
    if (!mechanism.get().allowedOn(connection)) {
      return Reply.no(ResponseCode.Name.PRIVACYREQUIRED, "TLS is required to log in");
    }
    Sasl sasl = new Sasl(session.services().store(), connection, Protocol.IMAP);
    return result(
        session,
        sasl.authenticate(
            mechanism.get(),
            initialResponse(command.initialResponse()),
            challenge -> {
              session.out().continueSasl(Base64.getDecoder().decode(challenge));
              return connection.in().readLine(MAX_SASL_LINE);
            }));
  }

  private static @org.jspecify.annotations.Nullable String initialResponse(
      @org.jspecify.annotations.Nullable Secret response) {
    if (response == null) {
      return null;
    }
    byte[] octets = response.octets();
    return octets.length == 0 ? "=" : Base64.getEncoder().encodeToString(octets);
  }

  private static Reply login(Session session, NotAuthenticatedCommand.Login command)
      throws IOException {
    Connection connection = session.connection();
    if (!connection.mayLogIn()) {
      return Reply.no(ResponseCode.Name.PRIVACYREQUIRED, "TLS is required to log in");
    }
    Sasl sasl = new Sasl(session.services().store(), connection, Protocol.IMAP);
    mailwing.service.Secret password = mailwing.service.Secret.of(command.password().octets());
    command.password().clear();
    return result(session, sasl.password(command.user().text(), password));
  }

  private static Reply result(Session session, Sasl.Result result) {
    return switch (result) {
      case Sasl.Result.Success success -> {
        session.login(success.session());
        session
            .parser()
            .limits(ParserLimits.AFTER_LOGIN.withMessage(session.services().config().maxMessage()));
        yield Reply.ok(new ResponseCode.Capability(Capabilities.of(session)), "Logged in");
      }
      case Sasl.Result.Failed failed -> StoreErrors.reply(failed);
      case Sasl.Result.Cancelled _ -> Reply.bad("Authentication cancelled");
      case Sasl.Result.Malformed _ -> Reply.bad("Not a response of this mechanism");
    };
  }
}
