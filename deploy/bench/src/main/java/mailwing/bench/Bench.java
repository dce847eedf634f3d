package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import mailwing.cli.RunFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `mailwing bench`: a load generator for mail servers, ours and others.
@Command(
    name = "mailwing bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures a mail server: a closed loop of connections on virtual threads, warm-up first,"
          + " median of runs.",
      "Without --host it makes accounts bench1..N@bench.test in the running quickstart and measures"
          + " that; any other server needs its accounts made beforehand. cpu ms/op is the processor"
          + " time of the server, all its processes together."
    })
public final class Bench implements Callable<Integer> {
  @Parameters(
      paramLabel = "WORKLOAD",
      arity = "0..*",
      description =
          "smtp, smtp-visible, smtp-one, smtp-ten, append, login, status, fetch-flags,"
              + " fetch-envelope, fetch-headers, fetch-body, store, idle, pop3, pop3-pipelined,"
              + " mixed, and large: each command once on a mailbox of --messages messages, and the"
              + " server's memory. Default: all but large.")
  private List<String> names = List.of();

  @Option(names = "--host", description = "A server whose accounts exist already.")
  private @Nullable String host;

  @Option(
      names = "--data",
      description = "The quickstart's data directory (default ${DEFAULT-VALUE}).")
  private Path data = Path.of("data");

  @Option(names = "--port-offset", description = "As given to mailwing up.")
  private int portOffset;

  @Option(names = "--smtp-port", description = "Default ${DEFAULT-VALUE}.")
  private int smtpPort = 2525;

  @Option(names = "--imap-port", description = "Default ${DEFAULT-VALUE}.")
  private int imapPort = 2143;

  @Option(names = "--pop3-port", description = "Default ${DEFAULT-VALUE}.")
  private int pop3Port = 2110;

  @Option(
      names = "--login",
      description = "Login name, %%d is the account's number (default ${DEFAULT-VALUE}).")
  private String login = "bench%d@bench.test";

  @Option(names = "--recipient", description = "Address, likewise (default: the login name).")
  private @Nullable String recipient;

  @Option(names = "--password", description = "Of all accounts (default ${DEFAULT-VALUE}).")
  private String password = "bench";

  @Option(names = "--users", description = "Default ${DEFAULT-VALUE}.")
  private int users = 100;

  @Option(names = "--connections", description = "Default ${DEFAULT-VALUE}.")
  private int connections = 20;

  @Option(names = "--seconds", description = "Of one measured run (default ${DEFAULT-VALUE}).")
  private double seconds = 10;

  @Option(names = "--warm-up", description = "Seconds before each run (default ${DEFAULT-VALUE}).")
  private double warmUp = 3;

  @Option(names = "--runs", description = "Default ${DEFAULT-VALUE}; the median counts.")
  private int runs = 3;

  @Option(names = "--size", description = "Octets of a message (default ${DEFAULT-VALUE}).")
  private int size = 5120;

  @Option(
      names = "--seeded",
      description = "Messages in each INBOX before reading (default ${DEFAULT-VALUE}).")
  private int seeded = 100;

  @Option(names = "--messages", description = "In the mailbox of large (default ${DEFAULT-VALUE}).")
  private int messages = 100_000;

  @Option(
      names = "--pid",
      split = ",",
      description =
          "The server's processes, counted with all that they started: for cpu ms/op and for the"
              + " memory of large. Default: the quickstart's; with --host, where there is none, cpu"
              + " ms/op is the whole machine's but for the load generator.")
  private List<Long> pids = List.of();

  @Option(names = "--json", description = "Also write the figures to this file.")
  private @Nullable Path json;

  @Spec private CommandSpec spec;

  /// Runs the command and exits with its code: 0 measured, 1 failed, 2 wrong options.
  public static void main(String[] args) {
    System.exit(
        run(
            args,
            new PrintWriter(System.out, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8)));
  }

  static int run(String[] args, PrintWriter out, PrintWriter err) {
    return new CommandLine(new Bench())
        .setOut(out)
        .setErr(err)
        .setExecutionExceptionHandler(
            (e, command, parsed) -> {
              err.println("mailwing bench: " + e.getMessage());
              return 1;
            })
        .execute(args);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    boolean large = names.contains(LargeWorkload.NAME);
    List<Workload> workloads =
        names.isEmpty()
            ? List.of(Workload.values())
            : names.stream()
                .filter(name -> !name.equals(LargeWorkload.NAME))
                .map(this::named)
                .toList();
    Target target =
        new Target(
            host == null ? "127.0.0.1" : host,
            smtpPort + portOffset,
            imapPort + portOffset,
            pop3Port + portOffset,
            login,
            recipient == null ? login : recipient,
            password,
            workloads.isEmpty() ? 1 : users);
    ServerProcesses processes = new ServerProcesses(watched());
    Options options =
        new Options(connections, warmUp, seconds, size, seeded, new CpuClock(processes));
    PrintWriter out = spec.commandLine().getOut();
    if (host == null) {
      BenchAccounts.create(data, target);
    }
    if (workloads.stream().anyMatch(Workload::reads)) {
      Mailboxes.fill(target, options);
    }
    Report report = new Report();
    for (Workload workload : workloads) {
      for (int run = 1; run <= runs; run++) {
        Measurement measured = workload.run(target, options);
        report.add(workload.commandLineName(), workload.operation(), measured);
        out.printf(
            Locale.ROOT,
            "%s, run %d of %d: %.1f a second (one is a %s)%n",
            workload.commandLineName(),
            run,
            runs,
            measured.perSecond(),
            workload.operation());
      }
    }
    if (large) {
      LargeWorkload.run(target, options, messages, processes, report, out);
    }
    out.println();
    out.print(report.table());
    out.flush();
    if (json != null) {
      Files.writeString(json, report.json());
    }
    return 0;
  }

  private List<Long> watched() {
    return pids.isEmpty() && host == null ? List.of(RunFile.read(data).pid()) : pids;
  }

  private Workload named(String name) {
    return Arrays.stream(Workload.values())
        .filter(w -> w.commandLineName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandLine.ParameterException(
                    spec.commandLine(), "no workload '" + name + "'; see --help"));
  }
}
