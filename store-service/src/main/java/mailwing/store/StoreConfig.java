package mailwing.store;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import mailwing.service.Secret;
import mailwing.store.domain.MailStore;
import mailwing.store.domain.QueueRules;

/// What a store-service is told when it starts. Each part has its defaults; see docs/store-api.md.
public record StoreConfig(
    Database database,
    Grpc grpc,
    Http http,
    Credentials credentials,
    Logins logins,
    Addresses addresses,
    Kafka kafka,
    QueueRules queue,
    Bans bans,
    Dkim dkim,
    Duration traceMemory,
    Outbound outbound) {

  /// With the documented times of the queue, of bans, of keys and of traces, and nothing that
  /// leaves.
  public StoreConfig(
      Database database,
      Grpc grpc,
      Http http,
      Credentials credentials,
      Logins logins,
      Addresses addresses,
      Kafka kafka) {
    this(
        database,
        grpc,
        http,
        credentials,
        logins,
        addresses,
        kafka,
        QueueRules.DEFAULTS,
        Bans.DEFAULTS,
        Dkim.DEFAULTS,
        MailStore.TRACE_MEMORY,
        Outbound.DEFAULTS);
  }

  /// The same, with another rule for mail that leaves.
  public StoreConfig with(Outbound rule) {
    return with(grpc, rule);
  }

  /// The same, served under this name inside this JVM too.
  ///
  /// @param threads where those calls run
  public StoreConfig inProcess(String name, Executor threads) {
    return with(grpc.inProcess(name, Optional.of(threads)), outbound);
  }

  private StoreConfig with(Grpc grpc, Outbound outbound) {
    return new StoreConfig(
        database,
        grpc,
        http,
        credentials,
        logins,
        addresses,
        kafka,
        queue,
        bans,
        dkim,
        traceMemory,
        outbound);
  }

  /// Where PostgreSQL is.
  ///
  /// @param url jdbc:postgresql://...
  /// @param password empty: none
  /// @param poolSize connections held at most
  public record Database(
      String url, String user, Secret password, int poolSize, Duration connectTimeout) {
    public static Database of(String url, String user, String password) {
      return new Database(url, user, Secret.of(password), 24, Duration.ofSeconds(5));
    }
  }

  /// How the contract is served.
  ///
  /// @param address where the port is bound; empty name and port -1: no port, in process only
  /// @param inProcess how it is served inside this JVM; empty: it is not
  /// @param maxMessageOctets the largest gRPC message taken
  /// @param defaultDeadline given to a call that brings none
  /// @param drain how long calls may take to end when the service is closed
  public record Grpc(
      String address,
      int port,
      Optional<InProcess> inProcess,
      Optional<Tls> tls,
      int maxMessageOctets,
      Duration defaultDeadline,
      Duration drain) {
    public static Grpc onPort(int port) {
      return new Grpc(
          "127.0.0.1",
          port,
          Optional.empty(),
          Optional.empty(),
          4 << 20,
          Duration.ofSeconds(60),
          Duration.ofSeconds(10));
    }

    public Grpc inProcess(String name) {
      return inProcess(name, Optional.empty());
    }

    public Grpc inProcess(String name, Optional<Executor> threads) {
      return new Grpc(
          address,
          port,
          Optional.of(new InProcess(name, threads)),
          tls,
          maxMessageOctets,
          defaultDeadline,
          drain);
    }
  }

  /// A name inside this JVM.
  ///
  /// @param threads where its calls run; empty: on a virtual thread each
  public record InProcess(String name, Optional<Executor> threads) {}

  /// PEM files.
  ///
  /// @param clientCa the CA whose clients are let in; empty: clients need no certificate
  public record Tls(Path certificate, Path key, Optional<Path> clientCa) {}

  /// Health and metrics.
  ///
  /// @param port -1: none
  public record Http(String address, int port) {}

  /// Secrets that services and administrators prove themselves by: mws_... by role, mwa_....
  /// Several a role, so that one can be replaced while both are taken.
  public record Credentials(
      List<Secret> smtp, List<Secret> pop3, List<Secret> imap, List<Secret> admin) {
    public static Credentials of(String smtp, String pop3, String imap, String admin) {
      return new Credentials(
          List.of(Secret.of(smtp)),
          List.of(Secret.of(pop3)),
          List.of(Secret.of(imap)),
          List.of(Secret.of(admin)));
    }
  }

  /// Passwords and session tokens.
  ///
  /// @param tokenLife how long a session token is good for
  /// @param keyLife how long a key signs tokens before the next one does
  /// @param rememberPassword how long a password that was right is remembered; zero: not at all
  /// @param concurrentHashes password hashes computed at a time, each of 19 MiB
  /// @param oauth whose access tokens are taken; empty: nobody's
  /// @param certificates which certificates of users are taken; empty: none
  public record Logins(
      Duration tokenLife,
      Duration keyLife,
      Duration rememberPassword,
      int concurrentHashes,
      Optional<Oauth> oauth,
      Optional<Certificates> certificates) {
    public static Logins defaults() {
      return passwords(Duration.ofMinutes(10), Duration.ofMinutes(5));
    }

    /// By passwords alone.
    public static Logins passwords(Duration tokenLife, Duration rememberPassword) {
      return new Logins(
          tokenLife, Duration.ofDays(30), rememberPassword, 4, Optional.empty(), Optional.empty());
    }

    /// The same, and by access tokens and certificates.
    public Logins with(Oauth issuer, Certificates users) {
      return new Logins(
          tokenLife,
          keyLife,
          rememberPassword,
          concurrentHashes,
          Optional.of(issuer),
          Optional.of(users));
    }
  }

  /// An issuer of access tokens (RFC 6749, RFC 9068).
  ///
  /// @param issuer what tokens name as `iss`, a URL
  /// @param keys where its keys (RFC 7517) are: a URL or a file; empty: by its discovery document
  /// @param audiences tokens name one of these as `aud`
  /// @param scope tokens have it; empty: none is needed
  /// @param userClaim the claim that holds the user's address
  /// @param clockSkew how far its clock may be off ours
  public record Oauth(
      String issuer,
      Optional<String> keys,
      List<String> audiences,
      Optional<String> scope,
      String userClaim,
      Duration clockSkew) {
    public Oauth {
      audiences = List.copyOf(audiences);
    }
  }

  /// Certificates of users.
  ///
  /// @param authorities PEM: who issues them
  /// @param identity where the user's address stands in them
  public record Certificates(Path authorities, Identity identity) {
    /// A place in a certificate.
    public enum Identity {
      /// The rfc822Names of the subject's alternative names (RFC 5280 §4.2.1.6).
      SAN_EMAIL,
      /// The subject's emailAddress.
      SUBJECT_EMAIL,
      /// The subject's common name.
      COMMON_NAME
    }
  }

  /// Who may not log in for a while.
  ///
  /// @param failures logins that fail from one address before it is banned; 0: none is
  /// @param window within which they fail
  /// @param time how long a ban holds
  public record Bans(int failures, Duration window, Duration time) {
    /// The documented defaults.
    public static final Bans DEFAULTS =
        new Bans(30, Duration.ofMinutes(10), Duration.ofMinutes(15));
  }

  /// Keys that sign mail that leaves.
  ///
  /// @param publishWait how long a new key waits at least before it signs
  /// @param keepRetired how long a key is remembered after it signed last
  /// @param rotateEvery an active key of this age gets a successor; zero: never
  public record Dkim(Duration publishWait, Duration keepRetired, Duration rotateEvery) {
    /// The documented defaults.
    public static final Dkim DEFAULTS =
        new Dkim(Duration.ofHours(1), Duration.ofDays(30), Duration.ZERO);
  }

  /// Mail that addresses of ours send on.
  ///
  /// @param enabled addresses elsewhere may be named
  /// @param forwardedPerHour messages that one account, alias or group sends on; 0: any number
  public record Outbound(boolean enabled, int forwardedPerHour) {
    /// The documented defaults.
    public static final Outbound DEFAULTS = new Outbound(false, 1000);
  }

  /// What addresses mean.
  ///
  /// @param detailSeparator what separates user from detail in user+detail; empty: nothing does
  /// @param postmaster the account that gets postmaster's mail where no user or alias has that
  ///   name; empty: the oldest account
  /// @param cacheLife how long what an address means is remembered
  /// @param submission accounts that follow authorized URLs for submission (RFC 4467 §3, submit+)
  public record Addresses(
      String detailSeparator,
      Optional<String> postmaster,
      Duration cacheLife,
      List<String> submission) {
    public Addresses {
      submission = List.copyOf(submission);
    }

    public static Addresses defaults() {
      return new Addresses("+", Optional.empty(), Duration.ofSeconds(5), List.of());
    }
  }

  /// Where events go.
  ///
  /// @param bootstrapServers empty: no Kafka; gateways poll
  /// @param properties given to the client as they are (security.protocol, sasl.jaas.config, ...)
  public record Kafka(
      String bootstrapServers,
      String topic,
      int partitions,
      int replication,
      Map<String, String> properties) {
    public static Kafka at(String bootstrapServers) {
      return new Kafka(bootstrapServers, "mailwing.mailbox-changed", 12, 1, Map.of());
    }

    public static Kafka none() {
      return at("");
    }

    public boolean enabled() {
      return !bootstrapServers.isEmpty();
    }
  }
}
