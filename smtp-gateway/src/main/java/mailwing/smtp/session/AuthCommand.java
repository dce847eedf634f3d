package mailwing.smtp.session;

import java.io.IOException;
import java.util.Optional;
import java.util.stream.Collectors;
import mailwing.gateway.Connection;
import mailwing.gateway.LineTooLongException;
import mailwing.gateway.Mechanism;
import mailwing.gateway.Sasl;
import mailwing.gateway.StoreSession;
import mailwing.smtp.protocol.Command;
import mailwing.smtp.protocol.Reply;
import mailwing.store.v1.ErrorCode;
import org.jspecify.annotations.Nullable;

/// The AUTH command's framing of a SASL exchange (RFC 4954 §4).
final class AuthCommand {

  /// How an exchange ends.
  sealed interface Result {
    record Succeeded(StoreSession session) implements Result {}

    /// The store has refused the credentials.
    record Failed(Reply reply) implements Result {}

    /// The exchange did not come to credentials.
    record Refused(Reply reply) implements Result {}
  }

  private final Connection connection;
  private final SmtpServices services;

  AuthCommand(Connection connection, SmtpServices services) {
    this.connection = connection;
    this.services = services;
  }

  /// What may be used on this connection now, as EHLO says it.
  String offered() {
    return services.mechanisms().stream()
        .filter(mechanism -> mechanism.allowedOn(connection))
        .map(Mechanism::saslName)
        .collect(Collectors.joining(" "));
  }

  Result run(Command.Auth command) throws IOException {
    Optional<Mechanism> mechanism =
        Mechanism.named(command.mechanism()).filter(services.mechanisms()::contains);
    if (mechanism.isEmpty()) {
      return new Result.Refused(Replies.AUTH_MECHANISM);
    }
    if (!connection.mayLogIn()) {
      return new Result.Refused(Replies.AUTH_NEEDS_TLS);
    }
    if (!mechanism.get().allowedOn(connection)) {
      return new Result.Refused(Replies.AUTH_MECHANISM);
    }
    Sasl sasl = new Sasl(services.store(), connection, Service.SUBMISSION.protocol());
    try {
      return switch (sasl.authenticate(mechanism.get(), command.initialResponse(), this::ask)) {
        case Sasl.Result.Success(StoreSession session) -> new Result.Succeeded(session);
        case Sasl.Result.Failed failed -> failed(failed.code());
        case Sasl.Result.Cancelled() -> new Result.Refused(Replies.AUTH_CANCELLED);
        case Sasl.Result.Malformed() -> new Result.Refused(Replies.AUTH_MALFORMED);
      };
    } catch (LineTooLongException e) {
      return new Result.Refused(e.endless() ? Replies.LINE_ENDLESS : Replies.AUTH_LINE_TOO_LONG);
    }
  }

  private byte @Nullable [] ask(String challenge) throws IOException {
    connection.out().ascii("334 ").ascii(challenge).crlf();
    return connection.readCommand(services.limits().authLine());
  }

  private static Result failed(ErrorCode code) {
    return switch (code) {
      case AUTHENTICATION_FAILED, INVALID_ARGUMENT, ACCOUNT_NOT_FOUND, PERMISSION_DENIED ->
          new Result.Failed(Replies.AUTH_FAILED);
      case ACCOUNT_DISABLED -> new Result.Failed(Replies.AUTH_DISABLED);
      case ACCOUNT_ELSEWHERE -> new Result.Failed(Replies.AUTH_ELSEWHERE);
      case TRY_LATER -> new Result.Failed(Replies.AUTH_TOO_MANY);
      default -> new Result.Refused(Replies.AUTH_LATER);
    };
  }
}
