package mailwing.store.events;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mailwing.service.Metrics;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.persistence.OutboxStore;
import mailwing.store.persistence.OutboxStore.Change;
import mailwing.store.persistence.OutboxStore.Leases;
import mailwing.store.persistence.OutboxStore.Round;
import mailwing.store.v1.MailboxChanged;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes what is in the outbox, and deletes it once the brokers have it: at least once, each
/// account in order while the brokers answer. Changes of a round that follow each other in one
/// mailbox are one record.
///
/// A commit of this process wakes it at once, unless it has just published much: then it rests, so
/// that a busy store publishes many changes in one go. What other stores leave in ranges that it
/// holds it finds within [#POLL]. While Kafka is away the outbox waits, and the relay tries again
/// with growing pauses.
public final class OutboxRelay implements AutoCloseable {
  static final Duration POLL = Duration.ofSeconds(1);
  static final Duration LEASE = Duration.ofSeconds(10);
  private static final Duration RENEW = Duration.ofSeconds(3);

  /// A batch that Kafka does not take in these times is given up, while the lease still holds: what
  /// it was of is then published by one store alone.
  private static final Duration LONGEST_SEND = Duration.ofMillis(1500);

  private static final Duration LONGEST_FLUSH = Duration.ofSeconds(5);
  private static final Duration REQUEST = Duration.ofSeconds(3);

  /// The most commits whose changes are published in one go; each has at most 64.
  private static final int COMMITS = 500;

  private static final long REST_MILLIS = 2;
  private static final long LONGEST_REST_MILLIS = 40;
  private static final String LINGER_MILLIS = "1000";
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Logger LOG = LoggerFactory.getLogger(OutboxRelay.class);

  private final StoreConfig.Kafka config;
  private final OutboxStore outbox;
  private final ChangeSignal signal;
  private final Metrics.Counter published;
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean connected;
  private @Nullable KafkaProducer<String, byte[]> producer;
  private Leases leases = Leases.NONE;
  private long claimedAt;

  private OutboxRelay(
      StoreConfig.Kafka config, OutboxStore outbox, ChangeSignal signal, Metrics metrics) {
    this.config = config;
    this.outbox = outbox;
    this.signal = signal;
    this.published =
        metrics.counter("mail_store_events_published_total", "Changes that Kafka has.");
    this.claimedAt = System.nanoTime() - RENEW.toNanos();
    this.thread = Thread.ofVirtual().name("outbox-relay").unstarted(this::run);
  }

  public static OutboxRelay start(
      StoreConfig.Kafka config, OutboxStore outbox, ChangeSignal signal, Metrics metrics) {
    OutboxRelay relay = new OutboxRelay(config, outbox, signal, metrics);
    relay.thread.start();
    return relay;
  }

  /// Did the last attempt reach the brokers?
  public boolean isConnected() {
    return connected;
  }

  private void run() {
    Duration pause = FIRST_PAUSE;
    while (!closed) {
      try {
        KafkaProducer<String, byte[]> connection = connection();
        connected = true;
        pause = FIRST_PAUSE;
        relay(connection);
      } catch (InterruptedException e) {
        // Closed, or about to be.
      } catch (StoreException | KafkaException | ExecutionException | TimeoutException e) {
        if (!closed) {
          if (connected) {
            LOG.warn("event=relay-stopped reason={}", e.toString());
          }
          connected = false;
          disconnect();
          rest(pause);
          pause =
              pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0
                  ? LONGEST_PAUSE
                  : pause.multipliedBy(2);
        }
      }
    }
  }

  /// Publishes until something fails.
  private void relay(KafkaProducer<String, byte[]> connection)
      throws InterruptedException, ExecutionException, TimeoutException {
    while (!closed) {
      if (System.nanoTime() - claimedAt >= RENEW.toNanos()) {
        leases = outbox.claim(LEASE.toMillis());
        claimedAt = System.nanoTime();
      }
      Round round = outbox.unpublished(leases, COMMITS);
      if (!round.changes().isEmpty()) {
        publish(connection, round);
      }
      if (!round.more()) {
        Thread.sleep(Math.min(REST_MILLIS * round.changes().size(), LONGEST_REST_MILLIS));
        signal.await(POLL.toNanos());
      }
    }
  }

  private void publish(KafkaProducer<String, byte[]> connection, Round round)
      throws InterruptedException, ExecutionException, TimeoutException {
    List<Change> changes = round.changes();
    List<Future<?>> sent = new ArrayList<>(changes.size());
    long first = 0;
    for (int i = 0; i < changes.size(); i++) {
      Change change = changes.get(i);
      if (i + 1 < changes.size() && follows(change, changes.get(i + 1))) {
        first = first == 0 ? change.changeSeq() : first;
        continue;
      }
      Future<?> one =
          connection.send(
              new ProducerRecord<>(
                  config.topic(), Long.toString(change.accountId()), value(change, first)));
      if (one.isDone()) {
        // Mostly since it failed, as the next ones would after as long a time.
        one.get();
      }
      sent.add(one);
      first = 0;
    }
    connection.flush();
    for (Future<?> one : sent) {
      one.get(30, TimeUnit.SECONDS);
    }
    outbox.published(leases, round);
    published.add(changes.size());
  }

  /// One record can stand for both: it tells what the mailbox has come to.
  private static boolean follows(Change change, Change next) {
    return change.accountId() == next.accountId()
        && change.mailboxId() == next.mailboxId()
        && change.changeSeq() + 1 == next.changeSeq();
  }

  private static byte[] value(Change change, long firstChangeSeq) {
    return MailboxChanged.newBuilder()
        .setFirstChangeSeq(firstChangeSeq)
        .setAccountId(change.accountId())
        .setMailboxId(change.mailboxId())
        .setChangeSeq(change.changeSeq())
        .setModseq(change.modseq())
        .setUidNext((int) change.uidNext())
        .setDeleted(change.deleted())
        .setAtMillis(change.at())
        .build()
        .toByteArray();
  }

  private KafkaProducer<String, byte[]> connection()
      throws InterruptedException, ExecutionException, TimeoutException {
    KafkaProducer<String, byte[]> existing = producer;
    if (existing != null) {
      return existing;
    }
    Topic.ensure(config);
    Properties properties = new Properties();
    properties.putAll(config.properties());
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
    properties.put(ProducerConfig.CLIENT_ID_CONFIG, "mailwing-store");
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    // Until they are flushed: the changes of a round go in one request.
    properties.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
    // A broker that knows nothing of a producer yet takes any sequence number: with several
    // requests on their way to a new topic, one that is repeated would come after its successor.
    properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1");
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, millis(LONGEST_SEND));
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, millis(REQUEST));
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis(LONGEST_FLUSH));
    properties.put(ProducerConfig.RECONNECT_BACKOFF_MS_CONFIG, "50");
    properties.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, "1000");
    KafkaProducer<String, byte[]> made =
        new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
    producer = made;
    LOG.info("event=relay-started topic={}", config.topic());
    return made;
  }

  private static String millis(Duration time) {
    return Long.toString(time.toMillis());
  }

  private void disconnect() {
    KafkaProducer<String, byte[]> broken = producer;
    producer = null;
    if (broken != null) {
      broken.close(Duration.ZERO);
    }
  }

  private void rest(Duration pause) {
    try {
      Thread.sleep(pause);
    } catch (InterruptedException e) {
      // Closed: the loop looks.
    }
  }

  /// Stops after the batch at hand and lets go of its leases.
  @Override
  public void close() {
    closed = true;
    signal.raise();
    try {
      if (!thread.join(Duration.ofSeconds(2))) {
        thread.interrupt();
        thread.join(Duration.ofSeconds(3));
      }
      disconnect();
      outbox.release();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (StoreException e) {
      LOG.debug("event=leases-not-released reason={}", e.toString());
    }
  }
}
