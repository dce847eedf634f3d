package mailwing.quickstart;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import mailwing.cli.Admin;
import mailwing.cli.CliException;
import mailwing.embedded.EmbeddedServerException;
import mailwing.service.Carriers;
import mailwing.service.ConfigException;
import mailwing.service.QuietHeap;
import mailwing.service.ServiceMain;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `mailwing up`: the whole system in this process and two children, until SIGTERM or Ctrl-C.
///
/// Exit codes: 0 after a drain, 1 if it cannot start, 2 for a wrong command line.
@Command(
    name = "mailwing up",
    description = "Runs PostgreSQL, Kafka, the store and the gateways on this machine.",
    mixinStandardHelpOptions = true)
public final class Up implements Callable<Integer> {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where everything is kept (default: ./data).")
  Path data = Path.of("data");

  @Option(
      names = "--port-offset",
      paramLabel = "N",
      defaultValue = "0",
      description = "Added to every port.")
  int portOffset;

  @Option(
      names = "--imap-gateways",
      paramLabel = "N",
      defaultValue = "1",
      description = "IMAP gateways, on consecutive pairs of ports.")
  int imapGateways;

  @Option(
      names = "--bind",
      paramLabel = "ADDR",
      description =
          "Listen for SMTP, submission, IMAP and POP3 on this address, such as 0.0.0.0, instead of"
              + " 127.0.0.1. Nobody may log in without TLS then, and the demo passwords are"
              + " refused.")
  @Nullable String bind;

  @Option(
      names = "--hostname",
      paramLabel = "NAME",
      description = "The name mail clients and servers know this machine by.")
  @Nullable String hostname;

  @Option(
      names = "--outbound",
      description =
          "Send mail to other systems, for users who log in and for addresses that forward: by MX, to"
              + " port 25. The domains' SPF should name this machine.")
  boolean outbound;

  @Option(
      names = "--config",
      paramLabel = "DIR",
      description =
          "A directory with store-service.yaml, smtp-gateway.yaml, pop3-gateway.yaml and"
              + " imap-gateway.yaml, or some of them: the services' keys, of which `mailwing"
              + " SERVICE --help` tells. Addresses, ports and passwords stay mine.")
  @Nullable Path config;

  @Option(
      names = "--demo",
      description = "Make alice@example.test and bob@example.test with the password wing.")
  boolean demo;

  // For the making of AOT caches after a build: starts on free ports, does a bit of everything,
  // ends.
  @Option(names = "--rehearse", hidden = true)
  boolean rehearse;

  /// Runs until it is told to end.
  public static void main(String[] arguments) {
    var code = Admin.commandLine(new Up()).execute(arguments);
    // The shutdown hook, if there is one, ends the process itself.
    System.out.flush();
    Runtime.getRuntime().halt(code);
  }

  @Override
  public Integer call() throws Exception {
    if (demo && bind != null) {
      throw new CliException(
          "--demo passwords are known to everyone and --bind lets everyone in: use one of them");
    }
    data = data.toAbsolutePath().normalize();
    var ended = new CountDownLatch(1);
    var system = new AtomicReference<@Nullable AutoCloseable>();
    try {
      var plan =
          rehearse
              ? Rehearsal.freePorts()
              : PortPlan.of(portOffset, imapGateways, bind == null ? "127.0.0.1" : bind);
      var directory = DataDirectory.open(data);
      system.set(directory);
      Files.createDirectories(data.resolve("log"));
      // Before the first logger is made.
      System.setProperty("mailwing.log.directory", data.resolve("log").toString());
      System.setProperty("logback.configurationFile", "mailwing/quickstart/up-logback.xml");
      // Helidon logs each start by java.util.logging; our table says it better.
      java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
      plan.requireFree();
      var running =
          new RunningSystem(
              directory,
              plan,
              new RunningSystem.Options(
                  bind != null, hostname, demo, rehearse, outbound, ServiceFiles.in(config)));
      system.set(running);
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform().name("shutdown").unstarted(() -> end(system, ended)));
      running.start();
      table(plan);
      System.out.println("mailwing ready");
      System.out.flush();
      if (rehearse) {
        Rehearsal.run(plan, data);
        Rehearsal.work(plan, data);
        close(system);
        return 0;
      }
      QuietHeap.watch();
      Carriers.watch();
      ended.await();
      return 0;
    } catch (StartException | EmbeddedServerException | ConfigException e) {
      close(system);
      throw new CliException(String.valueOf(e.getMessage()));
    } catch (Exception e) {
      close(system);
      throw new CliException(
          ServiceMain.reason(e) + "; more in " + data.resolve("log/mailwing.log"));
    }
  }

  private static void end(AtomicReference<@Nullable AutoCloseable> system, CountDownLatch ended) {
    close(system);
    ended.countDown();
    // Left to itself the JVM would end with 128 + the signal's number.
    Runtime.getRuntime().halt(0);
  }

  private static void close(AtomicReference<@Nullable AutoCloseable> system) {
    var running = system.getAndSet(null);
    if (running != null) {
      try {
        running.close();
      } catch (Exception e) {
        System.err.println("mailwing: while ending: " + e);
      }
    }
  }

  private void table(PortPlan plan) {
    PrintStream out = System.out;
    out.println();
    for (var port : plan.ports()) {
      out.printf("  %-24s%s%n", port.role().label(), port.shown());
    }
    out.println();
    out.println("  Mail client: IMAP on the port above with STARTTLS (or IMAPS), outgoing mail by");
    out.println(
        "  submission; the user name is the whole address. Trust " + data.resolve("tls/ca.pem"));
    if (demo) {
      out.println("  Users: alice@example.test and bob@example.test, password wing");
    } else {
      out.println("  Users: mailwing domain add example.org; mailwing user add you@example.org");
    }
    out.println(
        outbound
            ? "  Mail to other systems is sent; look after it with mailwing queue"
            : "  Mail to other systems is refused; --outbound sends it");
    out.println();
  }
}
