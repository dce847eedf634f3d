package mailwing.acceptance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.Mechanism;
import mailwing.gateway.StoreClient;
import mailwing.imap.ImapConfig;
import mailwing.imap.ImapGateway;
import mailwing.pop3.Pop3Config;
import mailwing.pop3.Pop3Gateway;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.smtp.SmtpConfig;
import mailwing.smtp.SmtpGateway;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.smtp.session.Service;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import mailwing.testkit.TranscriptClient;

/// One SMTP gateway, one POP3 gateway and two IMAP gateways with their default settings but for
/// logins, which may be by every mechanism, on free ports of loopback.
final class Gateways implements AutoCloseable {
  static final Networks LOOPBACK = Networks.parse(List.of("127.0.0.0/8", "::1"));
  private static final List<Mechanism> EVERY = List.of(Mechanism.values());
  private static final String HOST = "mail.example.test";

  private final List<StoreClient> clients = new ArrayList<>();
  private final List<Runnable> gateways = new ArrayList<>();
  private final Map<String, Integer> ports = new HashMap<>();

  /// @param clients a new client of the store, to be closed here
  /// @param trusted who may log in without TLS
  Gateways(
      Function<TestStore.Role, StoreClient> clients,
      ImapConfig.EventsConfig events,
      Networks trusted)
      throws IOException {
    this(clients, events, trusted, OutboundConfig.off());
  }

  /// The same, with mail that may leave.
  Gateways(
      Function<TestStore.Role, StoreClient> clients,
      ImapConfig.EventsConfig events,
      Networks trusted,
      OutboundConfig outbound)
      throws IOException {
    Metrics metrics = new Metrics();
    ConnectionConfig connections = ConnectionConfig.defaults(trusted);
    SmtpGateway smtp =
        SmtpGateway.start(
            everyMechanism(
                SmtpConfig.defaults(
                    List.of(
                        new SmtpConfig.ServiceListener(
                            Service.MX, listener("smtp", Encryption.STARTTLS)),
                        new SmtpConfig.ServiceListener(
                            Service.SUBMISSION, listener("submission", Encryption.STARTTLS)),
                        new SmtpConfig.ServiceListener(
                            Service.SUBMISSION, listener("submissions", Encryption.IMPLICIT)),
                        new SmtpConfig.ServiceListener(
                            Service.LMTP, listener("lmtp", Encryption.STARTTLS))),
                    connections,
                    HOST),
                outbound),
            keep(clients.apply(TestStore.Role.SMTP)),
            Optional.of(TestTls.shared().material()),
            metrics);
    gateways.add(smtp::close);
    for (String name : List.of("smtp", "submission", "submissions", "lmtp")) {
      ports.put(name, smtp.port(name));
    }
    Pop3Gateway pop3 =
        Pop3Gateway.start(
            everyMechanism(
                Pop3Config.defaults(
                    List.of(
                        listener("pop3", Encryption.STARTTLS),
                        listener("pop3s", Encryption.IMPLICIT)),
                    connections)),
            keep(clients.apply(TestStore.Role.POP3)),
            Optional.of(TestTls.shared().material()),
            metrics);
    gateways.add(pop3::close);
    ports.put("pop3", pop3.port("pop3"));
    ports.put("pop3s", pop3.port("pop3s"));
    for (String suffix : List.of("", "-2")) {
      ImapGateway imap =
          ImapGateway.start(
              ImapConfig.defaults(
                      List.of(
                          listener("imap", Encryption.STARTTLS),
                          listener("imaps", Encryption.IMPLICIT)),
                      connections,
                      events)
                  .withMechanisms(EVERY),
              Optional.of(TestTls.shared().material()),
              keep(clients.apply(TestStore.Role.IMAP)),
              new Metrics());
      gateways.add(imap::close);
      ports.put("imap" + suffix, imap.port("imap"));
      ports.put("imaps" + suffix, imap.port("imaps"));
    }
  }

  private StoreClient keep(StoreClient client) {
    clients.add(client);
    return client;
  }

  private static SmtpConfig everyMechanism(SmtpConfig config, OutboundConfig outbound) {
    return new SmtpConfig(
        config.listeners(),
        config.connections(),
        config.session(),
        config.limits(),
        config.sending(),
        config.host(),
        EVERY,
        config.checkSender(),
        config.xclientPeers(),
        config.senders(),
        config.dns(),
        config.rates(),
        config.greetingDelay(),
        config.store(),
        outbound,
        config.signing());
  }

  private static Pop3Config everyMechanism(Pop3Config config) {
    return new Pop3Config(
        config.listeners(),
        config.connections(),
        config.session(),
        EVERY,
        config.maildrops(),
        config.bodyCache());
  }

  private static ListenerConfig listener(String name, Encryption encryption) {
    return new ListenerConfig(
        name, "127.0.0.1", 0, encryption, false, encryption == Encryption.IMPLICIT);
  }

  /// What the gateways of this store listen to.
  static ImapConfig.EventsConfig events(TestStore store) {
    ImapConfig.EventsConfig defaults =
        ImapConfig.EventsConfig.kafka(store.kafka().orElseThrow().bootstrapServers());
    return new ImapConfig.EventsConfig(
        defaults.bootstrapServers(),
        store.kafka().orElseThrow().topic(),
        defaults.pollInterval(),
        defaults.properties());
  }

  /// smtp, submission, submissions, lmtp, pop3, pop3s, imap, imaps, imap-2, imaps-2.
  int port(String name) {
    return Optional.ofNullable(ports.get(name)).orElseThrow();
  }

  TranscriptClient connect(String name) throws IOException {
    TranscriptClient client = TranscriptClient.connect(port(name));
    if (name.startsWith("imaps") || name.equals("pop3s") || name.equals("submissions")) {
      client.startTls(TestTls.shared().clientContext());
    }
    return client;
  }

  @Override
  public void close() {
    gateways.forEach(Runnable::run);
    clients.forEach(StoreClient::close);
  }
}
