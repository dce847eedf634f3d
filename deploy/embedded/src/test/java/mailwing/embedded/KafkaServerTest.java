package mailwing.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KafkaServerTest {
  private static final TopicPartition TOPIC = new TopicPartition("t", 0);

  @TempDir Path directory;

  /// One test, since each start takes seconds: kill, orphan, clean stop, each followed by what was
  /// kept.
  @Test
  void whatWasAcknowledgedIsThereAfterAKillAnOrphanAndACleanStop() throws Exception {
    var home = directory.resolve("kafka");
    long orphan;
    try (var server = KafkaServer.start(home)) {
      send(server, "first");
      var killed = server.pid();
      Launch.signal(killed, "KILL");
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> server.pid() > 0 && server.pid() != killed);
      assertThat(values(server, 1)).containsExactly("first");
      send(server, "second");
      orphan = server.pid();
      server.abandon();
    }
    try (var server = KafkaServer.start(home)) {
      assertThat(ProcessHandle.of(orphan).filter(ProcessHandle::isAlive)).isEmpty();
      assertThat(values(server, 2)).containsExactly("first", "second");
      orphan = server.pid();
    }
    assertThat(ProcessHandle.of(orphan).filter(ProcessHandle::isAlive)).isEmpty();
  }

  private static void send(KafkaServer server, String value) throws Exception {
    try (var producer =
        new KafkaProducer<>(
            Map.<String, Object>of("bootstrap.servers", server.bootstrapServers()),
            new StringSerializer(),
            new StringSerializer())) {
      producer.send(new ProducerRecord<>("t", 0, "k", value)).get(30, TimeUnit.SECONDS);
    }
  }

  private static List<String> values(KafkaServer server, int count) {
    try (var consumer =
        new KafkaConsumer<>(
            Map.<String, Object>of("bootstrap.servers", server.bootstrapServers()),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.assign(List.of(TOPIC));
      consumer.seekToBeginning(List.of(TOPIC));
      var values = new java.util.ArrayList<String>();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> values.add(record.value()));
                return values.size() >= count;
              });
      return values;
    }
  }
}
