package mailwing.pop3;

import java.io.IOException;
import mailwing.gateway.BodyCache;
import mailwing.gateway.Connection;
import mailwing.gateway.ConnectionEndedException;
import mailwing.gateway.LineTooLongException;
import mailwing.gateway.OctetWriter;
import mailwing.gateway.SessionGuard;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreException;

/// One client's session: reads commands, hands them to the state it is in, and ends it.
///
/// The states are {@link Authorization} and {@link Transaction}; UPDATE is the end of a Transaction
/// by QUIT. Whatever else ends a session deletes nothing (RFC 1939 §6).
final class Pop3Session {
  /// A state of the session.
  sealed interface State permits Authorization, Transaction, Ended {}

  /// The session is over.
  record Ended() implements State {}

  // RFC 2449 §4 says 255 octets; an initial response of AUTH may need more.
  private static final int MAX_LINE = 4096;

  private final Connection connection;
  private final OctetWriter out;
  private final Pop3Metrics metrics;
  private final SessionGuard guard;
  private State state;

  Pop3Session(
      Connection connection,
      Pop3Config config,
      StoreClient store,
      BodyCache bodies,
      Pop3Metrics metrics) {
    this.connection = connection;
    this.out = connection.out();
    this.metrics = metrics;
    this.guard = new SessionGuard(connection, config.session());
    this.state = new Authorization(connection, config, store, bodies, metrics, guard);
  }

  void run() throws IOException {
    connection.in().bareLfEndsLine(true);
    out.ascii("+OK Mailwing POP3 server ready\r\n");
    try {
      while (!(state instanceof Ended)) {
        byte[] line = read();
        if (line == null) {
          return;
        }
        step(Pop3Parser.parse(line));
      }
    } catch (ConnectionEndedException e) {
      farewell(e.reason());
    } catch (LineTooLongException e) {
      out.ascii("-ERR Line too long\r\n");
    } finally {
      if (state instanceof Transaction transaction) {
        transaction.close();
      }
    }
  }

  /// The next command line; one that is too long is answered here.
  private byte @org.jspecify.annotations.Nullable [] read() throws IOException {
    while (true) {
      try {
        return connection.readCommand(MAX_LINE);
      } catch (LineTooLongException e) {
        if (e.endless() || guard.badCommand()) {
          throw e;
        }
        out.ascii("-ERR Line too long\r\n");
      }
    }
  }

  private void step(Pop3Command command) throws IOException {
    long start = System.nanoTime();
    boolean ok;
    try {
      ok =
          switch (state) {
            case Authorization authorization -> {
              Authorization.Outcome outcome = authorization.execute(command);
              state = outcome.next();
              yield outcome.ok();
            }
            case Transaction transaction -> {
              boolean done = transaction.execute(command);
              if (transaction.ended()) {
                state = new Ended();
              }
              yield done;
            }
            case Ended ended -> false;
          };
    } catch (StoreException e) {
      out.ascii(Pop3Replies.error(e.code()));
      ok = false;
      if (e.revoked()) {
        end();
      }
    }
    metrics.command(command, ok, start);
    if (!ok && command instanceof Pop3Command.Bad && guard.badCommand()) {
      end();
    } else if (!progress(command) && guard.noProgress()) {
      out.ascii("-ERR Too many commands without progress\r\n");
      end();
    }
  }

  private boolean progress(Pop3Command command) {
    boolean idle =
        switch (command) {
          case Pop3Command.Noop noop -> true;
          case Pop3Command.Capa capa -> true;
          case Pop3Command.Lang lang -> true;
          case Pop3Command.Rset rset -> true;
          case Pop3Command.Stat stat -> true;
          case Pop3Command.Last last -> true;
          default -> false;
        };
    if (!idle) {
      guard.progress();
    }
    return !idle;
  }

  private void end() {
    if (state instanceof Transaction transaction) {
      transaction.close();
    }
    state = new Ended();
  }

  /// RFC 1939 §3: an idle session is closed without a word, since a reply would answer no command.
  private void farewell(ConnectionEndedException.Reason reason) throws IOException {
    switch (reason) {
      case DRAINING -> out.ascii("-ERR [SYS/TEMP] Server is going down\r\n");
      case REVOKED -> out.ascii("-ERR [AUTH] The credentials are no longer valid\r\n");
      case IDLE, DEADLINE -> {}
    }
  }
}
