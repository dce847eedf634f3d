package mailwing.pop3;

import java.io.IOException;
import java.util.Optional;
import mailwing.gateway.GatewayMain;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.ListenerGroup;
import mailwing.gateway.StoreClient;
import mailwing.service.Metrics;
import mailwing.service.TlsMaterial;

/// The POP3 gateway as one running thing.
public final class Pop3Gateway implements AutoCloseable {
  private final ListenerGroup group;

  private Pop3Gateway(ListenerGroup group) {
    this.group = group;
  }

  /// Runs it as a process; see {@link GatewayMain}.
  public static void main(String[] args) {
    GatewayMain.run(
        "pop3-gateway",
        args,
        Pop3Config.keys(),
        (settings, store, tls, metrics) -> start(Pop3Config.read(settings), store, tls, metrics));
  }

  /// Starts; returns once every listener is bound. The store client belongs to the caller.
  public static Pop3Gateway start(
      Pop3Config config, StoreClient store, Optional<TlsMaterial> tls, Metrics metrics)
      throws IOException {
    ListenerGroup group = new ListenerGroup(config.connections(), tls, metrics);
    Pop3Protocol protocol = new Pop3Protocol(config, store, new Pop3Metrics(metrics));
    for (ListenerConfig listener : config.listeners()) {
      group.listen(listener, protocol);
    }
    return new Pop3Gateway(group);
  }

  /// The port of the listener with this name.
  public int port(String listener) {
    return group.port(listener);
  }

  /// Accepts no more, ends sessions between commands and cuts what is left. Nothing is deleted by
  /// it.
  @Override
  public void close() {
    group.close();
  }
}
