package mailwing.store.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;
import io.helidon.dbclient.jdbc.JdbcConnectionPool;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import mailwing.store.StoreConfig;
import mailwing.store.StoreException;
import mailwing.store.v1.ErrorCode;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;

/// One pool of connections: under the Helidon DB Client for the directory, bare for the hot paths.
public final class Database implements AutoCloseable {
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
    hikari.setConnectionTimeout(config.connectTimeout().toMillis());
    hikari.addDataSourceProperty("ApplicationName", "mailwing-store");
    hikari.addDataSourceProperty("reWriteBatchedInserts", "true");
    hikari.addDataSourceProperty("tcpKeepAlive", "true");
    hikari.addDataSourceProperty("prepareThreshold", "3");
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
    MigrationInfo[] known = flyway.info().all();
    if (current != null && current.getState().isFailed()) {
      throw new StoreException(
          ErrorCode.UNAVAILABLE,
          "the database's migration " + current.getVersion() + " failed; restore a backup");
    }
    if (known.length > 0 && known[known.length - 1].getState().name().contains("FUTURE")) {
      throw new StoreException(
          ErrorCode.UNAVAILABLE,
          "the database has version "
              + known[known.length - 1].getVersion()
              + ", newer than this program knows; run the newer program");
    }
    flyway.migrate();
  }

  public DataSource dataSource() {
    return pool;
  }

  public DbClient client() {
    return client;
  }

  private Connection borrow() {
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      throw new StoreException(ErrorCode.UNAVAILABLE, "the database does not answer", e);
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
