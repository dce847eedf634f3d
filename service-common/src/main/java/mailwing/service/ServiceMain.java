package mailwing.service;

import java.nio.file.Path;
import java.util.Collection;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs one service as a process: reads its configuration, starts it, drains it on SIGTERM.
///
/// `service [--config FILE]` or `service --help`; without a file MAILWING_CONFIG names the file,
/// without both there is none. Exit codes: 0 after a drain, 64 for a wrong command line, 78 for a
/// configuration error, 1 for any other failure to start. An error is one line on standard error.
public final class ServiceMain {
  /// Starts the service; closing what it returns drains and stops it.
  @FunctionalInterface
  public interface Starter {
    AutoCloseable start(Settings settings) throws Exception;
  }

  private static final int EXIT_FAILURE = 1;
  private static final int EXIT_USAGE = 64;
  private static final int EXIT_CONFIG = 78;

  private ServiceMain() {}

  /// Runs until the process is told to end; does not return before.
  public static void run(
      String service, String[] args, Collection<? extends Key<?>> keys, Starter starter) {
    Logger log = LoggerFactory.getLogger(ServiceMain.class);
    CountDownLatch stopped = new CountDownLatch(1);
    if (args.length == 1 && (args[0].equals("--help") || args[0].equals("-h"))) {
      System.out.print(Manual.help(service, keys));
      return;
    }
    try {
      AutoCloseable server = starter.start(ConfigLoader.load(keys, file(args), System.getenv()));
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .name("shutdown")
                  .unstarted(
                      () -> {
                        log.info("event=draining service={}", service);
                        try {
                          server.close();
                          log.info("event=stopped service={}", service);
                        } catch (Exception e) {
                          log.error("event=stop-failed service={}", service, e);
                        }
                        stopped.countDown();
                        // The JVM would end with 128 + the signal's number; a drained service ends
                        // with 0.
                        Runtime.getRuntime().halt(0);
                      }));
      log.info("event=started service={}", service);
      QuietHeap.watch();
      Carriers.watch();
      stopped.await();
    } catch (UsageException e) {
      exit(service, EXIT_USAGE, e.getMessage());
    } catch (ConfigException e) {
      exit(service, EXIT_CONFIG, e.getMessage());
    } catch (Exception e) {
      log.debug("event=start-failed service={}", service, e);
      exit(service, EXIT_FAILURE, reason(e));
    }
  }

  /// The whole cause of a failure in one line.
  public static String reason(Throwable failure) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String part =
          cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
      if (text.indexOf(part) < 0) {
        text.append(text.isEmpty() ? "" : ": ").append(part.lines().findFirst().orElse(""));
      }
    }
    return text.toString();
  }

  private static final class UsageException extends RuntimeException {
    UsageException(String message) {
      super(message);
    }
  }

  private static @Nullable Path file(String[] args) {
    if (args.length == 2 && args[0].equals("--config")) {
      return Path.of(args[1]);
    }
    if (args.length != 0) {
      throw new UsageException("usage: [--config FILE]; --help lists the keys");
    }
    String named = System.getenv("MAILWING_CONFIG");
    return named == null || named.isEmpty() ? null : Path.of(named);
  }

  private static void exit(String service, int code, @Nullable String message) {
    System.err.println(service + ": " + message);
    System.err.flush();
    Runtime.getRuntime().halt(code);
  }
}
