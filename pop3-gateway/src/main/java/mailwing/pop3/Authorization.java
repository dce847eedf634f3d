package mailwing.pop3;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.BodyCache;
import mailwing.gateway.Connection;
import mailwing.gateway.ConnectionEndedException;
import mailwing.gateway.LineTooLongException;
import mailwing.gateway.Mechanism;
import mailwing.gateway.OctetWriter;
import mailwing.gateway.Sasl;
import mailwing.gateway.SessionGuard;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreSession;
import mailwing.store.v1.Protocol;

/// The AUTHORIZATION state (RFC 1939 §4): until a login succeeds.
final class Authorization implements Pop3Session.State {
  /// What a command led to.
  record Outcome(boolean ok, Pop3Session.State next) {}

  // RFC 4954 §4 gives SASL lines this room; POP3 names none.
  private static final int MAX_RESPONSE = 12288;

  private final Connection connection;
  private final Pop3Config config;
  private final StoreClient store;
  private final BodyCache cache;
  private final Pop3Metrics metrics;
  private final SessionGuard guard;
  private final OctetWriter out;
  private Optional<String> user = Optional.empty();
  private boolean utf8;

  Authorization(
      Connection connection,
      Pop3Config config,
      StoreClient store,
      BodyCache cache,
      Pop3Metrics metrics,
      SessionGuard guard) {
    this.connection = connection;
    this.config = config;
    this.store = store;
    this.cache = cache;
    this.metrics = metrics;
    this.guard = guard;
    this.out = connection.out();
  }

  Outcome execute(Pop3Command command) throws IOException {
    if (!(command instanceof Pop3Command.InAuthorization allowed)) {
      return no("-ERR Log in first\r\n");
    }
    return switch (allowed) {
      case Pop3Command.User given -> user(given);
      case Pop3Command.Pass pass -> pass(pass);
      case Pop3Command.Auth auth -> auth(auth);
      case Pop3Command.Stls stls -> stls();
      case Pop3Command.Utf8 ignored -> {
        utf8 = true;
        out.ascii("+OK UTF-8 it is\r\n");
        yield yes();
      }
      case Pop3Command.Capa capa -> {
        Capabilities.write(out, connection, config, false);
        yield yes();
      }
      case Pop3Command.Lang lang -> new Outcome(Languages.answer(out, lang.range()), this);
      case Pop3Command.Quit quit -> {
        out.ascii("+OK Bye\r\n");
        yield new Outcome(true, new Pop3Session.Ended());
      }
      case Pop3Command.Bad bad -> {
        out.ascii("-ERR ").ascii(bad.reason()).crlf();
        yield new Outcome(false, this);
      }
    };
  }

  private Outcome user(Pop3Command.User given) throws IOException {
    if (!connection.mayLogIn()) {
      return no("-ERR Plaintext logins need TLS: use STLS first\r\n");
    }
    user = Optional.of(given.name());
    // Said of any name: the reply must not tell whether there is such a user.
    out.ascii("+OK\r\n");
    return yes();
  }

  private Outcome pass(Pop3Command.Pass pass) throws IOException {
    if (!connection.mayLogIn()) {
      return no("-ERR Plaintext logins need TLS: use STLS first\r\n");
    }
    if (user.isEmpty()) {
      return no("-ERR USER comes first\r\n");
    }
    String name = user.get();
    user = Optional.empty();
    return result(new Sasl(store, connection, Protocol.POP3).password(name, pass.password()));
  }

  private Outcome auth(Pop3Command.Auth auth) throws IOException {
    List<Mechanism> offered = Capabilities.mechanisms(connection, config);
    if (auth.mechanism().isEmpty()) {
      // Not in RFC 5034, but old clients ask like this.
      out.ascii("+OK\r\n");
      for (Mechanism mechanism : offered) {
        out.ascii(mechanism.saslName()).crlf();
      }
      out.ascii(".\r\n");
      return yes();
    }
    Optional<Mechanism> mechanism = auth.mechanism().flatMap(Mechanism::named);
    if (mechanism.isEmpty() || !config.mechanisms().contains(mechanism.get())) {
      return no("-ERR Unknown mechanism\r\n");
    }
    if (!offered.contains(mechanism.get())) {
      return no("-ERR This mechanism needs TLS: use STLS first\r\n");
    }
    try {
      return result(
          new Sasl(store, connection, Protocol.POP3)
              .authenticate(
                  mechanism.get(),
                  auth.initialResponse().orElse(null),
                  challenge -> {
                    out.ascii("+ ").ascii(challenge).crlf();
                    return connection.in().readLine(MAX_RESPONSE);
                  }));
    } catch (LineTooLongException e) {
      if (e.endless()) {
        throw e;
      }
      return no("-ERR Line too long\r\n");
    }
  }

  private Outcome result(Sasl.Result result) throws IOException {
    return switch (result) {
      case Sasl.Result.Success success -> open(success.session());
      case Sasl.Result.Failed failed -> {
        boolean enough = guard.loginFailed();
        out.ascii(Pop3Replies.error(failed.code()));
        yield new Outcome(false, enough ? new Pop3Session.Ended() : this);
      }
      case Sasl.Result.Cancelled cancelled -> no("-ERR Authentication cancelled\r\n");
      case Sasl.Result.Malformed malformed -> no("-ERR Malformed authentication data\r\n");
    };
  }

  private Outcome open(StoreSession session) throws IOException {
    MaildropHold hold;
    try {
      hold = MaildropHold.take(session, config.maildrops());
    } catch (StoreException e) {
      session.close();
      out.ascii(Pop3Replies.held(e.code()));
      return new Outcome(false, this);
    }
    Maildrop maildrop;
    try {
      maildrop = Maildrop.open(session);
    } catch (StoreException e) {
      hold.release();
      session.close();
      out.ascii(Pop3Replies.error(e.code()));
      return new Outcome(false, this);
    }
    session.onRevoked(() -> connection.end(ConnectionEndedException.Reason.REVOKED));
    guard.authenticated();
    out.ascii("+OK ").decimal(maildrop.count()).ascii(" messages\r\n");
    return new Outcome(
        true, new Transaction(connection, config, session, hold, maildrop, utf8, cache, metrics));
  }

  /// RFC 2595 §4. What was known of the client before is forgotten.
  private Outcome stls() throws IOException {
    if (!connection.canStartTls()) {
      return no(
          connection.tls().isPresent()
              ? "-ERR TLS is active already\r\n"
              : "-ERR TLS is not available\r\n");
    }
    if (utf8) {
      return no("-ERR STLS comes before UTF8\r\n");
    }
    user = Optional.empty();
    out.ascii("+OK Begin TLS\r\n");
    connection.startTls();
    return yes();
  }

  private Outcome yes() {
    return new Outcome(true, this);
  }

  private Outcome no(String reply) throws IOException {
    out.ascii(reply);
    return new Outcome(false, this);
  }
}
