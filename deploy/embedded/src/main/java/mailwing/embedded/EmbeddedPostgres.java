package mailwing.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/// One PostgreSQL for all tests of a JVM, started at first use and removed when the JVM exits.
///
/// Where the system property `mailwing.test.postgres` is set, it is the server that this names
/// (`jdbc:postgresql://host:port/`, superuser `postgres`, password in
/// `mailwing.test.postgres.password`): the same tests then run on another version.
public final class EmbeddedPostgres {
  private final Address address;
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

  /// A server, whoever runs it.
  private record Address(String url, String user, String password) {
    Database database(String name) {
      return new Database(url + name, user, password);
    }
  }

  private EmbeddedPostgres(Address address) {
    this.address = address;
  }

  /// The server that all tests of this JVM share.
  public static EmbeddedPostgres shared() {
    return Holder.SHARED;
  }

  /// Makes an empty database that nobody else uses.
  public Database newDatabase() {
    var name = "test_" + ProcessHandle.current().pid() + "_" + databases.incrementAndGet();
    try (var connection = address.database("postgres").connect();
        var statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new EmbeddedServerException("cannot create database " + name + ": " + e, e);
    }
    return address.database(name);
  }

  private static final class Holder {
    static final EmbeddedPostgres SHARED = new EmbeddedPostgres(find());

    private static Address find() {
      var named = System.getProperty("mailwing.test.postgres", "");
      return named.isEmpty()
          ? start()
          : new Address(
              named, "postgres", System.getProperty("mailwing.test.postgres.password", ""));
    }

    private static Address start() {
      try {
        Path directory = TestDirectories.create("postgres");
        var server = PostgresServer.start(directory.resolve("postgres"));
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(
                    () -> {
                      server.discard();
                      TestDirectories.remove(directory);
                    },
                    "embedded-postgres-end"));
        return new Address(server.jdbcUrl(""), server.user(), server.password());
      } catch (IOException e) {
        throw new EmbeddedServerException("cannot make a directory for tests: " + e, e);
      }
    }
  }
}
