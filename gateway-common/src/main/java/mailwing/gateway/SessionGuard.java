package mailwing.gateway;

import java.io.IOException;
import java.time.Duration;

/// Counts what a session does wrong, slows it down, and says when it is enough. For the session's
/// own thread.
public final class SessionGuard {
  private static final Duration LONGEST = Duration.ofSeconds(8);
  private static final int FREE_BAD_COMMANDS = 10;

  private final Connection connection;
  private final SessionLimits limits;
  private int badCommands;
  private int loginFailures;
  private int withoutProgress;

  public SessionGuard(Connection connection, SessionLimits limits) {
    this.connection = connection;
    this.limits = limits;
    connection.readTimeout(limits.idleTime());
    connection.deadline(limits.unauthenticatedTime());
  }

  /// The client has logged in, or does what needs no login: only the idle time counts now.
  public void authenticated() {
    connection.noDeadline();
    loginFailures = 0;
  }

  /// The client has given its login up: it must log in again in time.
  public void unauthenticated() {
    connection.deadline(limits.unauthenticatedTime());
  }

  /// A bad command; call it before the reply is written. True: the session must end.
  public boolean badCommand() throws IOException {
    badCommands++;
    if (badCommands > FREE_BAD_COMMANDS) {
      delay(badCommands - FREE_BAD_COMMANDS);
    }
    return badCommands >= limits.maxBadCommands();
  }

  /// A failed login; call it before the reply is written. True: the session must end.
  public boolean loginFailed() throws IOException {
    loginFailures++;
    delay(loginFailures);
    return !connection.trusted() && loginFailures >= limits.maxLoginFailures();
  }

  /// A command that changes and tells nothing. True: the session must end.
  public boolean noProgress() {
    withoutProgress++;
    return !connection.trusted() && withoutProgress >= limits.maxWithoutProgress();
  }

  /// A command that did something.
  public void progress() {
    withoutProgress = 0;
  }

  private void delay(int times) throws IOException {
    if (connection.trusted()) {
      return;
    }
    long millis =
        Math.min(
            LONGEST.toMillis(), limits.delay().toMillis() << Math.min(20, Math.max(0, times - 1)));
    if (millis > 0) {
      // What was answered before must not wait for the delay.
      connection.out().flush();
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }
}
