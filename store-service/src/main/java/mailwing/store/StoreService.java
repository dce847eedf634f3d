package mailwing.store;

import io.grpc.BindableService;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import mailwing.service.HttpEndpoint;
import mailwing.service.Metrics;
import mailwing.service.ServiceMain;
import mailwing.store.accounts.Administration;
import mailwing.store.accounts.ApiKeys;
import mailwing.store.accounts.Directory;
import mailwing.store.accounts.DkimKeyring;
import mailwing.store.accounts.Forwarding;
import mailwing.store.accounts.LoginBans;
import mailwing.store.accounts.Logins;
import mailwing.store.accounts.OnwardAdministration;
import mailwing.store.accounts.Passwords;
import mailwing.store.accounts.Srs;
import mailwing.store.accounts.Tokens;
import mailwing.store.domain.AuthorizedUrls;
import mailwing.store.domain.HeldMail;
import mailwing.store.domain.MailJobs;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.QueueAdministration;
import mailwing.store.domain.QueueNotices;
import mailwing.store.domain.Sharing;
import mailwing.store.domain.TextIndex;
import mailwing.store.domain.Traces;
import mailwing.store.events.ChangeSignal;
import mailwing.store.events.OutboxRelay;
import mailwing.store.grpc.AuthenticationService;
import mailwing.store.grpc.CallGuard;
import mailwing.store.grpc.CallMetrics;
import mailwing.store.grpc.Credentials;
import mailwing.store.grpc.DeliveryService;
import mailwing.store.grpc.DirectoryService;
import mailwing.store.grpc.DkimService;
import mailwing.store.grpc.GroupCalls;
import mailwing.store.grpc.GrpcServers;
import mailwing.store.grpc.MailboxesService;
import mailwing.store.grpc.MessagesService;
import mailwing.store.grpc.QueueService;
import mailwing.store.grpc.SharingService;
import mailwing.store.grpc.TlsPoliciesService;
import mailwing.store.grpc.TraceService;
import mailwing.store.grpc.UrlsService;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.AliasRows;
import mailwing.store.persistence.CredentialStore;
import mailwing.store.persistence.Database;
import mailwing.store.persistence.DirectoryStore;
import mailwing.store.persistence.DkimKeyRows;
import mailwing.store.persistence.DomainRules;
import mailwing.store.persistence.ForwardRows;
import mailwing.store.persistence.GroupRows;
import mailwing.store.persistence.LoginBanRows;
import mailwing.store.persistence.MaildropHolds;
import mailwing.store.persistence.OutboxStore;
import mailwing.store.persistence.Sql;
import mailwing.store.persistence.StsPolicyRows;
import mailwing.store.persistence.TlsReportRows;
import mailwing.store.persistence.UrlKeys;
import mailwing.store.persistence.UserRows;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The message store as one running thing.
public final class StoreService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreService.class);

  /// What was started, the newest first.
  private final Deque<AutoCloseable> running = new ArrayDeque<>();

  private int grpcPort = -1;
  private int httpPort = -1;
  private @Nullable Database opened;

  private StoreService() {}

  /// Runs the store as a process: `[--config FILE]`.
  public static void main(String[] args) {
    ServiceMain.run(
        "store-service",
        args,
        StoreSettings.keys(),
        settings -> start(StoreSettings.from(settings)));
  }

  /// Starts; returns when calls are served. With an HTTP endpoint of its own unless the
  /// configuration has none.
  public static StoreService start(StoreConfig config) {
    Metrics metrics = new Metrics();
    if (config.http().port() < 0) {
      return start(config, metrics, Optional.empty());
    }
    HttpEndpoint http = HttpEndpoint.start(config.http().address(), config.http().port(), metrics);
    try {
      StoreService service = start(config, metrics, Optional.of(http));
      service.running.addLast(http);
      service.running.push(http::draining);
      http.started();
      return service;
    } catch (RuntimeException e) {
      http.close();
      throw e;
    }
  }

  /// Starts in a process whose HTTP endpoint, if any, belongs to the caller.
  ///
  /// @param metrics where this process counts
  public static StoreService start(
      StoreConfig config, Metrics metrics, Optional<HttpEndpoint> http) {
    StoreService service = new StoreService();
    try {
      service.wire(config, metrics);
      Database database = service.database();
      http.ifPresent(
          endpoint -> {
            service.httpPort = endpoint.port();
            service.keep(endpoint.readyWhen("store-database", database::answers));
          });
      return service;
    } catch (RuntimeException e) {
      service.close();
      throw e;
    }
  }

  private void wire(StoreConfig config, Metrics metrics) {
    Database database = keep(Database.open(config.database()));
    opened = database;
    DirectoryStore directoryStore = new DirectoryStore(database);
    CredentialStore credentialStore = new CredentialStore(database.client());
    Tokens tokens =
        new Tokens(
            credentialStore,
            InstantSource.system(),
            config.logins().tokenLife(),
            config.logins().keyLife());
    ApiKeys apiKeys = new ApiKeys(credentialStore);
    Passwords passwords = new Passwords(config.logins().concurrentHashes());
    DomainRules domains = new DomainRules(database);
    AliasRows aliases = new AliasRows(database);
    ForwardRows forwards = new ForwardRows(database);
    GroupRows groupRows = new GroupRows(database);
    Srs srs = Srs.withSharedKey(credentialStore, tokens);
    Directory directory =
        new Directory(directoryStore, domains, forwards, groupRows, srs, config.addresses());
    LoginBans bans = new LoginBans(new LoginBanRows(database), config.bans());
    Logins logins =
        new Logins(
            directoryStore, aliases, domains, credentialStore, passwords, tokens, config.logins());
    keep(
        metrics.gauge(
            "mail_store_logins_checking",
            "Passwords that are checked, or wait to be.",
            () -> (double) logins.passwordsInCheck()));
    Administration administration =
        new Administration(directoryStore, domains, directory, passwords, apiKeys);
    OnwardAdministration onward =
        new OnwardAdministration(
            directoryStore, aliases, forwards, groupRows, directory, config.outbound().enabled());
    Credentials credentials = new Credentials(config.credentials(), tokens, apiKeys);

    Chores chores = keep(new Chores());
    chores.every(Duration.ofMinutes(5), "rotate-token-keys", tokens::rotate);
    chores.every(Duration.ofSeconds(2), "login-bans", bans::refresh);
    keep(
        metrics.gauge(
            "mail_store_login_bans", "Addresses that may not log in.", () -> (double) bans.size()));
    chores.every(Duration.ofSeconds(2), "remove-mail", administration::removeMail);

    List<BindableService> services = new ArrayList<>();
    services.add(new AuthenticationService(logins, bans, tokens, metrics));

    DkimKeyring keyring =
        new DkimKeyring(
            new DkimKeyRows(database), directoryStore, domains, config.dkim(), Clock.systemUTC());
    services.add(new DkimService(keyring));
    chores.every(Duration.ofHours(1), "turn-dkim-keys-over", keyring::turnOver);

    ChangeSignal signal = new ChangeSignal();
    MailStore mail =
        new MailStore(
            database.dataSource(),
            directory::resolve,
            new Forwarding(
                directory, groupRows, directoryStore, srs, config.outbound().forwardedPerHour()),
            signal,
            MailStore.Limits.DEFAULTS,
            config.queue(),
            config.traceMemory());
    services.add(
        new DirectoryService(
            administration,
            onward,
            new GroupCalls(onward, groupRows),
            new UserRows(database.dataSource()),
            aliases,
            domains,
            bans,
            credentialStore,
            apiKeys,
            mail.submissions()));
    services.add(new DeliveryService(mail, credentials::session));
    QueueNotices notices = new QueueNotices(mail);
    QueueAdministration queue = new QueueAdministration(mail);
    services.add(new QueueService(mail, queue, notices));
    chores.every(Duration.ofSeconds(2), "notify-senders", notices::send);
    chores.every(Duration.ofSeconds(1), "deliver-held-mail", new HeldMail(mail)::deliver);
    Sql sql = new Sql(database.dataSource());
    services.add(new TlsPoliciesService(new StsPolicyRows(sql), new TlsReportRows(sql)));
    keep(
        metrics.gauge(
            "mail_store_queue_recipients",
            "Recipients in the outbound queue that are not finished.",
            () -> (double) queue.depth()));
    Sharing sharing = new Sharing(mail, administration);
    MaildropHolds holds = new MaildropHolds(database);
    chores.every(Duration.ofHours(1), "trim-maildrop-holds", holds::trim);
    services.add(new MailboxesService(mail, credentials::session, administration, sharing, holds));
    services.add(new MessagesService(mail, sharing));
    services.add(new SharingService(mail, administration, sharing));
    services.add(
        new TraceService(
            new Traces(
                mail,
                name ->
                    Address.parse(name)
                        .flatMap(directoryStore::account)
                        .map(AccountRow::accountId))));
    AuthorizedUrls urls =
        new AuthorizedUrls(
            mail,
            new UrlKeys(database.dataSource()),
            name -> Address.parse(name).flatMap(directoryStore::account),
            config.addresses().submission());
    services.add(new UrlsService(mail, urls, sharing));
    MailJobs jobs = new MailJobs(mail, MailJobs.Retention.DEFAULTS);
    chores.every(Duration.ofSeconds(2), "retry-deliveries", jobs::retryDeliveries);
    chores.every(Duration.ofHours(1), "collect-mail", jobs::collect);
    TextIndex index = new TextIndex(mail);
    chores.every(Duration.ofSeconds(30), "index-text", () -> index.fill(chores::wanted));

    OutboxStore outbox = new OutboxStore(database.dataSource());
    keep(
        metrics.gauge(
            "mail_store_outbox_rows", "Changes not yet published.", () -> (double) outbox.depth()));
    if (config.kafka().enabled()) {
      keep(OutboxRelay.start(config.kafka(), outbox, signal, metrics));
    } else {
      chores.every(Duration.ofSeconds(5), "trim-outbox", () -> outbox.trimAll());
    }

    ScheduledExecutorService timer = GrpcServers.timer();
    keep(timer::shutdownNow);
    CallGuard guard =
        new CallGuard(
            credentials, new CallMetrics(metrics), config.grpc().defaultDeadline(), timer);
    grpcPort = keep(GrpcServers.start(config.grpc(), guard, timer, services)).port();
  }

  private Database database() {
    return Objects.requireNonNull(opened);
  }

  private <T extends AutoCloseable> T keep(T part) {
    running.push(part);
    return part;
  }

  /// The port of the contract; -1 when it is served in process only.
  public int grpcPort() {
    return grpcPort;
  }

  /// The port of health and metrics; -1 for none.
  public int httpPort() {
    return httpPort;
  }

  /// Lets running calls end, then stops everything, the newest first.
  @Override
  public void close() {
    while (!running.isEmpty()) {
      AutoCloseable part = running.pop();
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("event=stop-failed part={}", part.getClass().getSimpleName(), e);
      }
    }
  }
}
