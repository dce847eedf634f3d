package mailwing.store.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbTransaction;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;
import io.helidon.dbclient.jdbc.JdbcConnectionPool;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import javax.sql.DataSource;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.jspecify.annotations.Nullable;

/// One pool of connections: under the Helidon DB Client for the directory, bare for the hot paths.
public final class Database implements AutoCloseable {
  /// What the running transaction took from the pool.
  private static final ScopedValue<AtomicReference<@Nullable Connection>> TAKEN =
      ScopedValue.newInstance();

  private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(10);

  private final HikariDataSource pool;
  private final DbClient client;

  private Database(HikariDataSource pool) {
    this.pool = pool;
    this.client =
        JdbcClientBuilder.create().connectionPool((JdbcConnectionPool) this::borrow).build();
  }

  /// Opens the pool and brings the schema up to this program's version.
  public static Database open(StoreConfig.Database config) {
    HikariConfig hikari = new HikariConfig();
    hikari.setPoolName("store");
    hikari.setJdbcUrl(config.url());
    hikari.setUsername(config.user());
    hikari.setPassword(config.password().reveal());
    hikari.setMaximumPoolSize(config.poolSize());
    hikari.setMinimumIdle(Math.min(4, config.poolSize()));
    // A process of PostgreSQL is three megabytes; a rush is over when nobody has needed it for so
    // long.
    hikari.setIdleTimeout(IDLE_TIMEOUT.toMillis());
    hikari.setConnectionTimeout(config.connectTimeout().toMillis());
    // mail_store_range knows by it who reads what it writes; programs before V47 do not.
    hikari.addDataSourceProperty("ApplicationName", "mailwing-store-47");
    hikari.addDataSourceProperty("reWriteBatchedInserts", "true");
    hikari.addDataSourceProperty("tcpKeepAlive", "true");
    hikari.addDataSourceProperty("prepareThreshold", "3");
    // A row that stays locked is answered UNAVAILABLE, not waited for until the caller has gone.
    hikari.addDataSourceProperty(
        "options", "-c lock_timeout=10s -c idle_in_transaction_session_timeout=5min");
    hikari.addDataSourceProperty("logServerErrorDetail", "false"); // it quotes values
    HikariDataSource pool = new HikariDataSource(hikari);
    try {
      migrate(pool);
      return new Database(pool);
    } catch (RuntimeException e) {
      pool.close();
      throw e;
    }
  }

  private static void migrate(DataSource source) {
    Flyway flyway =
        Flyway.configure(Database.class.getClassLoader())
            .dataSource(source)
            .locations("classpath:db/migration")
            .ignoreMigrationPatterns("*:future")
            .load();
    MigrationInfo current = flyway.info().current();
    if (current != null && current.getState().isFailed()) {
      throw new StoreException(
          ErrorCode.UNAVAILABLE,
          "the database's migration " + current.getVersion() + " failed; restore a backup");
    }
    // Those that are repeated come after all versions.
    for (MigrationInfo each : flyway.info().all()) {
      if (each.getState().name().contains("FUTURE")) {
        throw new StoreException(
            ErrorCode.UNAVAILABLE,
            "the database has version "
                + each.getVersion()
                + ", newer than this program knows; run the newer program");
      }
    }
    flyway.migrate();
  }

  /// Does it answer within a second or two? It is as new as the program: opening has seen to that.
  public boolean answers() {
    try (Connection connection = pool.getConnection()) {
      return connection.isValid(2);
    } catch (SQLException e) {
      return false;
    }
  }

  public DataSource dataSource() {
    return pool;
  }

  public DbClient client() {
    return client;
  }

  /// Commits what `work` did through the DB Client and on the connection it asks for, which are the
  /// same transaction.
  ///
  /// The DB Client's own `unwrap` inside a transaction yields another connection of the pool
  /// (Helidon 4.1.7). The right one is there once a statement has run.
  <T> T inTransaction(BiFunction<DbTransaction, Supplier<Connection>, T> work) {
    AtomicReference<@Nullable Connection> taken = new AtomicReference<>();
    Supplier<Connection> connection = () -> Objects.requireNonNull(taken.get());
    return ScopedValue.where(TAKEN, taken)
        .call(() -> Columns.inTransaction(client, tx -> work.apply(tx, connection)));
  }

  private Connection borrow() {
    try {
      Connection connection = pool.getConnection();
      if (TAKEN.isBound()) {
        TAKEN.get().compareAndSet(null, connection);
      }
      return connection;
    } catch (SQLException e) {
      throw new StoreException(ErrorCode.UNAVAILABLE, "the database does not answer", e);
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
