package mailwing.embedded;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/// One Kafka broker for all tests of a JVM, started at first use and removed when the JVM exits.
///
/// Where the system property `mailwing.test.kafka` is set, it is the broker at that address.
public final class EmbeddedKafka {
  private final String bootstrapServers;
  private final AtomicInteger topics = new AtomicInteger();

  private EmbeddedKafka(String bootstrapServers) {
    this.bootstrapServers = bootstrapServers;
  }

  /// The broker that all tests of this JVM share.
  public static EmbeddedKafka shared() {
    return Holder.SHARED;
  }

  /// What a client's `bootstrap.servers` is set to.
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /// The name of a topic that nobody else uses.
  public String newTopic() {
    return "test-" + ProcessHandle.current().pid() + "-" + topics.incrementAndGet();
  }

  private static final class Holder {
    static final EmbeddedKafka SHARED = new EmbeddedKafka(find());

    private static String find() {
      var named = System.getProperty("mailwing.test.kafka", "");
      return named.isEmpty() ? start() : named;
    }

    private static String start() {
      try {
        var directory = TestDirectories.create("kafka");
        var server = KafkaServer.start(directory.resolve("kafka"));
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(
                    () -> {
                      server.discard();
                      TestDirectories.remove(directory);
                    },
                    "embedded-kafka-end"));
        return server.bootstrapServers();
      } catch (IOException e) {
        throw new EmbeddedServerException("cannot make a directory for tests: " + e, e);
      }
    }
  }
}
