package mailwing.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerTest {
  @TempDir Path directory;

  @Test
  void everySettingThatMakesACommitDurableIsOn() throws SQLException {
    try (var server = PostgresServer.start(directory.resolve("pg"));
        var connection = connect(server)) {
      assertThat(show(connection, "fsync")).isEqualTo("on");
      assertThat(show(connection, "synchronous_commit")).isEqualTo("on");
      assertThat(show(connection, "full_page_writes")).isEqualTo("on");
      assertThat(show(connection, "data_checksums")).isEqualTo("on");
      assertThat(show(connection, "server_encoding")).isEqualTo("UTF8");
      assertThat(show(connection, "listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(show(connection, "password_encryption")).isEqualTo("scram-sha-256");
      assertThat(show(connection, "jit")).isEqualTo("off");
    }
  }

  @Test
  void ourOwnRandomPasswordCostsOneIterationAndOthersTheUsualNumber() throws SQLException {
    try (var server = PostgresServer.start(directory.resolve("pg"));
        var connection = connect(server);
        var statement = connection.createStatement()) {
      statement.execute("CREATE ROLE somebody LOGIN PASSWORD 'guessable'");
      try (var kept =
          statement.executeQuery(
              "SELECT rolname, split_part(rolpassword, ':', 1) FROM pg_authid"
                  + " WHERE rolpassword IS NOT NULL ORDER BY rolname")) {
        kept.next();
        assertThat(kept.getString(1)).isEqualTo("postgres");
        assertThat(kept.getString(2)).isEqualTo("SCRAM-SHA-256$1");
        kept.next();
        assertThat(kept.getString(1)).isEqualTo("somebody");
        assertThat(kept.getString(2)).isEqualTo("SCRAM-SHA-256$4096");
      }
    }
  }

  @Test
  void aWrongPasswordIsRefused() {
    try (var server = PostgresServer.start(directory.resolve("pg"))) {
      assertThatThrownBy(
              () -> DriverManager.getConnection(server.jdbcUrl("postgres"), "postgres", "wrong"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("password authentication failed");
    }
  }

  @Test
  void thePasswordIsReadableByItsOwnerAlone() throws IOException {
    try (var server = PostgresServer.start(directory.resolve("pg"))) {
      var file = directory.resolve("pg/superuser-password");
      assertThat(Files.readString(file).trim()).isEqualTo(server.password()).hasSizeGreaterThan(32);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void aKilledServerIsStartedAgainAndKeepsWhatWasCommitted() throws Exception {
    try (var server = PostgresServer.start(directory.resolve("pg"))) {
      try (var connection = connect(server);
          var statement = connection.createStatement()) {
        statement.execute("CREATE TABLE kept (n int)");
        statement.execute("INSERT INTO kept VALUES (42)");
      }
      var killed = server.pid();
      Launch.signal(killed, "KILL");
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .until(() -> count(server) == 1);
      assertThat(server.pid()).isNotEqualTo(killed);
    }
  }

  @Test
  void anOrphanOfAnEarlierRunIsEndedFirst() throws Exception {
    var pg = directory.resolve("pg");
    long orphan;
    try (var server = PostgresServer.start(pg)) {
      try (var connection = connect(server);
          var statement = connection.createStatement()) {
        statement.execute("CREATE TABLE kept (n int)");
        statement.execute("INSERT INTO kept VALUES (42)");
      }
      orphan = server.pid();
      server.abandon();
    }
    assertThat(ProcessHandle.of(orphan)).isPresent();
    try (var server = PostgresServer.start(pg)) {
      assertThat(ProcessHandle.of(orphan).filter(ProcessHandle::isAlive)).isEmpty();
      assertThat(count(server)).isEqualTo(1);
    }
  }

  @Test
  void aSecondServerInTheSameDirectoryIsRefused() {
    try (var server = PostgresServer.start(directory.resolve("pg"))) {
      assertThat(server.port()).isPositive();
      assertThatThrownBy(() -> PostgresServer.start(directory.resolve("pg")))
          .isInstanceOf(EmbeddedServerException.class)
          .hasMessageContaining("in use by another Mailwing");
    }
  }

  @Test
  void aDirectoryOfANewerVersionIsRefusedWithAdvice() throws IOException {
    var pg = directory.resolve("pg");
    PostgresServer.start(pg).close();
    Files.writeString(pg.resolve("cluster/PG_VERSION"), "99\n");
    assertThatThrownBy(() -> PostgresServer.start(pg))
        .isInstanceOf(EmbeddedServerException.class)
        .hasMessageContaining("written by PostgreSQL 99")
        .hasMessageContaining("start it with the Mailwing that wrote it");
  }

  @Test
  void aCloseLeavesNoProcessAndNoPidFile() {
    var server = PostgresServer.start(directory.resolve("pg"));
    var pid = server.pid();
    server.close();
    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    assertThat(directory.resolve("pg/cluster/postmaster.pid")).doesNotExist();
  }

  @Test
  void theSharedServerGivesEachCallerADatabaseOfItsOwn() throws SQLException {
    var first = EmbeddedPostgres.shared().newDatabase();
    var second = EmbeddedPostgres.shared().newDatabase();
    assertThat(first.jdbcUrl()).isNotEqualTo(second.jdbcUrl());
    try (var connection = first.connect();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (n int)");
    }
    try (var connection = second.connect();
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t (n int)");
    }
  }

  private static Connection connect(PostgresServer server) throws SQLException {
    return DriverManager.getConnection(
        server.jdbcUrl("postgres"), server.user(), server.password());
  }

  private static int count(PostgresServer server) throws SQLException {
    try (var connection = connect(server);
        var rows =
            connection.createStatement().executeQuery("SELECT count(*) FROM kept WHERE n = 42")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private static String show(Connection connection, String setting) throws SQLException {
    try (var rows = connection.createStatement().executeQuery("SHOW " + setting)) {
      rows.next();
      return rows.getString(1);
    }
  }

  @Test
  void sharedBuffersAreAnEighthOfTheMachinesMemoryWithinBounds() {
    assertThat(
            List.of(0L, 1024L, 2048L, 4096L, 65_536L).stream().map(PostgresServer::sharedMegabytes))
        .containsExactly(128L, 128L, 256L, 512L, 512L);
  }
}
