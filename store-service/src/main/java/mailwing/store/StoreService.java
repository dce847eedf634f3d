package mailwing.store;

import io.grpc.BindableService;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.grpc.GrpcServers;
import mailwing.store.persistence.Database;

/// The message store as one running thing.
public final class StoreService implements AutoCloseable {
  private final Database database;
  private final GrpcServers servers;

  private StoreService(Database database, GrpcServers servers) {
    this.database = database;
    this.servers = servers;
  }

  /// Starts; returns when calls are served.
  public static StoreService start(StoreConfig config) {
    Database database = Database.open(config.database());
    try {
      List<BindableService> services = new ArrayList<>();
      // Delivery, Mailboxes, Messages: new ...(database.dataSource(), directory, signal)
      return new StoreService(database, GrpcServers.start(config.grpc(), services));
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /// The port of the contract; -1 when it is served in process only.
  public int grpcPort() {
    return servers.port();
  }

  @Override
  public void close() {
    servers.close();
    database.close();
  }
}
