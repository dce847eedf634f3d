package mailwing.imap;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.Mechanism;
import mailwing.gateway.SessionLimits;
import mailwing.gateway.StoreClient;
import mailwing.imap.ImapConfig.EventsConfig;
import mailwing.imap.ImapConfig.Literals;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.store.StoreConfig;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.QuotaLimits;
import mailwing.store.v1.RemoveUserRequest;
import mailwing.store.v1.SetShareRequest;
import mailwing.store.v1.UpdateUserRequest;
import mailwing.testkit.TestIssuer;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import mailwing.testkit.Transcript;

/// Gateways in front of one real store: `imap` and `imaps` trust loopback, `imap-b` is a second
/// gateway, with LITERAL-, and `imap-public` trusts nobody. `imaps-certificate` asks for
/// certificates; the store takes an issuer's tokens and the certificate of [#CERTIFIED].
public final class ImapFixture implements AutoCloseable {
  /// Whose certificate transcripts' clients hold.
  static final String CERTIFIED = "certified@" + TestStore.DOMAIN;

  private static final TestTls OWN = TestTls.ofUser(CERTIFIED);

  private final TestIssuer issuer;
  private final TestStore store;
  private final List<StoreClient> clients = new ArrayList<>();
  private final List<ImapGateway> gateways = new ArrayList<>();
  private final Map<String, Integer> ports = new HashMap<>();

  private final UnaryOperator<ImapConfig> config;

  private ImapFixture(TestIssuer issuer, TestStore store, EventsConfig events) throws IOException {
    this(issuer, store, events, UnaryOperator.identity());
  }

  private ImapFixture(
      TestIssuer issuer, TestStore store, EventsConfig events, UnaryOperator<ImapConfig> config)
      throws IOException {
    this.issuer = issuer;
    this.store = store;
    this.config = config;
    ImapGateway first =
        gateway(events, Networks.parse(List.of("127.0.0.0/8", "::1")), Literals.PLUS);
    ports.put("imap", first.port("imap"));
    ports.put("imaps", first.port("imaps"));
    ports.put("imaps-certificate", first.port("imaps-certificate"));
    ports.put(
        "imap-b",
        gateway(events, Networks.parse(List.of("127.0.0.0/8", "::1")), Literals.MINUS)
            .port("imap"));
    ports.put("imap-public", gateway(events, Networks.none(), Literals.PLUS).port("imap"));
  }

  /// With Kafka.
  public static ImapFixture start() throws IOException {
    TestIssuer issuer = TestIssuer.start();
    TestStore store = TestStore.startWithKafka(logins(issuer, StoreConfig.Logins.defaults()));
    var kafka = store.kafka().orElseThrow();
    return new ImapFixture(
        issuer,
        store,
        new EventsConfig(
            Optional.of(kafka.bootstrapServers()),
            kafka.topic(),
            Duration.ofSeconds(3),
            List.of()));
  }

  private static StoreConfig.Logins logins(TestIssuer issuer, StoreConfig.Logins logins) {
    return logins.with(
        issuer.config(),
        new StoreConfig.Certificates(
            OWN.certificate(), StoreConfig.Certificates.Identity.SAN_EMAIL));
  }

  /// Without Kafka: the store is polled.
  public static ImapFixture startPolling(Duration interval) throws IOException {
    TestIssuer issuer = TestIssuer.start();
    return new ImapFixture(
        issuer,
        TestStore.start(logins(issuer, StoreConfig.Logins.defaults())),
        EventsConfig.polling(interval));
  }

  /// Without Kafka, with another policy.
  public static ImapFixture startPolling(Duration interval, ImapConfig.Policy policy)
      throws IOException {
    TestIssuer issuer = TestIssuer.start();
    return new ImapFixture(
        issuer,
        TestStore.start(logins(issuer, StoreConfig.Logins.defaults())),
        EventsConfig.polling(interval),
        config -> config.withPolicy(policy));
  }

  /// Without Kafka, where tokens, keepalives and silence last as long as a test can wait.
  public static ImapFixture startShortLived(
      StoreConfig.Logins logins, Duration keepalive, Duration idleTime) throws IOException {
    TestIssuer issuer = TestIssuer.start();
    return new ImapFixture(
        issuer,
        TestStore.start(logins(issuer, logins)),
        EventsConfig.polling(Duration.ofSeconds(1)),
        config ->
            new ImapConfig(
                config.listeners(),
                config.connections(),
                SessionLimits.defaults(idleTime),
                config.events(),
                keepalive,
                config.maxMessage(),
                config.literals(),
                config.mechanisms(),
                config.eightBitHeaders(),
                config.policy(),
                config.urlHosts(),
                config.mailboxCache(),
                config.messageCache(),
                config.bodyCache()));
  }

  private ImapGateway gateway(EventsConfig events, Networks trusted, Literals literals)
      throws IOException {
    StoreClient client = store.client(TestStore.Role.IMAP);
    clients.add(client);
    ImapGateway gateway =
        ImapGateway.start(
            config.apply(
                ImapConfig.defaults(
                        List.of(
                            new ListenerConfig("imap", "127.0.0.1", 0, Encryption.STARTTLS, false),
                            new ListenerConfig("imaps", "127.0.0.1", 0, Encryption.IMPLICIT, false),
                            new ListenerConfig(
                                "imaps-certificate",
                                "127.0.0.1",
                                0,
                                Encryption.IMPLICIT,
                                false,
                                true)),
                        ConnectionConfig.defaults(trusted),
                        events)
                    .withLiterals(literals)
                    .withMechanisms(List.of(Mechanism.values()))),
            Optional.of(TestTls.shared().material()),
            client,
            new Metrics());
    gateways.add(gateway);
    return gateway;
  }

  public TestStore store() {
    return store;
  }

  public int port(String name) {
    return Optional.ofNullable(ports.get(name)).orElseThrow();
  }

  public ImapGateway gateway(int index) {
    return gateways.get(index);
  }

  /// Delivers a small message to user@example.test.
  public void deliver(String user, String subject) {
    store.deliver(user + "@" + TestStore.DOMAIN, message(subject));
  }

  private void update(String user, Consumer<UpdateUserRequest.Builder> change) {
    UpdateUserRequest.Builder request =
        UpdateUserRequest.newBuilder().setAddress(user + "@" + TestStore.DOMAIN);
    change.accept(request);
    store.directory().updateUser(request.build());
  }

  static byte[] message(String subject) {
    return ("From: sender@example.org\r\nTo: you@example.test\r\nSubject: "
            + subject
            + "\r\nDate: Sat, 21 Nov 2026 20:00:00 +0000\r\nMessage-ID: <"
            + subject
            + "@example.org>\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nHello "
            + subject
            + "\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /// What transcripts find: `@do user NAME`, `@do octets VARIABLE COUNT`, `@do entries VARIABLE
  /// COUNT`, `@do deliver NAME SUBJECT`, `@do administrator NAME`, `@do quota NAME OCTETS MESSAGES
  /// MAILBOXES`, `@do password NAME NEW`, `@do token NAME AS [CLAIM VALUE]`, `@do shared NAME`,
  /// `@do grant NAME MAILBOX IDENTIFIER RIGHT-BITS`.
  public Transcript.Setting setting() {
    return new Transcript.Setting(ports, TestTls.shared().clientContext(OWN), Map.of(), actions());
  }

  private Map<String, Transcript.Action> actions() {
    Map<String, Transcript.Action> actions = new HashMap<>();
    actions.put("token", this::token);
    actions.put("shared", this::shared);
    actions.put("grant", (arguments, variables) -> grant(arguments));
    actions.put(
        "forget-expunged",
        (arguments, variables) ->
            store.forgetExpunged(arguments.getFirst() + "@" + TestStore.DOMAIN));
    actions.put(
        "disable",
        (arguments, variables) ->
            store.setEnabled(arguments.getFirst() + "@" + TestStore.DOMAIN, false));
    actions.put(
        "home-site",
        (arguments, variables) ->
            update(
                arguments.getFirst(),
                user -> user.setHomeSite(arguments.size() > 1 ? arguments.get(1) : "")));
    actions.putAll(
        Map.of(
            "user",
            (arguments, variables) -> {
              String name = arguments.getFirst();
              String address = name + "@" + TestStore.DOMAIN;
              store.addUser(name);
              variables.put("user", address);
              variables.put(
                  "plain",
                  Base64.getEncoder()
                      .encodeToString(
                          ("\0" + address + "\0wing").getBytes(StandardCharsets.UTF_8)));
            },
            "octets",
            (arguments, variables) ->
                variables.put(arguments.get(0), "x".repeat(Integer.parseInt(arguments.get(1)))),
            "entries",
            (arguments, variables) ->
                variables.put(
                    arguments.get(0),
                    IntStream.range(0, Integer.parseInt(arguments.get(1)))
                        .mapToObj(i -> "/private/entry/" + i + " \"x\"")
                        .collect(Collectors.joining(" "))),
            "administrator",
            (arguments, variables) ->
                update(arguments.getFirst(), user -> user.setAdministrator(true)),
            "quota",
            (arguments, variables) ->
                update(
                    arguments.getFirst(),
                    user ->
                        user.setQuota(
                            QuotaLimits.newBuilder()
                                .setOctets(Long.parseLong(arguments.get(1)))
                                .setMessages(Long.parseLong(arguments.get(2)))
                                .setMailboxes(Long.parseLong(arguments.get(3))))),
            "deliver",
            (arguments, variables) -> deliver(arguments.get(0), arguments.get(1)),
            "deliver-octets",
            (arguments, variables) ->
                store.deliver(
                    arguments.get(0) + "@" + TestStore.DOMAIN,
                    variables
                        .getOrDefault(arguments.get(1), "")
                        .getBytes(StandardCharsets.ISO_8859_1)),
            "remove",
            (arguments, variables) ->
                store
                    .directory()
                    .removeUser(
                        RemoveUserRequest.newBuilder()
                            .setAddress(arguments.getFirst() + "@" + TestStore.DOMAIN)
                            .build()),
            "password",
            (arguments, variables) ->
                store.setPassword(arguments.get(0) + "@" + TestStore.DOMAIN, arguments.get(1))));
    return actions;
  }

  private void shared(List<String> arguments, Map<String, String> variables) {
    String address = arguments.getFirst() + "@" + TestStore.DOMAIN;
    store
        .directory()
        .addUser(AddUserRequest.newBuilder().setAddress(address).setShared(true).build());
    variables.put("user", address);
  }

  /// As an administrator does; makes the mailbox if it is not there.
  private void grant(List<String> arguments) {
    store
        .sharing()
        .setShare(
            SetShareRequest.newBuilder()
                .setAddress(arguments.get(0) + "@" + TestStore.DOMAIN)
                .setMailbox(arguments.get(1))
                .setIdentifier(arguments.get(2))
                .setRights(Integer.parseInt(arguments.get(3)))
                .setCreate(true)
                .build());
  }

  /// `@do token NAME AS [CLAIM VALUE]`: variables `bearer` and `older`, the messages of OAUTHBEARER
  /// and XOAUTH2 with a token of NAME's that wants to act as AS (`-`: nobody).
  private void token(List<String> arguments, Map<String, String> variables) {
    var claims = issuer.claims(arguments.get(0) + "@" + TestStore.DOMAIN);
    if (arguments.size() > 2) {
      claims.claim(arguments.get(2), arguments.get(3));
    }
    String token = issuer.token(claims.build());
    String as = arguments.get(1);
    String user = as.equals("-") ? "" : as + "@" + TestStore.DOMAIN;
    variables.put("bearer", TestIssuer.bearer(user, token));
    variables.put("older", TestIssuer.older(user, token));
  }

  @Override
  public void close() {
    gateways.parallelStream().forEach(ImapGateway::close);
    clients.forEach(StoreClient::close);
    store.close();
    issuer.close();
  }
}
