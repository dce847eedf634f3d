package mailwing.imap.events;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import mailwing.gateway.StoreException;
import mailwing.imap.ImapConfig.EventsConfig;
import mailwing.imap.session.AccountWatches;
import mailwing.imap.session.OpenMailboxes;
import mailwing.imap.session.Revalidation;
import mailwing.imap.session.Services;
import mailwing.store.v1.MailboxChanged;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the store's events in Kafka, all partitions from their end on, without a group: each
/// gateway sees all.
///
/// An event is a hint, and its loss must not matter: whenever events may have been missed (a start,
/// a reconnect, a partition more), all open mailboxes are asked for; while Kafka does not answer,
/// they are asked for every few seconds.
public final class ChangeEvents implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChangeEvents.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration CALL = Duration.ofSeconds(3);
  private static final Duration RETRY = Duration.ofSeconds(1);

  /// How long no fetch may have succeeded before the consumer counts as unhealthy.
  private static final long PROBE_NANOS = Duration.ofSeconds(2).toNanos();

  private final EventsConfig config;
  private final OpenMailboxes mailboxes;
  private final AccountWatches watches;
  private final Revalidation revalidation;
  private final CountDownLatch first = new CountDownLatch(1);
  private final Thread poller;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> following;
  private volatile boolean healthy;
  private volatile boolean closed;

  public ChangeEvents(EventsConfig config, Services services, Revalidation revalidation) {
    this.config = config;
    this.mailboxes = services.mailboxes();
    this.watches = services.watches();
    this.revalidation = revalidation;
    poller = Thread.ofVirtual().name("poll-changes").start(this::pollStore);
    if (config.bootstrapServers().isPresent()) {
      Thread.ofPlatform().daemon().name("follow-changes").start(this::follow);
    }
  }

  /// Events arrive; false: the store is polled.
  public boolean healthy() {
    return healthy;
  }

  /// Waits a little for the consumer's first position, so that a gateway that has just started
  /// pushes at once.
  public void awaitStart(Duration time) {
    if (config.bootstrapServers().isPresent()) {
      try {
        if (!first.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
          LOG.warn("event=events-late detail=\"the store is polled until Kafka answers\"");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void follow() {
    while (!closed) {
      KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties());
      following = consumer;
      try {
        followWith(consumer);
      } catch (KafkaException e) {
        if (!closed) {
          if (healthy) {
            LOG.warn("event=events-lost reason={}", e.getMessage());
          }
          healthy = false;
          sleep(RETRY);
        }
      } finally {
        following = null;
        consumer.close(CloseOptions.timeout(Duration.ZERO));
      }
    }
  }

  private void followWith(KafkaConsumer<byte[], byte[]> consumer) {
    List<TopicPartition> assigned = List.of();
    long probedAt = System.nanoTime();
    while (!closed) {
      long now = System.nanoTime();
      // Asks the brokers: throws while they are away, and finds partitions that were added.
      if (assigned.isEmpty() || now - probedAt > PROBE_NANOS || !healthy) {
        List<TopicPartition> present = partitions(consumer);
        if (!present.equals(assigned)) {
          assigned = present;
          consumer.assign(assigned);
          consumer.seekToEnd(assigned);
          assigned.forEach(partition -> consumer.position(partition, CALL));
          resumed();
        } else {
          consumer.endOffsets(assigned, CALL);
          if (!healthy) {
            resumed();
          }
        }
        probedAt = System.nanoTime();
      }
      ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
      for (ConsumerRecord<byte[], byte[]> record : records) {
        take(record.value());
      }
    }
  }

  private List<TopicPartition> partitions(KafkaConsumer<byte[], byte[]> consumer) {
    List<PartitionInfo> infos = consumer.partitionsFor(config.topic(), CALL);
    if (infos == null || infos.isEmpty()) {
      throw new KafkaException("topic " + config.topic() + " does not exist yet");
    }
    return infos.stream()
        .map(info -> new TopicPartition(info.topic(), info.partition()))
        .sorted(java.util.Comparator.comparingInt(TopicPartition::partition))
        .toList();
  }

  /// Positions stand: what happened before is asked for, what happens from now on comes as events.
  private void resumed() {
    healthy = true;
    first.countDown();
    LOG.info("event=events-followed topic={}", config.topic());
    Thread.ofVirtual().name("revalidate").start(this::revalidate);
  }

  private void take(byte[] value) {
    try {
      MailboxChanged changed = MailboxChanged.parseFrom(value);
      mailboxes.changed(
          changed.getAccountId(),
          changed.getMailboxId(),
          changed.getModseq(),
          changed.getDeleted());
      watches.changed(
          changed.getAccountId(),
          changed.getMailboxId(),
          changed.getModseq(),
          changed.getDeleted());
    } catch (InvalidProtocolBufferException e) {
      LOG.warn("event=event-unreadable octets={}", value.length);
    }
  }

  private void pollStore() {
    while (!closed) {
      if (!sleep(config.pollInterval())) {
        return;
      }
      if (!healthy) {
        revalidate();
      }
    }
  }

  private boolean revalidate() {
    try {
      revalidation.run();
      return true;
    } catch (StoreException e) {
      LOG.debug("event=revalidation-failed error={}", e.code());
      return false;
    }
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.put(
        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers().orElseThrow());
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "imap-gateway-" + UUID.randomUUID());
    properties.put(
        ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
    properties.put(
        ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    properties.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, "1");
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "500");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    properties.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, "1000");
    properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, "60000");
    for (String property : config.properties()) {
      int equals = property.indexOf('=');
      properties.put(property.substring(0, equals), property.substring(equals + 1));
    }
    return properties;
  }

  private static boolean sleep(Duration time) {
    try {
      Thread.sleep(time);
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  @Override
  public void close() {
    closed = true;
    poller.interrupt();
    KafkaConsumer<byte[], byte[]> consumer = following;
    if (consumer != null) {
      // Throws in the follower, within whatever call it waits.
      consumer.wakeup();
    }
  }
}
