package mailwing.smtp;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.Mechanism;
import mailwing.gateway.SessionLimits;
import mailwing.service.Key;
import mailwing.service.Networks;
import mailwing.service.Settings;
import mailwing.smtp.authentication.SenderPolicy;
import mailwing.smtp.delivery.StoreTimes;
import mailwing.smtp.dns.DnsConfig;
import mailwing.smtp.queue.OutboundConfig;
import mailwing.smtp.session.RateLimits;
import mailwing.smtp.session.SendingLimits;
import mailwing.smtp.session.Service;
import mailwing.smtp.session.SmtpLimits;
import mailwing.smtp.signing.SigningConfig;

/// The SMTP gateway's configuration.
///
/// @param listeners where it listens, and for what
/// @param connections what holds for all connections
/// @param session what a session may do before it is shown out
/// @param limits what a client may ask for
/// @param sending how far senders may go with what they ask of their messages' way
/// @param host the name it goes by: in the greeting, in Received and in Message-ID
/// @param mechanisms what AUTH offers, in this order
/// @param checkSender submission takes only the account's own addresses in MAIL and From
/// @param xclientPeers who may use XCLIENT
/// @param senders SPF, DKIM and DMARC are checked, and this is done with what is found; empty: not
/// @param dns who answers questions to the DNS
/// @param rates how many messages are taken in an hour
/// @param greetingDelay how long a stranger waits for the greeting; who speaks before it is sent
///   away
/// @param store how long the store may take with a message
/// @param outbound how mail leaves the house
/// @param signing how it is signed
public record SmtpConfig(
    List<ServiceListener> listeners,
    ConnectionConfig connections,
    SessionLimits session,
    SmtpLimits limits,
    SendingLimits sending,
    String host,
    List<Mechanism> mechanisms,
    boolean checkSender,
    Networks xclientPeers,
    Optional<SenderPolicy> senders,
    DnsConfig dns,
    RateLimits.Rates rates,
    Duration greetingDelay,
    StoreTimes store,
    OutboundConfig outbound,
    SigningConfig signing) {

  /// A listener and what it is for.
  public record ServiceListener(Service service, ListenerConfig listener) {}

  private record ListenerKeys(Service service, ListenerConfig.Keys keys) {}

  private static final List<ListenerKeys> LISTENERS =
      List.of(
          keys(Service.MX, "smtp", Optional.of(2525), Encryption.STARTTLS, false),
          keys(Service.SUBMISSION, "submission", Optional.of(2587), Encryption.STARTTLS, false),
          keys(Service.SUBMISSION, "submissions", Optional.of(2465), Encryption.IMPLICIT, false),
          keys(Service.LMTP, "lmtp", Optional.empty(), Encryption.STARTTLS, false),
          keys(Service.MX, "proxied-smtp", Optional.empty(), Encryption.STARTTLS, true),
          keys(
              Service.SUBMISSION,
              "proxied-submission",
              Optional.empty(),
              Encryption.STARTTLS,
              true),
          keys(
              Service.SUBMISSION,
              "proxied-submissions",
              Optional.empty(),
              Encryption.IMPLICIT,
              true));
  private static final SessionLimits.Keys SESSION = new SessionLimits.Keys("5m");
  private static final Key<String> HOST =
      Key.text("host-name", null, "The name it goes by; by default the machine's.");
  private static final Key<Long> MESSAGE =
      Key.size("limits.message", "50 MiB", "Largest message; announced by SIZE.");
  private static final Key<Integer> RECIPIENTS =
      Key.integer("limits.recipients", 100, 100_000, 1000, "Recipients of one message.");
  private static final Key<Integer> COMMAND_LINE =
      Key.integer("limits.command-line", 512, 12_288, 2048, "Octets of a command line.");
  private static final Key<Integer> RECEIVED =
      Key.integer("limits.received", 10, 1000, 50, "Received fields before a message loops.");
  private static final Key<Boolean> BARE_LINE_ENDS =
      Key.flag(
          "accept-bare-line-ends",
          false,
          "Take messages with CR or LF that are not CRLF, as they are, instead of 550 5.6.0.");
  private static final Key<Duration> DATA_TIME =
      Key.duration("limits.data-time", "5m", "How long to wait for more of a message.");
  private static final Key<Duration> MESSAGE_TIME =
      Key.duration("limits.message-time", "1h", "How long one message may take to be sent.");
  private static final Key<Duration> HOLD =
      Key.duration(
          "limits.hold", "30d", "Longest time a submission may be held (FUTURERELEASE); 0s: none.");
  private static final Key<Duration> DELIVER_BY =
      Key.duration(
          "limits.deliver-by", "1m", "Shortest time that DELIVERBY may ask to be returned after.");
  private static final Key<Integer> PRIORITY =
      Key.integer(
          "limits.priority", 0, 9, 4, "Highest MT-PRIORITY of users who log in; others have 0.");
  private static final Key<Boolean> CHECK_SENDER =
      Key.flag(
          "check-sender",
          true,
          "Submission takes only the account's own addresses in MAIL and From.");
  private static final Key<Networks> XCLIENT_NETWORKS =
      Key.networks(
          "xclient-networks", List.of(), "Addresses of relays of yours that may use XCLIENT.");
  private static final Key<Boolean> CHECK_SENDERS =
      Key.flag(
          "senders.check",
          false,
          "Check SPF, DKIM and DMARC of mail from the Internet, and add Authentication-Results.");
  private static final Key<Boolean> ENFORCE =
      Key.flag(
          "senders.enforce",
          true,
          "Do what a domain's DMARC policy asks for: refuse, or put into Junk.");
  private static final Key<Boolean> REJECT_SPF =
      Key.flag("senders.reject-spf-failures", false, "Refuse what SPF fails, whatever DMARC says.");
  private static final Key<List<String>> SEALERS =
      Key.list(
          "senders.trusted-sealers",
          List.of(),
          "Domains of forwarders whose ARC seals are believed where DMARC fails (RFC 8617).");
  private static final Key<Duration> SPF_TIME =
      Key.duration("senders.spf-time", "20s", "How long one evaluation of SPF may take.");
  private static final Key<List<String>> DNS_SERVERS =
      Key.list(
          "dns.servers", List.of(), "Addresses, with or without a port; by default the machine's.");
  private static final Key<Duration> DNS_TIME =
      Key.duration("dns.time", "5s", "How long one try of a question to the DNS may take.");
  private static final Key<Boolean> DNS_VALIDATES =
      Key.flag(
          "dns.validates",
          false,
          "The servers validate DNSSEC and nobody can be between them and here: DANE is used.");
  private static final Key<Integer> ADDRESS_RATE =
      rate("address", "from an IPv4 address or IPv6 /64 at MX");
  private static final Key<Integer> SENDER_RATE = rate("sender", "from a reverse-path at MX");
  private static final Key<Integer> ACCOUNT_RATE = rate("account", "of a user at submission");
  private static final Key<Duration> GREETING_DELAY =
      Key.duration(
          "limits.greeting-delay",
          "0s",
          "How long a stranger waits for the greeting at MX; who speaks before it gets 554.");
  private static final Key<Duration> DELIVER_TIME =
      Key.duration("store.deliver-time", "1m", "How long the store may take with a message.");
  private static final Key<Duration> DELIVER_RETRY =
      Key.duration(
          "store.deliver-retry-time",
          "20s",
          "How long a delivery is repeated with no store there.");

  public SmtpConfig {
    listeners = List.copyOf(listeners);
    mechanisms = List.copyOf(mechanisms);
  }

  private static Key<Integer> rate(String name, String what) {
    return Key.integer(
        "limits.messages-per-" + name,
        0,
        1_000_000,
        0,
        "Messages an hour " + what + ", counted by each gateway; 0: no limit.");
  }

  private static ListenerKeys keys(
      Service service, String name, Optional<Integer> port, Encryption encryption, boolean proxy) {
    return new ListenerKeys(service, new ListenerConfig.Keys(name, port, encryption, proxy));
  }

  public static List<Key<?>> keys() {
    List<Key<?>> keys = new ArrayList<>();
    LISTENERS.forEach(listener -> keys.addAll(listener.keys().keys()));
    keys.addAll(ConnectionConfig.keys());
    keys.addAll(SESSION.keys());
    keys.addAll(OutboundConfig.keys());
    keys.addAll(SigningConfig.keys());
    keys.addAll(PolicyPage.keys());
    keys.addAll(
        List.of(
            HOST,
            MESSAGE,
            RECIPIENTS,
            COMMAND_LINE,
            RECEIVED,
            BARE_LINE_ENDS,
            DATA_TIME,
            MESSAGE_TIME,
            HOLD,
            DELIVER_BY,
            PRIORITY,
            Mechanism.KEY,
            CHECK_SENDER,
            XCLIENT_NETWORKS,
            CHECK_SENDERS,
            ENFORCE,
            REJECT_SPF,
            SEALERS,
            SPF_TIME,
            DNS_SERVERS,
            DNS_TIME,
            DNS_VALIDATES,
            ADDRESS_RATE,
            SENDER_RATE,
            ACCOUNT_RATE,
            GREETING_DELAY,
            DELIVER_TIME,
            DELIVER_RETRY));
    return keys;
  }

  /// What is served beside /health.
  public static Map<String, String> pages(Settings settings) {
    return PolicyPage.read(settings, host(settings));
  }

  private static String host(Settings settings) {
    return settings.find(HOST).orElseGet(SmtpConfig::machineName);
  }

  public static SmtpConfig read(Settings settings) {
    List<ServiceListener> listeners = new ArrayList<>();
    for (ListenerKeys listener : LISTENERS) {
      listener
          .keys()
          .read(settings)
          .ifPresent(found -> listeners.add(new ServiceListener(listener.service(), found)));
    }
    return new SmtpConfig(
        listeners,
        ConnectionConfig.read(settings),
        SESSION.read(settings),
        new SmtpLimits(
            settings.get(MESSAGE),
            settings.get(RECIPIENTS),
            settings.get(COMMAND_LINE),
            SmtpLimits.DEFAULTS.authLine(),
            settings.get(RECEIVED),
            settings.get(BARE_LINE_ENDS),
            settings.get(DATA_TIME),
            settings.get(MESSAGE_TIME)),
        new SendingLimits(settings.get(HOLD), settings.get(DELIVER_BY), settings.get(PRIORITY)),
        host(settings),
        Mechanism.read(settings),
        settings.get(CHECK_SENDER),
        settings.get(XCLIENT_NETWORKS),
        settings.get(CHECK_SENDERS)
            ? Optional.of(
                new SenderPolicy(
                    settings.get(ENFORCE),
                    settings.get(REJECT_SPF),
                    settings.get(SEALERS),
                    settings.get(SPF_TIME)))
            : Optional.empty(),
        new DnsConfig(
            settings.get(DNS_SERVERS), settings.get(DNS_TIME), settings.get(DNS_VALIDATES)),
        new RateLimits.Rates(
            settings.get(ADDRESS_RATE), settings.get(SENDER_RATE), settings.get(ACCOUNT_RATE)),
        settings.get(GREETING_DELAY),
        new StoreTimes(settings.get(DELIVER_TIME), settings.get(DELIVER_RETRY)),
        OutboundConfig.read(settings),
        SigningConfig.read(settings));
  }

  /// The documented defaults, for a gateway in a process with others.
  public static SmtpConfig defaults(
      List<ServiceListener> listeners, ConnectionConfig connections, String host) {
    return new SmtpConfig(
        listeners,
        connections,
        SessionLimits.defaults(Duration.ofMinutes(5)),
        SmtpLimits.DEFAULTS,
        SendingLimits.DEFAULTS,
        host,
        Mechanism.DEFAULTS,
        true,
        Networks.none(),
        Optional.empty(),
        DnsConfig.DEFAULTS,
        RateLimits.Rates.NONE,
        Duration.ZERO,
        StoreTimes.DEFAULTS,
        OutboundConfig.off(),
        SigningConfig.DEFAULTS);
  }

  private static String machineName() {
    try {
      return InetAddress.getLocalHost().getCanonicalHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
