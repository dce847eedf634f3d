package mailwing.embedded;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A real PostgreSQL in a child process, kept running until closed.
///
/// The cluster has SCRAM passwords, page checksums, UTF-8 in code point order, and every setting
/// that makes a commit durable. It listens on 127.0.0.1 alone. Started as root, the server runs as
/// a user without privileges, who owns the cluster's directory; an orphan of an earlier run is
/// ended first.
///
/// The directory holds `cluster/` (PGDATA), `superuser-password` (mode 0600) and `server.log`.
public final class PostgresServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);

  /// The role that initdb makes.
  private static final String SUPERUSER = "postgres";

  private static final Duration START = Duration.ofMinutes(1);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long LOG_LIMIT = 8L << 20;
  private static final long LEAST_SHARED = 128;
  private static final long MOST_SHARED = 512;
  private static final int PASSWORD_OCTETS = 24;
  private static final int STATUS_LINE = 7;

  /// What a process of the server keeps of memory that it has freed, at most: glibc's own limit
  /// depends on what happened to be allocated before. Octets.
  private static final String KEPT_BLOCK = Integer.toString(2 << 20);

  private final PostgresConfig config;
  private final DirectoryLock lock;
  private final PostgresBinaries binaries;
  private final @Nullable Account account;
  private final Path cluster;
  private final String password;
  private final int port;
  private final Supervisor supervisor;
  private volatile boolean abandoned;

  private PostgresServer(PostgresConfig config, DirectoryLock lock)
      throws IOException, InterruptedException {
    this.config = config;
    this.lock = lock;
    this.binaries = PostgresBinaries.unpacked();
    this.cluster = config.directory().resolve("cluster");
    this.account = Account.isRoot() ? Account.unprivileged(cluster) : null;
    this.password = password(config.directory());
    endOrphan();
    if (Files.exists(cluster.resolve("PG_VERSION"))) {
      requireOurVersion();
      takeOwnership(cluster);
    } else {
      initialize();
    }
    Files.writeString(cluster.resolve("mailwing.conf"), settings());
    this.port = config.port() == 0 ? Ports.free() : config.port();
    this.supervisor = Supervisor.start("postgres", this::launch);
  }

  /// Starts a server on a free port with the default settings.
  public static PostgresServer start(Path directory) {
    return start(PostgresConfig.in(directory));
  }

  /// Starts a server, or throws with one line that says what to do.
  public static PostgresServer start(PostgresConfig config) {
    try {
      Directories.createPrivate(config.directory());
      var lock = DirectoryLock.take(config.directory());
      try {
        return new PostgresServer(config, lock);
      } catch (IOException | InterruptedException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new EmbeddedServerException(
          "cannot start PostgreSQL in " + config.directory() + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EmbeddedServerException("interrupted while starting PostgreSQL", e);
    }
  }

  /// The TCP port on 127.0.0.1; it stays the same over restarts.
  public int port() {
    return port;
  }

  /// The superuser's name.
  public String user() {
    return SUPERUSER;
  }

  /// The superuser's password, random, kept in `superuser-password`.
  public String password() {
    return password;
  }

  /// The postmaster's process number.
  public long pid() {
    return postmaster().map(ProcessHandle::pid).orElseGet(supervisor::pid);
  }

  /// A database's address for JDBC, without credentials.
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
  }

  /// Creates a database if there is none of that name.
  public void createDatabase(String database) {
    try (var connection = DriverManager.getConnection(jdbcUrl(SUPERUSER), SUPERUSER, password);
        var exists = connection.prepareStatement("SELECT 1 FROM pg_database WHERE datname = ?")) {
      exists.setString(1, database);
      try (var found = exists.executeQuery()) {
        if (found.next()) {
          return;
        }
      }
      try (var statement = connection.createStatement()) {
        statement.execute("CREATE DATABASE \"" + database.replace("\"", "\"\"") + '"');
      }
    } catch (SQLException e) {
      throw new EmbeddedServerException("cannot create database " + database + ": " + e, e);
    }
  }

  /// Ends the server by a fast shutdown: sessions are cut, what was committed is on disk.
  @Override
  public void close() {
    end("INT", "QUIT", "KILL");
  }

  /// Ends the server at once, without the checkpoint of a fast shutdown: for data that are thrown
  /// away.
  void discard() {
    end("QUIT", "KILL");
  }

  private void end(String... signals) {
    if (abandoned) {
      return;
    }
    supervisor.stop(PATIENCE, signals);
    // Where su stands between us and the postmaster, that one is told itself.
    postmaster().ifPresent(p -> Supervisor.end(p, PATIENCE, signals));
    try {
      lock.close();
    } catch (IOException e) {
      LOG.warn("event=unlock-failed reason={}", e.getMessage());
    }
  }

  /// For tests: lets go of the directory as a killed JVM would, with the server still running.
  void abandon() throws IOException {
    supervisor.abandon();
    lock.close();
    abandoned = true;
  }

  private String settings() {
    var settings = new LinkedHashMap<String, String>();
    settings.put("listen_addresses", "127.0.0.1");
    settings.put("unix_socket_directories", "");
    // An acknowledged message is on disk.
    settings.put("fsync", "on");
    settings.put("synchronous_commit", "on");
    settings.put("full_page_writes", "on");
    settings.put("max_connections", "100");
    long shared = sharedMegabytes(machineMegabytes());
    settings.put("shared_buffers", shared + "MB");
    settings.put("effective_cache_size", 2 * shared + "MB");
    settings.put("random_page_cost", "1.1");
    settings.put("wal_buffers", "8MB");
    // After each checkpoint the log has whole pages again: not more often than every few minutes.
    settings.put("max_wal_size", "4GB");
    settings.put("jit", "off");
    settings.put("io_method", "sync");
    settings.put("log_min_messages", "warning");
    // No statement and no detail: both may hold what people wrote.
    settings.put("log_min_error_statement", "panic");
    settings.put("log_error_verbosity", "terse");
    settings.putAll(config.settings());
    var text =
        new StringBuilder(
            "# Written anew at each start; what postgresql.conf says after it wins.\n");
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      text.append(setting.getKey())
          .append(" = '")
          .append(setting.getValue().replace("'", "''"))
          .append("'\n");
    }
    return text.toString();
  }

  /// An eighth of the machine's memory, but no more than what the indexes of a hundred thousand
  /// messages and what streams through beside them take.
  static long sharedMegabytes(long machineMegabytes) {
    return Math.clamp(machineMegabytes / 8, LEAST_SHARED, MOST_SHARED);
  }

  /// What the machine or the container has.
  private static long machineMegabytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine
        ? machine.getTotalMemorySize() >> 20
        : 0;
  }

  private Process launch() throws IOException, InterruptedException {
    var deadline = System.nanoTime() + START.toNanos();
    while (true) {
      if (postmaster().isEmpty()) {
        Files.deleteIfExists(pidFile());
      }
      rotateLog();
      var builder =
          new ProcessBuilder(
                  child(
                      List.of(
                          binaries.postgres().toString(),
                          "-D",
                          directoryForChild(cluster),
                          "-p",
                          Integer.toString(port),
                          "-c",
                          marker())))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()));
      // Blocks in which values of many rows are put together are not mapped and unmapped each time.
      builder.environment().put("MALLOC_MMAP_THRESHOLD_", KEPT_BLOCK);
      builder.environment().put("MALLOC_TRIM_THRESHOLD_", KEPT_BLOCK);
      var process = builder.start();
      process.getOutputStream().close();
      while (process.isAlive()) {
        if (isReady()) {
          return process;
        }
        if (System.nanoTime() > deadline) {
          Supervisor.end(process.toHandle(), PATIENCE, "INT", "KILL");
          throw new EmbeddedServerException(
              "PostgreSQL was not ready after " + START.toSeconds() + " s: see " + log());
        }
        TimeUnit.MILLISECONDS.sleep(3);
      }
      var reason = lastLogLine();
      // The backends of a postmaster that was killed take a moment to notice.
      if (!reason.contains("shared memory block") || System.nanoTime() > deadline) {
        throw new EmbeddedServerException(
            reason.contains("could not create any TCP/IP sockets")
                ? "port " + port + " is in use: stop what listens there"
                : "PostgreSQL did not start: " + reason + "; see " + log());
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private void initialize() throws IOException, InterruptedException {
    var work = config.directory().resolve("cluster.new");
    Directories.delete(work);
    Directories.createPrivate(work);
    takeOwnership(work);
    // It is within the cluster's directory alone that the server's user can read.
    var secret = config.directory().resolve("initdb-password");
    Directories.writeSecret(secret, password);
    try {
      takeOwnership(secret);
      var command =
          new ArrayList<>(
              List.of(
                  binaries.initdb().toString(),
                  "-D",
                  directoryForChild(work),
                  "--username=" + SUPERUSER,
                  "--auth=scram-sha-256",
                  "--encoding=UTF8",
                  "--locale=C",
                  "--locale-provider=builtin",
                  "--builtin-locale=C.UTF-8",
                  "--data-checksums",
                  // The password has more bits than anyone can try: no need to make each try dear,
                  // which each connection would pay for.
                  "--set=scram_iterations=1",
                  "--no-instructions"));
      command.add("--pwfile=" + (account == null ? secret.toString() : "/proc/self/fd/4"));
      var line = new ArrayList<String>();
      if (account != null) {
        line.addAll(
            List.of(
                "/bin/sh",
                "-c",
                "exec 4<\"$1\" && shift && exec \"$@\"",
                "mailwing",
                secret.toString()));
      }
      line.addAll(Launch.command(account, account == null ? null : work, "KILL", command));
      var process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
              .start();
      process.getOutputStream().close();
      if (process.waitFor() != 0) {
        throw new EmbeddedServerException(
            "PostgreSQL could not make its data directory: " + lastLogLine() + "; see " + log());
      }
    } finally {
      Files.deleteIfExists(secret);
    }
    Files.writeString(
        work.resolve("postgresql.conf"),
        "include 'mailwing.conf'\n# Settings of your own go below.\n");
    Files.writeString(work.resolve("mailwing.conf"), settings());
    takeOwnership(work);
    Files.move(work, cluster, StandardCopyOption.ATOMIC_MOVE);
  }

  private void requireOurVersion() throws IOException {
    var theirs = Files.readString(cluster.resolve("PG_VERSION")).trim();
    var ours = Integer.toString(binaries.majorVersion());
    if (!theirs.equals(ours)) {
      throw new EmbeddedServerException(
          config.directory()
              + " was written by PostgreSQL "
              + theirs
              + " and this Mailwing has PostgreSQL "
              + ours
              + ": start it with the Mailwing that wrote it, or name a new directory with --data");
    }
  }

  private void endOrphan() {
    postmaster()
        .ifPresent(
            orphan -> {
              LOG.info("event=orphan-found child=postgres pid={} action=end", orphan.pid());
              Supervisor.end(orphan, PATIENCE, "INT", "QUIT", "KILL");
            });
  }

  private List<String> child(List<String> command) {
    return Launch.command(account, account == null ? null : cluster, "INT", command);
  }

  private String directoryForChild(Path directory) {
    return account == null ? directory.toString() : Launch.DIRECTORY;
  }

  /// Tells our postmaster from another process; PostgreSQL takes any setting whose name has a dot.
  private String marker() {
    return "mailwing.directory=" + cluster;
  }

  private Optional<ProcessHandle> postmaster() {
    try {
      var lines = Files.readAllLines(pidFile());
      return lines.isEmpty()
          ? Optional.empty()
          : Launch.running(Long.parseLong(lines.getFirst().trim()), marker());
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private boolean isReady() {
    try {
      var lines = Files.readAllLines(pidFile());
      return lines.size() > STATUS_LINE && lines.get(STATUS_LINE).trim().equals("ready");
    } catch (IOException e) {
      return false;
    }
  }

  private Path pidFile() {
    return cluster.resolve("postmaster.pid");
  }

  private Path log() {
    return config.directory().resolve("server.log");
  }

  private void rotateLog() throws IOException {
    if (Files.exists(log()) && Files.size(log()) > LOG_LIMIT) {
      Files.move(log(), log().resolveSibling("server.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private String lastLogLine() throws IOException {
    var text = Files.readString(log(), StandardCharsets.UTF_8);
    var interesting =
        text.lines()
            .filter(line -> line.contains("FATAL:") || line.contains("error:"))
            .reduce((first, second) -> second);
    return interesting.or(() -> text.lines().reduce((first, second) -> second)).orElse("no reason");
  }

  private void takeOwnership(Path root) throws IOException {
    if (account == null) {
      return;
    }
    var owner = account;
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            return visitFile(path, attributes);
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            var is = Files.readAttributes(path, "unix:uid,gid", LinkOption.NOFOLLOW_LINKS);
            if (!is.equals(Map.of("uid", owner.uid(), "gid", owner.gid()))) {
              Files.setAttribute(path, "unix:gid", owner.gid(), LinkOption.NOFOLLOW_LINKS);
              Files.setAttribute(path, "unix:uid", owner.uid(), LinkOption.NOFOLLOW_LINKS);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static String password(Path directory) throws IOException {
    var file = directory.resolve("superuser-password");
    if (Files.exists(file)) {
      return Files.readString(file).trim();
    }
    if (Files.exists(directory.resolve("cluster"))) {
      throw new EmbeddedServerException(
          file
              + " is missing: put it back, or set a new password in PostgreSQL's single-user mode");
    }
    var octets = new byte[PASSWORD_OCTETS];
    new SecureRandom().nextBytes(octets);
    var made = HexFormat.of().formatHex(octets);
    Directories.writeSecret(file, made);
    return made;
  }
}
