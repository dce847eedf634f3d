package mailwing.smtp;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.Optional;
import mailwing.gateway.GatewayMain;
import mailwing.gateway.ListenerGroup;
import mailwing.gateway.StoreClient;
import mailwing.service.Metrics;
import mailwing.service.TlsMaterial;
import mailwing.smtp.authentication.SenderChecks;
import mailwing.smtp.authentication.SenderMetrics;
import mailwing.smtp.data.TraceFields;
import mailwing.smtp.delivery.Deliveries;
import mailwing.smtp.delivery.RefusalLog;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.queue.QueueWorkers;
import mailwing.smtp.session.RateLimits;
import mailwing.smtp.session.SmtpMetrics;
import mailwing.smtp.session.SmtpProtocol;
import mailwing.smtp.session.SmtpServices;
import mailwing.smtp.signing.Sealer;
import mailwing.smtp.signing.Signer;
import mailwing.smtp.signing.SigningKeys;
import mailwing.smtp.signing.SigningMetrics;

/// The SMTP gateway as one running thing: MX, submission, LMTP, and what sends mail to others.
public final class SmtpGateway implements AutoCloseable {
  private final ListenerGroup group;
  private final Optional<QueueWorkers> workers;
  private final RefusalLog refusals;

  private SmtpGateway(ListenerGroup group, Optional<QueueWorkers> workers, RefusalLog refusals) {
    this.group = group;
    this.workers = workers;
    this.refusals = refusals;
  }

  /// Runs it as a process; see {@link GatewayMain}.
  public static void main(String[] args) {
    GatewayMain.run(
        "smtp-gateway",
        args,
        SmtpConfig.keys(),
        SmtpConfig::pages,
        (settings, store, tls, metrics) -> start(SmtpConfig.read(settings), store, tls, metrics));
  }

  /// Starts; returns once every listener is bound. The store client belongs to the caller.
  public static SmtpGateway start(
      SmtpConfig config, StoreClient store, Optional<TlsMaterial> tls, Metrics metrics)
      throws IOException {
    return start(config, store, tls, metrics, config.dns().resolver());
  }

  /// As the other, with a DNS of the caller's.
  public static SmtpGateway start(
      SmtpConfig config, StoreClient store, Optional<TlsMaterial> tls, Metrics metrics, Dns dns)
      throws IOException {
    SenderMetrics senders = new SenderMetrics(metrics);
    RefusalLog refusals = new RefusalLog(store);
    Deliveries deliveries = new Deliveries(store, config.store());
    SigningMetrics signed = new SigningMetrics(metrics);
    Optional<SigningKeys> keys =
        config.signing().enabled()
            ? Optional.of(new SigningKeys(store, dns, config.signing().life()))
            : Optional.empty();
    Optional<Signer> signer = keys.map(known -> new Signer(known, signed));
    SmtpServices services =
        new SmtpServices(
            config.host(),
            config.limits(),
            config.sending(),
            config.session(),
            config.mechanisms(),
            config.checkSender(),
            config.outbound().enabled(),
            config.xclientPeers(),
            config.senders().map(policy -> new SenderChecks(dns, policy, config.host(), senders)),
            new RateLimits(config.rates()),
            config.greetingDelay(),
            signer,
            keys.map(Sealer::new),
            deliveries,
            refusals,
            store,
            new TraceFields(config.host()),
            new SmtpMetrics(metrics),
            new SecureRandom());
    ListenerGroup group = new ListenerGroup(config.connections(), tls, metrics);
    for (SmtpConfig.ServiceListener listener : config.listeners()) {
      group.listen(listener.listener(), new SmtpProtocol(listener.service(), services));
    }
    return new SmtpGateway(
        group,
        config.outbound().enabled()
            ? Optional.of(
                QueueWorkers.start(
                    config.outbound(), config.host(), store, deliveries, signer, dns, metrics))
            : Optional.empty(),
        refusals);
  }

  /// The port of the listener with this name.
  public int port(String listener) {
    return group.port(listener);
  }

  /// Accepts no more, ends sessions with 421 between commands and cuts what is left.
  @Override
  public void close() {
    group.close();
    workers.ifPresent(QueueWorkers::close);
    refusals.close();
  }
}
