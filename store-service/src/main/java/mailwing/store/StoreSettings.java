package mailwing.store;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import mailwing.service.ConfigException;
import mailwing.service.Key;
import mailwing.service.Secret;
import mailwing.service.Settings;
import mailwing.store.domain.QueueRules;

/// The keys of store-service's configuration file, and the record they are read into.
public final class StoreSettings {
  private static final Key<String> DATABASE_URL =
      Key.text("database.url", "jdbc:postgresql://localhost:5432/mailwing", "Where PostgreSQL is.");
  private static final Key<String> DATABASE_USER =
      Key.text("database.user", "mailwing", "Who the store is there; it owns the database.");
  private static final Key<Secret> DATABASE_PASSWORD =
      Key.secret("database.password", "Its password.");
  private static final Key<Integer> DATABASE_POOL =
      Key.integer("database.pool-size", 2, 1000, 24, "Connections held at most.");
  private static final Key<Duration> DATABASE_TIMEOUT =
      Key.duration(
          "database.connect-timeout", "5s", "How long a call waits for a connection of the pool.");

  private static final Key<String> GRPC_ADDRESS =
      Key.text("grpc.address", "0.0.0.0", "Where the contract is served.");
  private static final Key<Integer> GRPC_PORT = Key.port("grpc.port", 9090, "Its port.");
  private static final Key<Path> GRPC_CERTIFICATE =
      Key.path("grpc.certificate", null, "The server's certificate chain, PEM; without, no TLS.");
  private static final Key<Path> GRPC_KEY = Key.path("grpc.key", null, "Its key, PEM (PKCS #8).");
  private static final Key<Path> GRPC_CLIENT_CA =
      Key.path(
          "grpc.client-ca", null, "Clients must have a certificate of this authority (mTLS), PEM.");
  private static final Key<Long> GRPC_MAX_MESSAGE =
      Key.size("grpc.max-message", "4 MiB", "The largest message of the contract taken.");
  private static final Key<Duration> GRPC_DEADLINE =
      Key.duration("grpc.default-deadline", "60s", "For calls that bring none.");
  private static final Key<Duration> GRPC_DRAIN =
      Key.duration("grpc.drain", "10s", "How long calls may take to end at a shutdown.");

  private static final Key<String> HTTP_ADDRESS =
      Key.text("http.address", "127.0.0.1", "Where health and metrics are served.");
  private static final Key<Integer> HTTP_PORT =
      Key.integer("http.port", -1, 65535, 8080, "Their port; -1 for none.");

  private static final Key<Secret> SMTP =
      Key.secret("credentials.smtp", "The SMTP gateways' credentials (mws_...), one a line.");
  private static final Key<Secret> POP3 =
      Key.secret("credentials.pop3", "The POP3 gateways' credentials (mws_...), one a line.");
  private static final Key<Secret> IMAP =
      Key.secret("credentials.imap", "The IMAP gateways' credentials (mws_...), one a line.");
  private static final Key<Secret> ADMIN =
      Key.secret("credentials.admin", "Administrators' credentials (mwa_...), one a line.");

  private static final Key<Duration> TOKEN_LIFE =
      Key.duration("logins.token-life", "10m", "How long a session token is good for.");
  private static final Key<Duration> KEY_LIFE =
      Key.duration("logins.key-life", "30d", "How long a key signs tokens.");
  private static final Key<Duration> REMEMBER =
      Key.duration(
          "logins.remember-password",
          "5m",
          "How long a password that was right is remembered, keyed and salted; 0s: not at all.");
  private static final Key<Integer> HASHES =
      Key.integer(
          "logins.concurrent-hashes",
          1,
          1000,
          4,
          "Argon2id hashes at a time, each of 19 MiB; 500 times as many logins may be going on, and"
              + " each waits 45s for its turn at most.");

  private static final Key<String> ISSUER =
      Key.text(
          "oauth.issuer",
          null,
          "Whose access tokens are taken (SASL OAUTHBEARER, XOAUTH2): the iss of its JWTs, a URL;"
              + " without, none.");
  private static final Key<String> ISSUER_KEYS =
      Key.text(
          "oauth.keys",
          null,
          "Its keys, a JWK set: a URL of https, or a file; without, what its discovery document"
              + " names.");
  private static final Key<List<String>> AUDIENCES =
      Key.list("oauth.audiences", List.of(), "Tokens have one of these as aud; needed.");
  private static final Key<String> SCOPE =
      Key.text("oauth.scope", null, "Tokens have this scope; without, any.");
  private static final Key<String> USER_CLAIM =
      Key.text("oauth.user-claim", "email", "The claim that holds the user's address.");
  private static final Key<Duration> CLOCK_SKEW =
      Key.duration("oauth.clock-skew", "60s", "How far the issuer's clock may be off.");
  private static final Key<Path> USER_AUTHORITIES =
      Key.path(
          "certificates.authorities",
          null,
          "Users log in by certificates of these authorities (SASL EXTERNAL), PEM; without, by"
              + " none.");
  private static final Key<StoreConfig.Certificates.Identity> CERTIFICATE_IDENTITY =
      Key.choice(
          "certificates.identity",
          StoreConfig.Certificates.Identity.class,
          StoreConfig.Certificates.Identity.SAN_EMAIL,
          "Where the user's address stands in them.");
  private static final Key<Integer> BAN_FAILURES =
      Key.integer(
          "logins.ban-failures",
          0,
          1_000_000,
          30,
          "Failed logins from an IPv4 address or IPv6 /64 before it may not log in; 0: no bans.");
  private static final Key<Duration> BAN_WINDOW =
      Key.duration("logins.ban-window", "10m", "Within which they fail.");
  private static final Key<Duration> BAN_TIME =
      Key.duration("logins.ban-time", "15m", "How long such an address may not log in.");

  private static final Key<String> SEPARATOR =
      Key.text(
          "addresses.detail-separator", "+", "What separates user from detail; empty: nothing.");
  private static final Key<String> POSTMASTER =
      Key.text(
          "addresses.postmaster",
          null,
          "Who gets postmaster's mail where no user or alias has that name; else the oldest"
              + " account.");
  private static final Key<Duration> CACHE =
      Key.duration("addresses.cache-life", "5s", "How long what an address means is remembered.");
  private static final Key<List<String>> SUBMISSION =
      Key.list(
          "addresses.submission",
          List.of(),
          "Accounts of submission servers, which may follow URLs authorized by submit+.");

  private static final Key<String> BOOTSTRAP =
      Key.text("kafka.bootstrap-servers", "", "Where Kafka is; empty: gateways poll.");
  private static final Key<String> TOPIC =
      Key.text("kafka.topic", "mailwing.mailbox-changed", "Where changes are published.");
  private static final Key<Integer> PARTITIONS =
      Key.integer("kafka.partitions", 1, 10_000, 12, "Of the topic, when the store makes it.");
  private static final Key<Integer> REPLICATION =
      Key.integer("kafka.replication", 1, 10, 1, "Of the topic, when the store makes it.");
  private static final Key<Path> KAFKA_CERTIFICATE =
      Key.path("kafka.certificate", null, "The store's certificate chain and key in one PEM file.");
  private static final Key<Path> KAFKA_AUTHORITIES =
      Key.path("kafka.authorities", null, "Authorities of the brokers' certificates, PEM.");

  private static final Key<Boolean> OUTBOUND =
      Key.flag(
          "outbound.enabled",
          false,
          "Aliases, groups and forwarding may name addresses elsewhere; the SMTP gateways' key of"
              + " this name sends their mail.");
  private static final Key<Integer> FORWARDED =
      Key.integer(
          "outbound.forwarded-per-hour",
          0,
          1_000_000,
          1000,
          "Messages that one account, alias or group sends on, in each store; 0: any number.");

  private static final Key<Duration> QUEUE_FIRST =
      Key.duration(
          "queue.first-retry",
          "5m",
          "Mail that cannot be sent is tried again after this, then 2x.");
  private static final Key<Duration> QUEUE_LONGEST =
      Key.duration("queue.longest-retry", "2h", "The longest pause between two tries.");
  private static final Key<Duration> QUEUE_EXPIRY =
      Key.duration("queue.expiry", "5d", "Mail that cannot be sent for so long is returned.");
  private static final Key<Duration> QUEUE_NOTICE =
      Key.duration("queue.delay-notice", "4h", "A sender hears of a delay after this.");
  private static final Key<Duration> QUEUE_MEMORY =
      Key.duration("queue.memory", "30d", "How long it is remembered what became of sent mail.");
  private static final Key<Integer> QUEUE_HELD =
      Key.integer(
          "queue.held-per-account",
          0,
          1_000_000,
          1000,
          "Messages that one account may ask to be held at a time (FUTURERELEASE); 0: any number.");
  private static final Key<Integer> QUEUE_REPORTS =
      Key.integer(
          "queue.reports-per-hour",
          0,
          100_000,
          60,
          "Reports an hour that strangers' mail may bring to one address, counted by each store.");

  private static final Key<Duration> DKIM_WAIT =
      Key.duration(
          "dkim.publish-wait",
          "1h",
          "How long a new key waits at least before it signs, for what the DNS remembers.");
  private static final Key<Duration> DKIM_KEEP =
      Key.duration(
          "dkim.keep-retired",
          "30d",
          "How long the record of a key has to stay once it signs no more.");
  private static final Key<Duration> DKIM_ROTATE =
      Key.duration(
          "dkim.rotate-every",
          "0s",
          "An active key of this age gets a successor, which signs once the DNS shows it; 0s:"
              + " never.");
  private static final Key<Duration> TRACE_MEMORY =
      Key.duration(
          "trace.memory",
          "30d",
          "How long it is remembered what became of received and refused mail; 0s: not at all.");

  private StoreSettings() {}

  public static List<Key<?>> keys() {
    return List.of(
        DATABASE_URL,
        DATABASE_USER,
        DATABASE_PASSWORD,
        DATABASE_POOL,
        DATABASE_TIMEOUT,
        GRPC_ADDRESS,
        GRPC_PORT,
        GRPC_CERTIFICATE,
        GRPC_KEY,
        GRPC_CLIENT_CA,
        GRPC_MAX_MESSAGE,
        GRPC_DEADLINE,
        GRPC_DRAIN,
        HTTP_ADDRESS,
        HTTP_PORT,
        SMTP,
        POP3,
        IMAP,
        ADMIN,
        TOKEN_LIFE,
        KEY_LIFE,
        REMEMBER,
        HASHES,
        ISSUER,
        ISSUER_KEYS,
        AUDIENCES,
        SCOPE,
        USER_CLAIM,
        CLOCK_SKEW,
        USER_AUTHORITIES,
        CERTIFICATE_IDENTITY,
        BAN_FAILURES,
        BAN_WINDOW,
        BAN_TIME,
        SEPARATOR,
        POSTMASTER,
        CACHE,
        SUBMISSION,
        BOOTSTRAP,
        TOPIC,
        PARTITIONS,
        REPLICATION,
        KAFKA_CERTIFICATE,
        KAFKA_AUTHORITIES,
        QUEUE_FIRST,
        QUEUE_LONGEST,
        QUEUE_EXPIRY,
        QUEUE_NOTICE,
        QUEUE_MEMORY,
        QUEUE_HELD,
        QUEUE_REPORTS,
        DKIM_WAIT,
        DKIM_KEEP,
        DKIM_ROTATE,
        TRACE_MEMORY,
        OUTBOUND,
        FORWARDED);
  }

  /// The configuration that these settings make. ConfigException.
  public static StoreConfig from(Settings settings) {
    return new StoreConfig(
        new StoreConfig.Database(
            settings.get(DATABASE_URL),
            settings.get(DATABASE_USER),
            settings.find(DATABASE_PASSWORD).orElse(Secret.of("")),
            settings.get(DATABASE_POOL),
            settings.get(DATABASE_TIMEOUT)),
        new StoreConfig.Grpc(
            settings.get(GRPC_ADDRESS),
            settings.get(GRPC_PORT),
            Optional.empty(),
            tls(settings),
            (int) Math.min(settings.get(GRPC_MAX_MESSAGE), 64 << 20),
            settings.get(GRPC_DEADLINE),
            settings.get(GRPC_DRAIN)),
        new StoreConfig.Http(settings.get(HTTP_ADDRESS), settings.get(HTTP_PORT)),
        new StoreConfig.Credentials(
            secrets(settings, SMTP, "mws_"),
            secrets(settings, POP3, "mws_"),
            secrets(settings, IMAP, "mws_"),
            secrets(settings, ADMIN, "mwa_")),
        new StoreConfig.Logins(
            settings.get(TOKEN_LIFE),
            settings.get(KEY_LIFE),
            settings.get(REMEMBER),
            settings.get(HASHES),
            oauth(settings),
            settings
                .find(USER_AUTHORITIES)
                .map(
                    authorities ->
                        new StoreConfig.Certificates(
                            authorities, settings.get(CERTIFICATE_IDENTITY)))),
        new StoreConfig.Addresses(
            settings.get(SEPARATOR),
            settings.find(POSTMASTER),
            settings.get(CACHE),
            settings.get(SUBMISSION)),
        new StoreConfig.Kafka(
            settings.get(BOOTSTRAP),
            settings.get(TOPIC),
            settings.get(PARTITIONS),
            settings.get(REPLICATION),
            kafkaProperties(settings)),
        new QueueRules(
            settings.get(QUEUE_FIRST),
            settings.get(QUEUE_LONGEST),
            settings.get(QUEUE_EXPIRY),
            settings.get(QUEUE_NOTICE),
            settings.get(QUEUE_MEMORY),
            settings.get(QUEUE_HELD),
            settings.get(QUEUE_REPORTS)),
        new StoreConfig.Bans(
            settings.get(BAN_FAILURES), settings.get(BAN_WINDOW), settings.get(BAN_TIME)),
        new StoreConfig.Dkim(
            settings.get(DKIM_WAIT), settings.get(DKIM_KEEP), settings.get(DKIM_ROTATE)),
        settings.get(TRACE_MEMORY),
        new StoreConfig.Outbound(settings.get(OUTBOUND), settings.get(FORWARDED)));
  }

  private static Optional<StoreConfig.Oauth> oauth(Settings settings) {
    return settings
        .find(ISSUER)
        .map(
            issuer ->
                new StoreConfig.Oauth(
                    issuer,
                    settings.find(ISSUER_KEYS),
                    settings.get(AUDIENCES),
                    settings.find(SCOPE),
                    settings.get(USER_CLAIM),
                    settings.get(CLOCK_SKEW)));
  }

  private static Optional<StoreConfig.Tls> tls(Settings settings) {
    Optional<Path> certificate = settings.find(GRPC_CERTIFICATE);
    Optional<Path> key = settings.find(GRPC_KEY);
    Optional<Path> authority = settings.find(GRPC_CLIENT_CA);
    if (certificate.isPresent() != key.isPresent()
        || (authority.isPresent() && certificate.isEmpty())) {
      throw new ConfigException(
          "grpc.certificate and grpc.key go together, and grpc.client-ca needs both");
    }
    return certificate.map(c -> new StoreConfig.Tls(c, key.orElseThrow(), authority));
  }

  private static List<Secret> secrets(Settings settings, Key<Secret> key, String prefix) {
    List<Secret> secrets =
        settings.find(key).stream()
            .flatMap(s -> Stream.of(s.reveal().split("\\R", -1)))
            .map(String::strip)
            .filter(s -> !s.isEmpty())
            .map(Secret::of)
            .toList();
    for (Secret secret : secrets) {
      if (!secret.reveal().startsWith(prefix) || secret.length() < 20) {
        throw new ConfigException(
            "key " + key.name() + " holds " + prefix + " and at least 16 characters a line");
      }
    }
    return secrets;
  }

  private static Map<String, String> kafkaProperties(Settings settings) {
    Map<String, String> properties = new HashMap<>();
    settings
        .find(KAFKA_AUTHORITIES)
        .ifPresent(
            file -> {
              properties.put("security.protocol", "SSL");
              properties.put("ssl.truststore.type", "PEM");
              properties.put("ssl.truststore.location", file.toString());
            });
    settings
        .find(KAFKA_CERTIFICATE)
        .ifPresent(
            file -> {
              properties.put("security.protocol", "SSL");
              properties.put("ssl.keystore.type", "PEM");
              properties.put("ssl.keystore.location", file.toString());
            });
    return properties;
  }
}
