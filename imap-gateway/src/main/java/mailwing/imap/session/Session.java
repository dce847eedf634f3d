package mailwing.imap.session;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import mailwing.gateway.Connection;
import mailwing.gateway.ConnectionEndedException;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreSession;
import mailwing.imap.protocol.CommandParser;
import mailwing.imap.protocol.ParserLimits;
import mailwing.imap.protocol.ResponseCode;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.imap.protocol.Texts;
import mailwing.imap.view.MailboxKey;
import mailwing.store.v1.MailboxRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client's session: its connection, its state, and what it was told.
///
/// Its thread owns everything here while it works on a command; while it waits for `DONE`, pushes
/// run under the connection's output lock instead ([Connection#push]), so the two never meet.
public final class Session {
  static final String GONE = "Selected mailbox was deleted or is not shared any more";

  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  private final Services services;
  private final Connection connection;
  private final ResponseWriter out;
  private final CommandParser parser;
  private final Runnable wake = this::wake;
  private final Progress progress;
  private final AtomicBoolean pushing = new AtomicBoolean();
  private final UpdateContexts contexts = new UpdateContexts();
  private final Set<Feature> enabled = EnumSet.noneOf(Feature.class);
  private SessionState state = new SessionState.NotAuthenticated();
  private long toldModSeq;
  private boolean expunging;
  private boolean asked;
  private UidBatchesExecutor.@Nullable Told toldBatches;
  private @Nullable BodyRun bodyRun;
  private volatile boolean idling;
  private volatile boolean resting;
  private volatile @Nullable Notifications notifications;
  private volatile boolean farewellSaid;

  public Session(
      Services services, Connection connection, ResponseWriter out, CommandParser parser) {
    this.services = services;
    this.connection = connection;
    this.out = out;
    this.parser = parser;
    this.progress = new Progress(this, services.config().policy().progressTime());
  }

  /// What is told while a command is worked on.
  Progress progress() {
    return progress;
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

  /// Searches of the selected mailbox whose results are kept up to date.
  UpdateContexts contexts() {
    return contexts;
  }

  /// What UIDBATCHES has told last of the selected mailbox; null for nothing yet.
  UidBatchesExecutor.@Nullable Told toldBatches() {
    return toldBatches;
  }

  void toldBatches(UidBatchesExecutor.Told told) {
    toldBatches = told;
  }

  /// The bodies that it reads one by one.
  BodyRun bodyRun() {
    BodyRun run = bodyRun;
    if (run == null) {
      run = new BodyRun();
      bodyRun = run;
    }
    return run;
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
    state = new SessionState.Authenticated(new MailStore(store, progress));
    store.onRevoked(() -> connection.end(ConnectionEndedException.Reason.REVOKED));
  }

  /// What the client has asked by NOTIFY to be told; null before its first NOTIFY.
  @Nullable Notifications notifications() {
    return notifications;
  }

  /// From now on the client is told what it has asked for; null: as if it had never asked.
  void notifications(@Nullable Notifications wanted) {
    Notifications before = notifications;
    notifications = wanted;
    if (before != null) {
      before.close(this);
    }
  }

  /// What is told of the selected mailbox without being asked.
  SelectedEvents selectedEvents() {
    Notifications wanted = notifications;
    return wanted == null ? SelectedEvents.ALL : wanted.selected();
  }

  /// Whether the command at hand removes messages.
  boolean expunging() {
    return expunging;
  }

  void expunging(boolean on) {
    expunging = on;
  }

  /// The session has put messages into a mailbox, which made its modseq this: its client is not
  /// told of them by NOTIFY (RFC 5465 §5).
  void madeHere(MailboxRef mailbox, List<Integer> uids, long modSeq) {
    Notifications wanted = notifications;
    if (wanted != null && state instanceof SessionState.LoggedIn loggedIn) {
      long owner = mailbox.getOwnerAccount();
      MailboxKey key =
          new MailboxKey(owner == 0 ? loggedIn.store().account() : owner, mailbox.getMailboxId());
      boolean fetched =
          !wanted.selected().newMessageItems().isEmpty()
              && state instanceof SessionState.Selected selected
              && selected.mailbox().shared().key().equals(key);
      wanted.own().added(key, uids, modSeq, fetched);
    }
  }

  /// Waits for the next command, false at the stream's end. What the client has asked by NOTIFY to
  /// be told is told meanwhile.
  public boolean awaitCommand() throws IOException {
    if (notifications == null) {
      return connection.awaitCommand();
    }
    // From here on changes wake the session; what came before is told now.
    resting = true;
    try {
      if (connection.in().buffered() == 0) {
        tellNow();
      }
      return connection.awaitCommand();
    } finally {
      resting = false;
    }
  }

  /// Forgets whatever the session was and did (RFC 8437 §4); TLS stays.
  void unauthenticate() {
    notifications(null);
    unselect();
    if (state instanceof SessionState.LoggedIn loggedIn) {
      loggedIn.store().close();
    }
    state = new SessionState.NotAuthenticated();
    enabled.clear();
    toldModSeq = 0;
    parser.utf8(false);
    parser.utf8Alone(false);
    parser.limits(ParserLimits.BEFORE_LOGIN);
    out.utf8(false);
    out.rev2(false);
    out.speak(Texts.DEFAULT);
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
      contexts.clear();
      toldBatches = null;
      selected.mailbox().unwatch(wake);
      selected.view().close();
      services.mailboxes().release(selected.mailbox());
    }
  }

  /// The session is over.
  public void close() {
    services.idle().remove(this);
    idling = false;
    notifications(null);
    unselect();
    if (state instanceof SessionState.LoggedIn loggedIn) {
      loggedIn.store().close();
    }
  }

  /// Asks the store for news of the selected mailbox, for IDLE on another thread, whose first wait
  /// shall be that for the client.
  public void askForIdle() {
    try {
      Executor.revalidate(this);
      asked = true;
    } catch (StoreException e) {
      // IDLE asks again, and tells.
      asked = false;
    }
  }

  /// Whether that was done; once.
  boolean takeAsked() {
    boolean was = asked;
    asked = false;
    return was;
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

  /// Something changed in the selected mailbox, or in what is watched. From any thread; never
  /// waits.
  private void wake() {
    if (mayPush() && pushing.compareAndSet(false, true)) {
      Thread.ofVirtual().start(this::push);
    }
  }

  private boolean mayPush() {
    return idling || (resting && notifications != null);
  }

  private void push() {
    try {
      connection.push(
          _ -> {
            pushing.set(false);
            if (mayPush() && tellNow()) {
              services.metrics().push();
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

  /// Tells what may be told while the client waits, or between its commands; whether there was
  /// anything.
  boolean tellNow() throws IOException {
    boolean told = false;
    if (state instanceof SessionState.Selected selected) {
      if (selected.mailbox().shared().gone()) {
        farewell(GONE);
        return true;
      }
      // Between commands numbers hold, unless the client has said that it needs none.
      boolean expungeAllowed = idling || !selectedEvents().delayed();
      told = Announcer.announce(this, selected.view(), expungeAllowed);
    }
    return tellNotifications() || told;
  }

  /// Tells of what the client watches by NOTIFY beside the selected mailbox.
  boolean tellNotifications() throws IOException {
    Notifications wanted = notifications;
    if (wanted == null) {
      return false;
    }
    return switch (wanted.tell(this)) {
      case NOTHING -> false;
      case SOMETHING -> true;
      case OVERFLOW -> {
        out.untaggedOk(
            ResponseCode.Name.NOTIFICATIONOVERFLOW, "Too much to tell, as after NOTIFY NONE");
        notifications(Notifications.none(this));
        yield true;
      }
    };
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
