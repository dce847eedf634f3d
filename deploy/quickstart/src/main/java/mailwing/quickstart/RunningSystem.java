package mailwing.quickstart;

import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import mailwing.cli.AdminClient;
import mailwing.cli.RunFile;
import mailwing.embedded.KafkaConfig;
import mailwing.embedded.KafkaServer;
import mailwing.embedded.Ports;
import mailwing.embedded.PostgresServer;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreClientConfig;
import mailwing.imap.ImapConfig;
import mailwing.imap.ImapGateway;
import mailwing.pop3.Pop3Config;
import mailwing.pop3.Pop3Gateway;
import mailwing.quickstart.PortPlan.Role;
import mailwing.service.HttpEndpoint;
import mailwing.service.Key;
import mailwing.service.Metrics;
import mailwing.service.Secret;
import mailwing.service.Settings;
import mailwing.service.TlsMaterial;
import mailwing.smtp.SmtpConfig;
import mailwing.smtp.SmtpGateway;
import mailwing.store.StoreService;
import mailwing.store.StoreSettings;
import mailwing.store.grpc.GrpcServers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// PostgreSQL, Kafka, the store and the gateways, started in order and ended in the other.
final class RunningSystem implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunningSystem.class);
  private static final String DATABASE = "mailwing";
  private static final String IN_PROCESS = "mailwing-store";

  /// What the command line said.
  ///
  /// @param open whether others than this machine may connect
  /// @param hostname what it is known by, null: the machine's name
  /// @param rehearsal whether the broker leaves an AOT cache
  /// @param outbound whether mail leaves for other systems
  /// @param files what the services' own files say
  record Options(
      boolean open,
      @Nullable String hostname,
      boolean demo,
      boolean rehearsal,
      boolean outbound,
      ServiceFiles files) {}

  private final DataDirectory data;
  private final PortPlan plan;
  private final Options options;
  private final Metrics metrics = new Metrics();
  private final CallerRuns calls = new CallerRuns();
  private final ScheduledExecutorService deadlines = GrpcServers.timer();
  private final Deque<AutoCloseable> running = new ArrayDeque<>();

  /// The gateways drain together: a client of one must not wait for the clients of another.
  private final List<AutoCloseable> gateways = new ArrayList<>();

  private boolean closed;

  RunningSystem(DataDirectory data, PortPlan plan, Options options) {
    this.data = data;
    this.plan = plan;
    this.options = options;
    running.push(data);
    running.push(calls);
    running.push(deadlines::shutdownNow);
  }

  /// Starts all; returns when every listener answers.
  void start() throws Exception {
    var kafkaPort = Ports.free();
    var secrets = Secrets.loadOrMake(data.resolve("secrets"));
    var smtp = smtpSettings();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var kafka =
          executor.submit(
              () ->
                  timed(
                      "kafka",
                      () ->
                          keep(
                              KafkaServer.start(
                                  new KafkaConfig(
                                      data.resolve("kafka"),
                                      kafkaPort,
                                      kafkaCache(),
                                      options.rehearsal(),
                                      Map.of())))));
      var tls = executor.submit(() -> timed("tls", this::tls));
      var postgres =
          executor.submit(
              () -> timed("postgres", () -> keep(PostgresServer.start(data.resolve("postgres")))));
      try {
        var http =
            timed(
                "http",
                () ->
                    keep(
                        HttpEndpoint.start(
                            "127.0.0.1",
                            plan.port(Role.HTTP).port(),
                            metrics,
                            SmtpConfig.pages(smtp))));
        var database = get(postgres);
        step("store", () -> startStore(database, kafkaPort, secrets, http));
        var certificate = get(tls);
        step("smtp-and-pop3", () -> startGateways(smtp, secrets, certificate));
        var events = get(kafka).bootstrapServers();
        step("imap", () -> startImapGateways(secrets, certificate, events));
        http.started();
      } catch (Exception e) {
        // What still starts is kept before it is closed.
        settle(kafka);
        settle(postgres);
        throw e;
      }
    }
    plan.requireAnswers();
    new RunFile(
            plan.port(Role.GRPC).shown(), secrets.admin().reveal(), ProcessHandle.current().pid())
        .write(data.path());
  }

  private void startStore(
      PostgresServer postgres, int kafkaPort, Secrets secrets, HttpEndpoint http) {
    postgres.createDatabase(DATABASE);
    var settings =
        options
            .files()
            .read(
                ServiceFiles.STORE,
                StoreSettings.keys(),
                // One broker and one process: several would be work for each round of events.
                Map.of("kafka.partitions", "1"),
                Map.ofEntries(
                    Map.entry("database.url", postgres.jdbcUrl(DATABASE)),
                    Map.entry("database.user", postgres.user()),
                    Map.entry("database.password", postgres.password()),
                    Map.entry("grpc.address", plan.port(Role.GRPC).address()),
                    Map.entry("grpc.port", Integer.toString(plan.port(Role.GRPC).port())),
                    Map.entry("http.address", "127.0.0.1"),
                    Map.entry("http.port", "-1"),
                    Map.entry("credentials.smtp", secrets.smtp().reveal()),
                    Map.entry("credentials.pop3", secrets.pop3().reveal()),
                    Map.entry("credentials.imap", secrets.imap().reveal()),
                    Map.entry("credentials.admin", secrets.admin().reveal()),
                    Map.entry("kafka.bootstrap-servers", "127.0.0.1:" + kafkaPort),
                    Map.entry("outbound.enabled", Boolean.toString(options.outbound()))));
    keep(
        StoreService.start(
            StoreSettings.from(settings).inProcess(IN_PROCESS, calls), metrics, Optional.of(http)));
  }

  private Settings smtpSettings() {
    var decided = listeners(0, Role.SMTP, Role.SUBMISSION, Role.SUBMISSIONS, Role.LMTP);
    decided.put("host-name", hostname());
    decided.put("outbound.enabled", Boolean.toString(options.outbound()));
    return settings(ServiceFiles.SMTP, SmtpConfig.keys(), decided);
  }

  private Settings settings(String service, List<Key<?>> keys, Map<String, String> decided) {
    return options
        .files()
        .read(
            service,
            keys,
            Map.of("trusted-networks", options.open() ? "" : "127.0.0.0/8,::1/128"),
            decided);
  }

  private Map<String, String> listeners(int gateway, Role... roles) {
    var decided = new HashMap<String, String>();
    for (var role : roles) {
      var port = plan.port(role, gateway);
      var section = "listeners." + role.name().toLowerCase(Locale.ROOT) + ".";
      decided.put(section + "address", port.address());
      decided.put(section + "port", Integer.toString(port.port()));
    }
    return decided;
  }

  private void startGateways(Settings settings, Secrets secrets, TlsMaterial tls)
      throws IOException {
    var smtp = client(secrets.smtp());
    try (var admin =
        AdminClient.over(channel(), "the store in this process", secrets.admin().reveal())) {
      if (options.demo()) {
        Demo.make(data.resolve("demo-made"), admin, smtp);
      }
    }
    if (options.open()) {
      var known = Demo.withKnownPassword(client(secrets.imap()));
      if (!known.isEmpty()) {
        throw new StartException(
            String.join(" and ", known)
                + " still have the demo password: start without --bind, then set another with"
                + " `mailwing user passwd`, or remove them");
      }
    }
    gateways.add(SmtpGateway.start(SmtpConfig.read(settings), smtp, Optional.of(tls), metrics));
    gateways.add(
        Pop3Gateway.start(
            Pop3Config.read(
                settings(
                    ServiceFiles.POP3, Pop3Config.keys(), listeners(0, Role.POP3, Role.POP3S))),
            client(secrets.pop3()),
            Optional.of(tls),
            metrics));
  }

  private void startImapGateways(Secrets secrets, TlsMaterial tls, String bootstrapServers)
      throws IOException {
    var count = plan.ports().stream().filter(port -> port.role() == Role.IMAP).count();
    for (var gateway = 0; gateway < count; gateway++) {
      var decided = listeners(gateway, Role.IMAP, Role.IMAPS);
      decided.put("events.bootstrap-servers", bootstrapServers);
      gateways.add(
          ImapGateway.start(
              ImapConfig.read(settings(ServiceFiles.IMAP, ImapConfig.keys(), decided)),
              Optional.of(tls),
              client(secrets.imap()),
              metrics));
    }
  }

  private StoreClient client(Secret credential) {
    return keep(
        StoreClient.over(
            keep(new SeveralChannels(this::channel)), StoreClientConfig.defaults(credential)));
  }

  private ManagedChannel channel() {
    return InProcessChannelBuilder.forName(IN_PROCESS)
        .intercept(calls)
        .executor(Executors.newVirtualThreadPerTaskExecutor())
        .scheduledExecutorService(deadlines)
        .build();
  }

  private TlsMaterial tls() throws IOException, GeneralSecurityException {
    var files = new TlsFiles(data.resolve("tls"), Clock.systemUTC());
    var names = certificateNames();
    files.prepare(names);
    ScheduledExecutorService renewal =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("certificate-renewal").factory());
    // What is renewed is read again by TlsMaterial, without a restart.
    var _ =
        renewal.scheduleWithFixedDelay(
            () -> {
              try {
                files.prepare(names);
              } catch (IOException | GeneralSecurityException | RuntimeException e) {
                LOG.error("event=certificate-renewal-failed reason={}", e.getMessage());
              }
            },
            1,
            1,
            TimeUnit.DAYS);
    keep(renewal::shutdownNow);
    return TlsMaterial.load(files.chain(), files.key());
  }

  private List<String> certificateNames() throws SocketException, UnknownHostException {
    var names = new LinkedHashSet<>(List.of("localhost", "127.0.0.1", "::1"));
    if (options.hostname() != null) {
      names.add(options.hostname());
    }
    if (options.open()) {
      names.add(hostname());
      var bound = InetAddress.getByName(plan.port(Role.SMTP).address());
      if (bound.isAnyLocalAddress()) {
        for (var network : NetworkInterface.networkInterfaces().toList()) {
          network
              .inetAddresses()
              .filter(address -> !address.isLinkLocalAddress() && !address.isLoopbackAddress())
              .forEach(address -> names.add(withoutScope(address)));
        }
      } else {
        names.add(withoutScope(bound));
      }
    }
    return List.copyOf(names);
  }

  /// Java writes an IPv6 address with the interface it belongs to; a certificate does not.
  private static String withoutScope(InetAddress address) {
    var text = address.getHostAddress();
    var scope = text.indexOf('%');
    return scope < 0 ? text : text.substring(0, scope);
  }

  private String hostname() {
    var named = options.hostname();
    if (named != null) {
      return named;
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  private static @Nullable Path kafkaCache() {
    var home = System.getProperty("mailwing.aot");
    return home == null ? null : Path.of(home, "kafka.aot");
  }

  private interface Step {
    void run() throws Exception;
  }

  private static void step(String part, Step start) throws Exception {
    timed(
        part,
        () -> {
          start.run();
          return part;
        });
  }

  /// Says in the log how long a part took to start.
  private static <T> T timed(String part, Callable<T> start) throws Exception {
    var begun = System.nanoTime();
    var started = start.call();
    LOG.info(
        "event=started part={} millis={}",
        part,
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    return started;
  }

  private <T extends AutoCloseable> T keep(T part) {
    synchronized (running) {
      running.push(part);
    }
    return part;
  }

  private static <T> T get(Future<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private static void settle(Future<?> future) {
    try {
      future.get();
    } catch (ExecutionException e) {
      LOG.debug("event=start-failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Drains the gateways together, then ends the rest, the newest first.
  @Override
  public void close() {
    synchronized (running) {
      if (closed) {
        return;
      }
      closed = true;
    }
    try {
      Files.deleteIfExists(data.resolve(RunFile.NAME));
    } catch (IOException e) {
      LOG.warn("event=run-file-not-removed reason={}", e.getMessage());
    }
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var gateway : gateways) {
        executor.execute(() -> end(gateway));
      }
    }
    synchronized (running) {
      while (!running.isEmpty()) {
        end(running.pop());
      }
    }
  }

  private static void end(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      LOG.warn("event=stop-failed part={}", part.getClass().getSimpleName(), e);
    }
  }
}
