package mailwing.imap;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.GatewayMain;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.ListenerGroup;
import mailwing.gateway.StoreClient;
import mailwing.imap.events.ChangeEvents;
import mailwing.imap.server.ImapProtocol;
import mailwing.imap.session.Services;
import mailwing.imap.session.SessionMetrics;
import mailwing.service.Metrics;
import mailwing.service.TlsMaterial;

/// The IMAP gateway: stateless, any number of them in front of one store.
public final class ImapGateway implements AutoCloseable {
  private static final Duration EVENTS_START = Duration.ofSeconds(5);

  private final Services services;
  private final ChangeEvents events;
  private final ListenerGroup group;
  private final List<AutoCloseable> gauges = new ArrayList<>();

  private ImapGateway(
      ImapConfig config, Optional<TlsMaterial> tls, StoreClient store, Metrics metrics)
      throws IOException {
    services = new Services(config, store, new SessionMetrics(metrics));
    events = new ChangeEvents(config.events(), services, services.revalidation());
    group = new ListenerGroup(config.connections(), tls, metrics);
    gauges.add(metrics.gauge("mail_imap_sessions", "Sessions that are open.", group::connections));
    gauges.add(
        metrics.gauge(
            "mail_imap_idle_sessions", "Sessions in IDLE.", () -> services.idle().count()));
    gauges.add(
        metrics.gauge(
            "mail_imap_open_mailboxes", "Mailboxes that sessions have open.", this::openMailboxes));
    gauges.add(
        metrics.gauge(
            "mail_imap_watched_accounts",
            "Accounts that sessions watch by NOTIFY.",
            () -> services.watches().size()));
    gauges.add(
        metrics.gauge(
            "mail_imap_events_healthy",
            "1 while events come from Kafka, 0 while the store is polled.",
            () -> events.healthy() ? 1 : 0));
    events.awaitStart(EVENTS_START);
    try {
      ImapProtocol protocol = new ImapProtocol(services);
      for (ListenerConfig listener : config.listeners()) {
        group.listen(listener, protocol);
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /// Starts; the store's client stays the caller's to close.
  public static ImapGateway start(
      ImapConfig config, Optional<TlsMaterial> tls, StoreClient store, Metrics metrics)
      throws IOException {
    return new ImapGateway(config, tls, store, metrics);
  }

  /// The actual port of a listener by its name (`imap`, `imaps`, ...).
  public int port(String listener) {
    return group.port(listener);
  }

  /// Whether changes come as events; otherwise the store is polled.
  public boolean eventsHealthy() {
    return events.healthy();
  }

  /// Open connections.
  public int connections() {
    return group.connections();
  }

  /// Mailboxes that sessions have open.
  public int openMailboxes() {
    return services.mailboxes().size();
  }

  /// Drains: each session gets BYE once its command is done.
  @Override
  public void close() {
    group.close();
    events.close();
    services.idle().close();
    for (AutoCloseable gauge : gauges) {
      try {
        gauge.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  public static void main(String[] args) {
    GatewayMain.run(
        "imap-gateway",
        args,
        ImapConfig.keys(),
        (settings, store, tls, metrics) -> start(ImapConfig.read(settings), tls, store, metrics));
  }
}
