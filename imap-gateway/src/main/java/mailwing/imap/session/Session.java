package mailwing.imap.session;

import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import mailwing.gateway.Connection;
import mailwing.gateway.ConnectionEndedException;
import mailwing.gateway.StoreSession;
import mailwing.imap.protocol.CommandParser;
import mailwing.imap.protocol.ResponseWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client's session: its connection, its state, and what it was told.
///
/// Its thread owns everything here while it works on a command; while it waits for `DONE`, pushes
/// run under the connection's output lock instead ([Connection#push]), so the two never meet.
public final class Session {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  private final Services services;
  private final Connection connection;
  private final ResponseWriter out;
  private final CommandParser parser;
  private final Runnable wake = this::wake;
  private final AtomicBoolean pushing = new AtomicBoolean();
  private final Set<Feature> enabled = EnumSet.noneOf(Feature.class);
  private SessionState state = new SessionState.NotAuthenticated();
  private long toldModSeq;
  private volatile boolean idling;
  private volatile boolean farewellSaid;

  public Session(
      Services services, Connection connection, ResponseWriter out, CommandParser parser) {
    this.services = services;
    this.connection = connection;
    this.out = out;
    this.parser = parser;
  }

  Services services() {
    return services;
  }

  Connection connection() {
    return connection;
  }

  ResponseWriter out() {
    return out;
  }

  CommandParser parser() {
    return parser;
  }

  SessionState state() {
    return state;
  }

  /// Whether the client has switched this on.
  boolean enabled(Feature feature) {
    return enabled.contains(feature);
  }

  /// Switches on, with what goes with it; false if it was on.
  boolean enable(Feature feature) {
    if (!enabled.add(feature)) {
      return false;
    }
    switch (feature) {
      case QRESYNC -> enabled.add(Feature.CONDSTORE);
      case IMAP4REV2, UTF8_ACCEPT -> {
        parser.utf8(true);
        out.utf8(true);
        if (feature == Feature.UTF8_ACCEPT) {
          parser.utf8Alone(true);
        } else {
          out.rev2(true);
        }
      }
      case CONDSTORE, UIDONLY -> {}
    }
    return true;
  }

  /// The highest modseq of a message told since the last tagged response; 0 for none.
  long toldModSeq() {
    return toldModSeq;
  }

  void tellModSeq(long modSeq) {
    toldModSeq = modSeq;
  }

  /// Whether a login has succeeded.
  public boolean loggedIn() {
    return state instanceof SessionState.LoggedIn;
  }

  void login(StoreSession store) {
    state = new SessionState.Authenticated(new MailStore(store));
    store.onRevoked(() -> connection.end(ConnectionEndedException.Reason.REVOKED));
  }

  /// What a mailbox runs when something changed there, for [OpenMailbox#watch].
  Runnable waker() {
    return wake;
  }

  /// Enters the selected state; the mailbox must have been acquired, and be watched.
  void select(SessionState.Selected selected) {
    state = selected;
  }

  /// Leaves the selected state, if it is in it.
  void unselect() {
    if (state instanceof SessionState.Selected selected) {
      state = new SessionState.Authenticated(selected.store());
      selected.mailbox().unwatch(wake);
      selected.view().close();
      services.mailboxes().release(selected.mailbox());
    }
  }

  /// The session is over.
  public void close() {
    services.idle().remove(this);
    idling = false;
    unselect();
    if (state instanceof SessionState.LoggedIn loggedIn) {
      loggedIn.store().close();
    }
  }

  /// While true, updates are pushed as they come.
  void idling(boolean on) {
    idling = on;
    if (on) {
      services.idle().add(this);
    } else {
      services.idle().remove(this);
    }
  }

  /// Something changed in the selected mailbox. From any thread; never waits.
  private void wake() {
    if (idling && pushing.compareAndSet(false, true)) {
      Thread.ofVirtual().start(this::push);
    }
  }

  private void push() {
    try {
      connection.push(
          _ -> {
            pushing.set(false);
            if (idling && state instanceof SessionState.Selected selected) {
              if (selected.mailbox().shared().gone()) {
                farewell("Selected mailbox was deleted");
              } else if (Announcer.announce(this, selected.view(), true)) {
                services.metrics().push();
              }
            }
          });
    } catch (IOException e) {
      pushing.set(false);
      connection.abort();
    } catch (RuntimeException e) {
      pushing.set(false);
      LOG.error("event=push-failed", e);
      connection.abort();
    }
  }

  /// Says BYE and ends the session as soon as its thread waits for the client.
  void farewell(String text) throws IOException {
    if (!farewellSaid) {
      farewellSaid = true;
      out.bye(null, text);
      connection.end(ConnectionEndedException.Reason.REVOKED);
    }
  }

  /// Whether BYE was said already.
  public boolean farewellSaid() {
    return farewellSaid;
  }

  /// Keeps NAT tables warm.
  void keepAlive() {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                connection.push(
                    _ -> {
                      if (idling) {
                        out.untaggedOk(null, "Still here");
                      }
                    });
              } catch (IOException e) {
                connection.abort();
              }
            });
  }
}
