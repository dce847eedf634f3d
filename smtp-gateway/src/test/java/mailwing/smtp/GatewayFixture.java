package mailwing.smtp;

import io.grpc.Channel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.Mechanism;
import mailwing.gateway.SessionLimits;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreClientConfig;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.service.Secret;
import mailwing.service.TlsMaterial;
import mailwing.smtp.authentication.SenderPolicy;
import mailwing.smtp.client.ClientTimes;
import mailwing.smtp.delivery.StoreTimes;
import mailwing.smtp.dns.DnsConfig;
import mailwing.smtp.dns.TestZone;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.smtp.queue.TlsRules;
import mailwing.smtp.session.RateLimits;
import mailwing.smtp.session.SendingLimits;
import mailwing.smtp.session.Service;
import mailwing.smtp.session.SmtpLimits;
import mailwing.smtp.signing.SigningConfig;

/// A gateway on ephemeral loopback ports over any channel to a store.
public final class GatewayFixture implements AutoCloseable {
  static final SmtpLimits LIMITS =
      new SmtpLimits(
          40L << 20, 100, 2048, 12_288, 50, false, Duration.ofSeconds(30), Duration.ofMinutes(2));
  static final SessionLimits SESSION =
      new SessionLimits(
          Duration.ofSeconds(30), Duration.ofSeconds(30), 50, 5, 1000, Duration.ofMillis(1));

  final TestZone zone = new TestZone();
  private final StoreClient store;
  private final SmtpGateway gateway;
  public final Metrics metrics = new Metrics();

  /// Mail leaves the house, to hosts that the fixture's DNS names at this port.
  static OutboundConfig sending(int port) {
    return new OutboundConfig(
        true,
        port,
        true,
        Map.of(),
        Optional.empty(),
        20,
        2,
        0,
        10,
        Duration.ofMillis(1500),
        Duration.ofSeconds(10),
        ClientTimes.all(Duration.ofSeconds(3)),
        new TlsRules(false, Optional.empty(), 443, Optional.empty()));
  }

  GatewayFixture(
      Channel channel,
      Secret credential,
      SmtpLimits limits,
      SessionLimits session,
      boolean trusted,
      Optional<TlsMaterial> tls)
      throws IOException {
    this(channel, credential, limits, session, trusted, tls, OutboundConfig.off());
  }

  GatewayFixture(
      Channel channel,
      Secret credential,
      SmtpLimits limits,
      SessionLimits session,
      boolean trusted,
      Optional<TlsMaterial> tls,
      OutboundConfig outbound)
      throws IOException {
    this(channel, credential, limits, session, trusted, tls, outbound, !trusted);
  }

  private GatewayFixture(
      Channel channel,
      Secret credential,
      SmtpLimits limits,
      SessionLimits session,
      boolean trusted,
      Optional<TlsMaterial> tls,
      OutboundConfig outbound,
      boolean hurried)
      throws IOException {
    store = StoreClient.over(channel, StoreClientConfig.defaults(credential));
    gateway =
        SmtpGateway.start(
            new SmtpConfig(
                List.of(
                    listener(Service.MX, "smtp", Encryption.STARTTLS),
                    listener(Service.SUBMISSION, "submission", Encryption.STARTTLS),
                    listener(Service.LMTP, "lmtp", Encryption.NONE),
                    tls.isPresent()
                        ? listener(Service.SUBMISSION, "submissions", Encryption.IMPLICIT)
                        : listener(Service.SUBMISSION, "submissions", Encryption.STARTTLS)),
                ConnectionConfig.defaults(
                    trusted ? Networks.parse(List.of("127.0.0.0/8", "::1")) : Networks.none()),
                session,
                limits,
                new SendingLimits(Duration.ofHours(1), Duration.ofSeconds(2), 4),
                "mx.example.test",
                Mechanism.DEFAULTS,
                true,
                trusted ? Networks.parse(List.of("127.0.0.1")) : Networks.none(),
                Optional.of(
                    new SenderPolicy(true, false, List.of("list.test"), Duration.ofSeconds(20))),
                DnsConfig.DEFAULTS,
                new RateLimits.Rates(hurried ? 40 : 0, hurried ? 30 : 0, hurried ? 20 : 0),
                hurried ? Duration.ofMillis(50) : Duration.ZERO,
                new StoreTimes(Duration.ofSeconds(20), Duration.ofMillis(400)),
                outbound,
                new SigningConfig(true, Duration.ofMillis(200))),
            store,
            tls,
            metrics,
            zone);
  }

  /// Without limits by rate, and without waiting before the greeting.
  public static GatewayFixture unhurried(
      Channel channel,
      Secret credential,
      SmtpLimits limits,
      SessionLimits session,
      boolean trusted,
      Optional<TlsMaterial> tls)
      throws IOException {
    return new GatewayFixture(
        channel, credential, limits, session, trusted, tls, OutboundConfig.off(), false);
  }

  static GatewayFixture over(FaultyStore store) throws IOException {
    return over(store, LIMITS, SESSION, true);
  }

  static GatewayFixture over(
      FaultyStore store, SmtpLimits limits, SessionLimits session, boolean trusted)
      throws IOException {
    return new GatewayFixture(
        store.channel, Secret.of("mws_test"), limits, session, trusted, Optional.empty());
  }

  private static SmtpConfig.ServiceListener listener(
      Service service, String name, Encryption encryption) {
    return new SmtpConfig.ServiceListener(
        service, new ListenerConfig(name, "127.0.0.1", 0, encryption, false));
  }

  SmtpClient mx() throws IOException {
    return SmtpClient.greeted(gateway.port("smtp"));
  }

  SmtpClient submission() throws IOException {
    return SmtpClient.greeted(gateway.port("submission"));
  }

  SmtpClient lmtp() throws IOException {
    return SmtpClient.greeted(gateway.port("lmtp"));
  }

  public int port(String listener) {
    return gateway.port(listener);
  }

  SmtpGateway gateway() {
    return gateway;
  }

  @Override
  public void close() {
    gateway.close();
    store.close();
  }
}
