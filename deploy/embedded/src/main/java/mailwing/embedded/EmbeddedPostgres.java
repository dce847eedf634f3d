package mailwing.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/// One PostgreSQL for all tests of a JVM, started at first use and removed when the JVM exits.
public final class EmbeddedPostgres {
  private final PostgresServer server;
  private final AtomicInteger databases = new AtomicInteger();

  /// A fresh database.
  ///
  /// @param jdbcUrl its address, without credentials
  /// @param user the superuser
  /// @param password the superuser's password
  public record Database(String jdbcUrl, String user, String password) {
    /// Opens a connection of the caller's own.
    public Connection connect() throws SQLException {
      return DriverManager.getConnection(jdbcUrl, user, password);
    }
  }

  private EmbeddedPostgres(PostgresServer server) {
    this.server = server;
  }

  /// The server that all tests of this JVM share.
  public static EmbeddedPostgres shared() {
    return Holder.SHARED;
  }

  /// Makes an empty database that nobody else uses.
  public Database newDatabase() {
    var name = "test_" + databases.incrementAndGet();
    server.createDatabase(name);
    return new Database(server.jdbcUrl(name), server.user(), server.password());
  }

  private static final class Holder {
    static final EmbeddedPostgres SHARED = start();

    private static EmbeddedPostgres start() {
      try {
        Path directory = TestDirectories.create("postgres");
        var server = PostgresServer.start(directory.resolve("postgres"));
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(
                    () -> {
                      server.close();
                      TestDirectories.remove(directory);
                    },
                    "embedded-postgres-end"));
        return new EmbeddedPostgres(server);
      } catch (IOException e) {
        throw new EmbeddedServerException("cannot make a directory for tests: " + e, e);
      }
    }
  }
}
