package mailwing.store.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mailwing.embedded.EmbeddedKafka;
import mailwing.embedded.EmbeddedPostgres;
import mailwing.embedded.KafkaConfig;
import mailwing.embedded.KafkaServer;
import mailwing.service.Metrics;
import mailwing.store.StoreConfig;
import mailwing.store.persistence.Database;
import mailwing.store.persistence.OutboxStore;
import mailwing.store.v1.MailboxChanged;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The relay on a real broker that is stopped and started.
final class OutboxRelayTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private EmbeddedPostgres.Database fresh;
  private Database database;
  private String bootstrap = "";
  private final String topic = EmbeddedKafka.shared().newTopic();
  private final List<AutoCloseable> started = new ArrayList<>();

  @BeforeEach
  void open() {
    fresh = EmbeddedPostgres.shared().newDatabase();
    database =
        Database.open(StoreConfig.Database.of(fresh.jdbcUrl(), fresh.user(), fresh.password()));
    bootstrap = EmbeddedKafka.shared().bootstrapServers();
  }

  @AfterEach
  void close() throws Exception {
    // Relays before the brokers that were started for them.
    started.sort(java.util.Comparator.comparing(part -> part instanceof KafkaServer));
    for (AutoCloseable part : started) {
      part.close();
    }
    database.close();
  }

  private ChangeSignal relay() {
    ChangeSignal signal = new ChangeSignal();
    started.add(
        OutboxRelay.start(
            new StoreConfig.Kafka(bootstrap, topic, 12, 1, Map.of()),
            new OutboxStore(database.dataSource()),
            signal,
            new Metrics()));
    return signal;
  }

  /// `perAccount` changes more for each account from 1 to `accounts`.
  private void change(int accounts, int from, int perAccount) throws Exception {
    try (Connection connection = fresh.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO outbox (account_id, change_seq, mailbox_id, modseq, uid_next, deleted, at)"
              + " SELECT a, s, 1, s + 100, s + 1, false, 5"
              + numbers(accounts, from, perAccount));
    }
  }

  /// Accounts a, and s for each of their changes.
  private static String numbers(int accounts, int from, int perAccount) {
    return " FROM generate_series(1, "
        + accounts
        + ") a, generate_series("
        + from
        + ", "
        + (from + perAccount - 1)
        + ") s";
  }

  /// As [#change], with a row for what is the same `change_seq` in all accounts.
  private void changeTogether(int accounts, int from, int perAccount) throws Exception {
    try (Connection connection = fresh.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO outbox_batch (at, waiting, changes)"
              + " SELECT 5, bit_or(1::bigint << a % 64), array_agg(ARRAY[a, s, 1, s + 100, s + 1]::bigint[])"
              + numbers(accounts, from, perAccount)
              + " GROUP BY s ORDER BY s");
    }
  }

  private long waiting() {
    return new OutboxStore(database.dataSource()).depth();
  }

  private void awaitEmpty() {
    Awaitility.await().atMost(PATIENCE).until(() -> waiting() == 0);
  }

  private List<ConsumerRecord<String, byte[]>> published() {
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap),
            new StringDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      assertThat(partitions).hasSize(12);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
      Awaitility.await()
          .atMost(PATIENCE)
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
                return partitions.stream()
                    .allMatch(p -> consumer.position(p) >= ends.getOrDefault(p, 0L));
              });
      return records;
    }
  }

  /// Every change from 1 to `last` of each account, each account's in order of its first
  /// appearance.
  private void assertWholeInOrder(int accounts, int last) throws Exception {
    assertWhole(accounts, last, true);
  }

  /// @param ordered false where the brokers were away: what expired unsent comes after what did not
  private void assertWhole(int accounts, int last, boolean ordered) throws Exception {
    Map<Long, Set<Long>> seen = new HashMap<>();
    for (ConsumerRecord<String, byte[]> record : published()) {
      MailboxChanged change = MailboxChanged.parseFrom(record.value());
      assertThat(record.key()).isEqualTo(Long.toString(change.getAccountId()));
      assertThat(change.getModseq()).isEqualTo(change.getChangeSeq() + 100);
      Set<Long> of = seen.computeIfAbsent(change.getAccountId(), k -> new HashSet<>());
      long first = change.getFirstChangeSeq();
      for (long seq = first == 0 ? change.getChangeSeq() : first;
          seq <= change.getChangeSeq();
          seq++) {
        if (of.add(seq) && ordered) {
          assertThat(of.size()).as("order in the account").isEqualTo((int) seq);
        }
      }
    }
    assertThat(seen).hasSize(accounts);
    assertThat(seen.values()).allMatch(s -> s.size() == last);
  }

  @Test
  void whatIsCommittedIsPublishedInOrderAndDeleted() throws Exception {
    change(20, 1, 30);
    ChangeSignal signal = relay();
    awaitEmpty();
    change(20, 31, 5);
    signal.raise();
    awaitEmpty();
    assertWholeInOrder(20, 35);
    assertThat(published()).as("what followed each other is one record").hasSizeLessThan(20 * 35);
  }

  @Test
  void whatWasCommittedTogetherIsToldAmongTheRest() throws Exception {
    change(20, 1, 3);
    changeTogether(20, 4, 3);
    change(20, 7, 2);
    changeTogether(20, 9, 1);
    assertThat(waiting()).isEqualTo(180);
    relay();
    awaitEmpty();
    assertWholeInOrder(20, 9);
    for (ConsumerRecord<String, byte[]> record : published()) {
      MailboxChanged change = MailboxChanged.parseFrom(record.value());
      assertThat(change.getMailboxId()).isEqualTo(1);
      assertThat(change.getUidNext()).isEqualTo((int) change.getChangeSeq() + 1);
      assertThat(change.getAtMillis()).isEqualTo(5);
    }
  }

  @Test
  void batchesOfRangesThatAnOlderProgramHoldsAreToldByANewerOne() throws Exception {
    try (Connection connection = fresh.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO relay (owner, seen) VALUES (gen_random_uuid(), now() + interval '1 hour')");
      statement.execute(
          "UPDATE relay_lease SET owner = (SELECT owner FROM relay), until = now() + interval '1 hour'");
    }
    changeTogether(20, 1, 3);
    change(20, 4, 1);
    relay();
    Awaitility.await().atMost(PATIENCE).until(() -> waiting() == 20);
    assertWholeInOrder(20, 3);
  }

  @Test
  void changesOfOtherMailboxesInBetweenAreToldInTheirPlace() throws Exception {
    try (Connection connection = fresh.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO outbox (account_id, change_seq, mailbox_id, modseq, uid_next, deleted, at)"
              + " SELECT 1, s, m, s + 100, s + 1, false, 5"
              + " FROM unnest('{1,1,2,1,1,1}'::bigint[]) WITH ORDINALITY x (m, s)");
    }
    relay();
    awaitEmpty();
    List<List<Long>> told = new ArrayList<>();
    for (ConsumerRecord<String, byte[]> record : published()) {
      MailboxChanged change = MailboxChanged.parseFrom(record.value());
      told.add(
          List.of(
              change.getMailboxId(),
              change.getFirstChangeSeq(),
              change.getChangeSeq(),
              change.getModseq()));
    }
    assertThat(told)
        .containsExactly(
            List.of(1L, 1L, 2L, 102L), List.of(2L, 0L, 3L, 103L), List.of(1L, 4L, 6L, 106L));
  }

  @Test
  void relayResumesAfterTheBrokerWasAway() throws Exception {
    KafkaConfig config = KafkaConfig.in(directory.resolve("kafka"));
    KafkaServer first = KafkaServer.start(config);
    started.add(first);
    bootstrap = first.bootstrapServers();
    relay();
    change(10, 1, 5);
    awaitEmpty();
    int port = first.port();
    first.close();
    change(10, 6, 20);
    assertThat(waiting()).isEqualTo(200);
    started.add(KafkaServer.start(new KafkaConfig(config.directory(), port, null, Map.of())));
    awaitEmpty();
    assertWhole(10, 25, false);
  }

  @Test
  void storesThatShareADatabaseShareTheWork() throws Exception {
    change(200, 1, 3);
    relay();
    relay();
    awaitEmpty();
    Awaitility.await().atMost(PATIENCE).until(() -> owners().equals(List.of(32L, 32L)));
    changeTogether(200, 4, 3);
    awaitEmpty();
    assertWholeInOrder(200, 6);
    started.removeFirst().close();
    Awaitility.await().atMost(PATIENCE).until(() -> owners().equals(List.of(64L)));
    change(200, 7, 1);
    awaitEmpty();
    assertWholeInOrder(200, 7);
  }

  private List<Long> owners() throws Exception {
    try (Connection connection = fresh.connect();
        Statement statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT count(*) FROM relay_lease WHERE owner IS NOT NULL GROUP BY owner")) {
      List<Long> counts = new ArrayList<>();
      while (rows.next()) {
        counts.add(rows.getLong(1));
      }
      return counts;
    }
  }
}
