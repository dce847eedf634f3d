package mailwing.store.events;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mailwing.store.StoreConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/// The topic, made if it is missing. Events are hints that are of use for minutes: they are kept
/// for an hour.
final class Topic {
  private Topic() {}

  static void ensure(StoreConfig.Kafka config)
      throws InterruptedException, ExecutionException, TimeoutException {
    Properties properties = new Properties();
    properties.putAll(config.properties());
    properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
    properties.put(AdminClientConfig.CLIENT_ID_CONFIG, "mailwing-store-admin");
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, "5000");
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, "10000");
    try (Admin admin = Admin.create(properties)) {
      if (admin.listTopics().names().get(15, TimeUnit.SECONDS).contains(config.topic())) {
        return;
      }
      NewTopic topic =
          new NewTopic(config.topic(), config.partitions(), (short) config.replication())
              .configs(Map.of("retention.ms", "3600000", "segment.ms", "600000"));
      admin.createTopics(List.of(topic)).all().get(15, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
  }
}
