package mailwing.imap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.Mechanism;
import mailwing.gateway.SessionLimits;
import mailwing.service.ConfigException;
import mailwing.service.Key;
import mailwing.service.Settings;

/// The IMAP gateway's configuration.
///
/// @param listeners where it listens
/// @param connections what holds for all connections
/// @param limits what a session may do before it is shown out
/// @param events where it learns of changes
/// @param idleKeepalive how often `* OK Still here` is said during IDLE
/// @param maxMessage largest message of APPEND, in octets
/// @param literals which literals a client may send without being asked
/// @param mechanisms of AUTHENTICATE, in the order announced
/// @param eightBitHeaders whether APPEND takes them from clients that have not enabled UTF-8
/// @param policy limits of what commands do
/// @param urlHosts this server's names in IMAP URLs, in lower case; `*`: any
/// @param mailboxCache octets of mailbox tables kept after their last session left
/// @param messageCache octets of envelopes, structures, headers and small bodies kept
/// @param bodyCache octets of large bodies kept, outside of the heap
public record ImapConfig(
    List<ListenerConfig> listeners,
    ConnectionConfig connections,
    SessionLimits limits,
    EventsConfig events,
    Duration idleKeepalive,
    long maxMessage,
    Literals literals,
    List<Mechanism> mechanisms,
    boolean eightBitHeaders,
    Policy policy,
    List<String> urlHosts,
    long mailboxCache,
    long messageCache,
    long bodyCache) {

  /// Which literals need no continuation (RFC 7888).
  public enum Literals {
    /// LITERAL+: any.
    PLUS,
    /// LITERAL-: those of at most 4,096 octets.
    MINUS
  }

  /// What commands may do.
  ///
  /// @param unauthenticate whether UNAUTHENTICATE (RFC 8437) is answered
  /// @param notifyMailboxes how many mailboxes an account may have that NOTIFY (RFC 5465) watches
  /// @param commandMessages messages one command works on (RFC 9738), 0: any number
  /// @param savedMessages messages one COPY or APPEND saves, 0: any number
  /// @param progressTime how often a client is told that its command is being worked on
  public record Policy(
      boolean unauthenticate,
      int notifyMailboxes,
      int commandMessages,
      int savedMessages,
      Duration progressTime) {
    public static final Policy DEFAULT = new Policy(true, 10_000, 0, 0, Duration.ofSeconds(12));

    /// Messages one COPY or APPEND saves, 0: any number.
    public int saves() {
      return commandMessages > 0 ? commandMessages : savedMessages;
    }

    private static final Key<Boolean> UNAUTHENTICATE =
        Key.flag("unauthenticate", true, "Answer UNAUTHENTICATE: a proxy may not expect it.");
    private static final Key<Integer> NOTIFY_MAILBOXES =
        Key.integer(
            "limits.notify-mailboxes",
            0,
            100_000,
            10_000,
            "Largest number of an account's mailboxes that NOTIFY watches.");
    private static final Key<Integer> COMMAND_MESSAGES =
        Key.integer(
            "limits.command-messages",
            0,
            1_000_000_000,
            0,
            "Messages one command works on (MESSAGELIMIT), at least 1000; 0: any number.");
    private static final Key<Integer> SAVED_MESSAGES =
        Key.integer(
            "limits.saved-messages",
            0,
            1_000_000_000,
            0,
            "Messages one COPY or APPEND saves (SAVELIMIT), at least 1000; 0: any number.");

    private static final Key<Duration> PROGRESS_TIME =
        Key.duration(
            "progress-time",
            "12s",
            "How often a client is told that its command is being worked on (INPROGRESS).");

    static List<Key<?>> keys() {
      return List.of(
          UNAUTHENTICATE, NOTIFY_MAILBOXES, COMMAND_MESSAGES, SAVED_MESSAGES, PROGRESS_TIME);
    }

    static Policy read(Settings settings) {
      return new Policy(
          settings.get(UNAUTHENTICATE),
          settings.get(NOTIFY_MAILBOXES),
          settings.get(COMMAND_MESSAGES),
          settings.get(SAVED_MESSAGES),
          settings.get(PROGRESS_TIME));
    }
  }

  /// Where changes are learned from.
  ///
  /// @param bootstrapServers Kafka's, none: the store is polled
  /// @param topic of `MailboxChanged`
  /// @param pollInterval how often open mailboxes are asked for while there is no Kafka
  /// @param properties further properties of the Kafka client (TLS, SASL), `name=value`
  public record EventsConfig(
      Optional<String> bootstrapServers,
      String topic,
      Duration pollInterval,
      List<String> properties) {
    public EventsConfig {
      properties = List.copyOf(properties);
      for (String property : properties) {
        if (property.indexOf('=') < 1) {
          throw new ConfigException(
              "key events.properties has '" + property + "'; allowed: name=value");
        }
      }
    }

    public static EventsConfig polling(Duration interval) {
      return new EventsConfig(Optional.empty(), DEFAULT_TOPIC, interval, List.of());
    }

    public static EventsConfig kafka(String bootstrapServers) {
      return new EventsConfig(
          Optional.of(bootstrapServers), DEFAULT_TOPIC, Duration.ofSeconds(3), List.of());
    }
  }

  /// The topic of the store's outbox.
  public static final String DEFAULT_TOPIC = "mailwing.mailbox-changed";

  private static final ListenerConfig.Keys IMAP =
      new ListenerConfig.Keys("imap", Optional.of(2143), Encryption.STARTTLS, false);
  private static final ListenerConfig.Keys IMAPS =
      new ListenerConfig.Keys("imaps", Optional.of(2993), Encryption.IMPLICIT, false);
  private static final ListenerConfig.Keys PROXIED_IMAP =
      new ListenerConfig.Keys("proxied-imap", Optional.empty(), Encryption.STARTTLS, true);
  private static final ListenerConfig.Keys PROXIED_IMAPS =
      new ListenerConfig.Keys("proxied-imaps", Optional.empty(), Encryption.IMPLICIT, true);
  private static final List<ListenerConfig.Keys> LISTENERS =
      List.of(IMAP, IMAPS, PROXIED_IMAP, PROXIED_IMAPS);
  private static final SessionLimits.Keys LIMITS = new SessionLimits.Keys("35m");
  private static final Key<String> KAFKA =
      Key.text("events.bootstrap-servers", null, "Kafka's addresses; none: the store is polled.");
  private static final Key<String> TOPIC =
      Key.text("events.topic", DEFAULT_TOPIC, "The topic the store publishes changes to.");
  private static final Key<Duration> POLL =
      Key.duration("events.poll-interval", "3s", "How often the store is asked without Kafka.");
  private static final Key<List<String>> PROPERTIES =
      Key.list("events.properties", List.of(), "Properties of the Kafka client, name=value.");
  private static final Key<Duration> KEEPALIVE =
      Key.duration("idle-keepalive", "2m", "How often IDLE says that the server is still here.");
  private static final Key<Long> MAX_MESSAGE =
      Key.size("limits.message", "50 MiB", "Largest message of APPEND.");
  private static final Key<Literals> LITERALS =
      Key.choice(
          "literals",
          Literals.class,
          Literals.PLUS,
          "plus: LITERAL+, literals of any size are sent without waiting; minus: LITERAL-.");
  private static final Key<Boolean> EIGHT_BIT_HEADERS =
      Key.flag(
          "append.eight-bit-headers",
          false,
          "APPEND takes headers with 8-bit characters from clients that have not enabled"
              + " UTF8=ACCEPT, against RFC 9755 §4: to move old mail here.");
  private static final String ANY_HOST = "*";
  private static final Key<List<String>> URL_HOSTS =
      Key.list(
          "url-hosts",
          List.of(ANY_HOST),
          "This server's names in IMAP URLs (CATENATE, URLAUTH); *: any.");
  private static final Key<Long> MAILBOX_CACHE =
      Key.size("cache.mailboxes", "64 MiB", "Mailbox tables kept after their last session left.");
  private static final Key<Long> MESSAGE_CACHE =
      Key.size("cache.messages", "64 MiB", "Envelopes, structures, headers, small bodies kept.");

  /// Octets of large bodies that a gateway keeps unless it is told otherwise.
  private static final long BODIES = 64L << 20;

  private static final Key<Long> BODY_CACHE =
      Key.size(
          "cache.bodies",
          "64 MiB",
          "Pieces of bodies above 64 KiB kept, in memory outside of the Java heap; 0: none.");

  /// The same with other literals.
  public ImapConfig withLiterals(Literals other) {
    return with(other, mechanisms, policy, bodyCache);
  }

  /// The same with other mechanisms.
  public ImapConfig withMechanisms(List<Mechanism> other) {
    return with(literals, other, policy, bodyCache);
  }

  /// The same with another policy.
  public ImapConfig withPolicy(Policy other) {
    return with(literals, mechanisms, other, bodyCache);
  }

  /// The same, keeping so many octets of large bodies.
  public ImapConfig withBodyCache(long octets) {
    return with(literals, mechanisms, policy, octets);
  }

  private ImapConfig with(
      Literals literals, List<Mechanism> mechanisms, Policy policy, long bodyCache) {
    return new ImapConfig(
        listeners,
        connections,
        limits,
        events,
        idleKeepalive,
        maxMessage,
        literals,
        mechanisms,
        eightBitHeaders,
        policy,
        urlHosts,
        mailboxCache,
        messageCache,
        bodyCache);
  }

  public ImapConfig {
    listeners = List.copyOf(listeners);
    mechanisms = List.copyOf(mechanisms);
    urlHosts = urlHosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList();
  }

  /// Whether a URL with that host, in lower case, is one of this server's.
  public boolean answersTo(String host) {
    return urlHosts.contains(ANY_HOST) || urlHosts.contains(host);
  }

  public static List<Key<?>> keys() {
    List<Key<?>> keys = new ArrayList<>(ListenerConfig.Keys.all(LISTENERS));
    keys.addAll(ConnectionConfig.keys());
    keys.addAll(LIMITS.keys());
    keys.addAll(
        List.of(
            KAFKA,
            TOPIC,
            POLL,
            PROPERTIES,
            KEEPALIVE,
            MAX_MESSAGE,
            LITERALS,
            Mechanism.KEY,
            EIGHT_BIT_HEADERS,
            URL_HOSTS,
            MAILBOX_CACHE,
            MESSAGE_CACHE,
            BODY_CACHE));
    keys.addAll(Policy.keys());
    return keys;
  }

  public static ImapConfig read(Settings settings) {
    List<ListenerConfig> listeners = new ArrayList<>();
    LISTENERS.forEach(listener -> listener.read(settings).ifPresent(listeners::add));
    return new ImapConfig(
        listeners,
        ConnectionConfig.read(settings),
        LIMITS.read(settings),
        new EventsConfig(
            settings.find(KAFKA).filter(servers -> !servers.isBlank()),
            settings.get(TOPIC),
            settings.get(POLL),
            settings.get(PROPERTIES)),
        settings.get(KEEPALIVE),
        settings.get(MAX_MESSAGE),
        settings.get(LITERALS),
        Mechanism.read(settings),
        settings.get(EIGHT_BIT_HEADERS),
        Policy.read(settings),
        settings.get(URL_HOSTS),
        settings.get(MAILBOX_CACHE),
        settings.get(MESSAGE_CACHE),
        settings.get(BODY_CACHE));
  }

  /// The documented defaults, for a gateway in a process with others.
  public static ImapConfig defaults(
      List<ListenerConfig> listeners, ConnectionConfig connections, EventsConfig events) {
    return new ImapConfig(
        listeners,
        connections,
        SessionLimits.defaults(Duration.ofMinutes(35)),
        events,
        Duration.ofMinutes(2),
        50L << 20,
        Literals.PLUS,
        Mechanism.DEFAULTS,
        false,
        Policy.DEFAULT,
        List.of(ANY_HOST),
        64L << 20,
        64L << 20,
        BODIES);
  }
}
