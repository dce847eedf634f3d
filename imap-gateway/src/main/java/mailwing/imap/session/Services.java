package mailwing.imap.session;

import java.util.concurrent.Semaphore;
import mailwing.gateway.BodyCache;
import mailwing.gateway.StoreClient;
import mailwing.imap.ImapConfig;
import mailwing.imap.cache.MessageCache;
import mailwing.store.v1.GetStatusRequest;

/// What all sessions of a gateway share.
public final class Services {
  /// How many sessions may have a further batch of a FETCH begun.
  private static final int FURTHER_BATCHES = 2;

  private final ImapConfig config;
  private final StoreClient store;
  private final OpenMailboxes mailboxes;
  private final HeadChecks heads;
  private final MessageCache messages;
  private final BodyCache bodies;
  private final IdleSessions idle;
  private final AccountWatches watches;
  private final SessionMetrics metrics;
  private final Semaphore furtherBatches = new Semaphore(FURTHER_BATCHES);

  public Services(ImapConfig config, StoreClient store, SessionMetrics metrics) {
    this.config = config;
    this.store = store;
    this.mailboxes = new OpenMailboxes(config.mailboxCache());
    this.heads =
        new HeadChecks(
            queries ->
                store
                    .getStatus(GetStatusRequest.newBuilder().addAllQueries(queries).build())
                    .getResultsList());
    this.messages = new MessageCache(config.messageCache());
    this.bodies = new BodyCache(config.bodyCache());
    this.idle = new IdleSessions(config.idleKeepalive());
    this.watches = new AccountWatches(heads);
    this.metrics = metrics;
  }

  public ImapConfig config() {
    return config;
  }

  StoreClient store() {
    return store;
  }

  public OpenMailboxes mailboxes() {
    return mailboxes;
  }

  HeadChecks heads() {
    return heads;
  }

  MessageCache messages() {
    return messages;
  }

  /// Of bodies that [#messages] does not keep.
  BodyCache bodies() {
    return bodies;
  }

  public IdleSessions idle() {
    return idle;
  }

  public AccountWatches watches() {
    return watches;
  }

  SessionMetrics metrics() {
    return metrics;
  }

  /// A permit for a batch of a FETCH that is begun long before its turn.
  Semaphore furtherBatches() {
    return furtherBatches;
  }

  public Revalidation revalidation() {
    return new Revalidation(mailboxes, watches, heads);
  }
}
