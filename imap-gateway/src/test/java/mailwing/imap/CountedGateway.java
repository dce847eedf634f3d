package mailwing.imap;

import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.StoreClient;
import mailwing.imap.ImapConfig.EventsConfig;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.testkit.StoreCalls;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import mailwing.testkit.imap.ImapClient;

/// A gateway in front of a real store, of which some calls are counted.
final class CountedGateway implements AutoCloseable {
  final StoreCalls calls;
  final TestStore store;
  private final StoreClient client;
  private final ImapGateway gateway;

  CountedGateway(MethodDescriptor<?, ?>... counted) throws IOException {
    calls = new StoreCalls(counted);
    store = TestStore.start();
    client = calls.client(store, TestStore.Role.IMAP);
    gateway =
        ImapGateway.start(
            ImapConfig.defaults(
                List.of(new ListenerConfig("imap", "127.0.0.1", 0, Encryption.STARTTLS, false)),
                ConnectionConfig.defaults(Networks.parse(List.of("127.0.0.0/8"))),
                EventsConfig.polling(Duration.ofSeconds(3))),
            Optional.of(TestTls.shared().material()),
            client,
            new Metrics());
  }

  /// A session with INBOX selected.
  ImapClient login(String user) throws IOException {
    ImapClient session = ImapClient.connect(gateway.port("imap"));
    session.login(user);
    session.done("SELECT INBOX");
    return session;
  }

  @Override
  public void close() {
    gateway.close();
    client.close();
    store.close();
  }
}
