package mailwing.embedded;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/// One Kafka broker for all tests of a JVM, started at first use and removed when the JVM exits.
public final class EmbeddedKafka {
  private final KafkaServer server;
  private final AtomicInteger topics = new AtomicInteger();

  private EmbeddedKafka(KafkaServer server) {
    this.server = server;
  }

  /// The broker that all tests of this JVM share.
  public static EmbeddedKafka shared() {
    return Holder.SHARED;
  }

  /// What a client's `bootstrap.servers` is set to.
  public String bootstrapServers() {
    return server.bootstrapServers();
  }

  /// The name of a topic that nobody else uses.
  public String newTopic() {
    return "test-" + topics.incrementAndGet();
  }

  private static final class Holder {
    static final EmbeddedKafka SHARED = start();

    private static EmbeddedKafka start() {
      try {
        var directory = TestDirectories.create("kafka");
        var server = KafkaServer.start(directory.resolve("kafka"));
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(
                    () -> {
                      server.close();
                      TestDirectories.remove(directory);
                    },
                    "embedded-kafka-end"));
        return new EmbeddedKafka(server);
      } catch (IOException e) {
        throw new EmbeddedServerException("cannot make a directory for tests: " + e, e);
      }
    }
  }
}
