package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import mailwing.cli.RunFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      "Measures a mail server: a closed loop of connections, warm-up first," + " median of runs.",
      "Without --host it makes accounts bench1..N@bench.test in the running quickstart and measures"
          + " that; any other server needs its accounts made beforehand. cpu ms/op is the processor"
          + " time of the server, all its processes together."
    })
public final class Bench implements Callable<Integer> {
  @Parameters(
      paramLabel = "WORKLOAD",
      arity = "0..*",
      description =
          "smtp-visible, smtp, smtp-one, smtp-ten, append, login, status, fetch-flags,"
              + " fetch-envelope, fetch-headers, fetch-metadata, fetch-body, fetch-body-first,"
              + " fetch-large, store, store-many, idle, pop3, pop3-pipelined, mixed, large: each"
              + " command once on a mailbox of --messages messages, and the server's memory; growth:"
              + " what commands cost in mailboxes of 1,000, 10,000, and so on up to --messages; and"
              + " idle-memory, alone, also with --against: its memory with up to --sessions sessions in IDLE over TLS, best"
              + " from a fresh start."
              + " Default: all but these three; with --against all that docs/performance.md tells, with --check all"
              + " that has a published ratio.")
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

  @Option(
      names = "--first",
      description = "The number of the first account (default ${DEFAULT-VALUE}).")
  private int first = 1;

  @Option(
      names = "--users",
      description =
          "Accounts that mail goes to (default ${DEFAULT-VALUE}). Those after them are read: two and"
              + " a half times as many as there are connections; and one more has what is large.")
  private int users = 100;

  @Option(names = "--connections", description = "Default ${DEFAULT-VALUE}.")
  private int connections = 20;

  @Option(names = "--seconds", description = "Of one measured run (default ${DEFAULT-VALUE}).")
  private double seconds = 10;

  @Option(
      names = "--warm-up",
      description =
          "Seconds before each run, for a server that compiles its code while it works (default"
              + " ${DEFAULT-VALUE}).")
  private double warmUp = 8;

  @Option(names = "--runs", description = "Default ${DEFAULT-VALUE}; the median counts.")
  private int runs = 3;

  @Option(names = "--size", description = "Octets of a message (default ${DEFAULT-VALUE}).")
  private int size = 5120;

  @Option(
      names = "--seeded",
      description = "Messages that are read in an INBOX (default ${DEFAULT-VALUE}).")
  private int seeded = 100;

  @Option(
      names = "--messages",
      description = "In the (largest) mailbox of large and growth (default ${DEFAULT-VALUE}).")
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

  @Mixin private PeerOptions peer = new PeerOptions();

  @Mixin private IdleMemoryOptions idleMemory = new IdleMemoryOptions();

  @Option(
      names = "--patience",
      description =
          "Seconds to wait for the machine to come to rest: with --against before each run, and in"
              + " large before what is measured (default ${DEFAULT-VALUE}).")
  private double patience = 30;

  @Option(
      names = "--again",
      description =
          "With --against: how often a run is done again in which other processes took more than 15 %%"
              + " of the machine (default ${DEFAULT-VALUE}).")
  private int again = 2;

  @Option(
      names = "--ratios",
      description = "Where published ratios are kept (default ${DEFAULT-VALUE}).")
  private Path ratios = Path.of("deploy/bench/ratios.csv");

  @Option(
      names = "--page",
      description = "The page that shows them in a table (default ${DEFAULT-VALUE}).")
  private Path page = Path.of("docs/performance.md");

  @Option(
      names = "--publish",
      description = "With --against: write what was measured to --ratios and --page.")
  private boolean publish;

  @Option(
      names = "--check",
      description =
          "With --against: exit with 1 if a ratio is worse than the published one by more than"
              + " noise: three times the spread of runs, at least 20 %% and at most 50 %%; with 3 if"
              + " none is and some could not be told, since other processes took too much.")
  private boolean check;

  @Spec private CommandSpec spec;

  /// Runs the command and exits with its code: 0 measured, 1 failed, 2 wrong options, 3 not told.
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
    String against = peer.host;
    boolean alone = against == null;
    if ((alone && (publish || check)) || (publish && check) || (!alone && json != null)) {
      throw wrong("--publish or --check needs --against, which goes without --json");
    }
    Ratios published = Ratios.read(ratios);
    if (check && published.isEmpty()) {
      throw wrong("there are no published ratios in " + ratios + "; see --ratios");
    }
    boolean waiting = names.equals(List.of(IdleMemoryWorkload.NAME));
    if (waiting && (publish || check) && !idleMemory.asPublished()) {
      throw wrong("the row of " + IdleMemoryWorkload.NAME + " is of other numbers of sessions");
    }
    boolean large = names.contains(LargeWorkload.NAME) || (names.isEmpty() && !alone);
    List<Workload> workloads =
        names.isEmpty()
            ? List.of(Workload.values())
            : names.stream()
                .filter(name -> !waiting)
                .filter(name -> !name.equals(LargeWorkload.NAME))
                .filter(name -> !name.equals(GrowthWorkload.NAME))
                .map(this::named)
                .toList();
    Options options =
        new Options(
            connections,
            warmUp,
            seconds,
            size,
            seeded,
            new CpuClock(new ServerProcesses(List.of())));
    Target target =
        new Target(
            host == null ? "127.0.0.1" : host,
            smtpPort + portOffset,
            imapPort + portOffset,
            pop3Port + portOffset,
            login,
            recipient == null ? login : recipient,
            password,
            first,
            users,
            options.mixedConnections());
    Side ours = Side.of("Mailwing", target, options, watched());
    Map<String, Long> memory = ProcessMemory.now(ours.processes());
    if (host == null) {
      BenchAccounts.create(data, target, accounts(target, workloads, waiting, large));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (waiting) {
      Measurement our =
          IdleMemoryWorkload.overTls(
              ours, idleMemory, idleMemory.imapsPort + portOffset, memory, out);
      if (against == null) {
        return 0;
      }
      Side theirs = peer.side(against, target.users(), options);
      Measurement their =
          IdleMemoryWorkload.plain(theirs, idleMemory, ProcessMemory.now(theirs.processes()), out);
      Map<TableRow, Figures> measured =
          Map.of(
              TableRow.IDLE_MEMORY,
              Figures.of(Measure.MEMORY, List.of(our), List.of(their), /* disturbed= */ false));
      return check
          ? guard(published, measured, List.of())
          : tell(published, measured, List.of(), /* described= */ !publish);
    }
    if (against == null) {
      measure(ours, workloads, large);
      return 0;
    }
    SideBySide both =
        new SideBySide(
            ours,
            peer.side(against, target.users(), options),
            runs,
            messages,
            patience,
            again,
            out);
    Map<TableRow, Figures> measured = both.measure(workloads, large);
    return check
        ? guard(published, measured, both.failures())
        : tell(published, measured, both.failures(), /* described= */ true);
  }

  private IntStream accounts(
      Target target, List<Workload> workloads, boolean waiting, boolean large) {
    int mailed = workloads.isEmpty() && !waiting ? 0 : target.users();
    int read = workloads.stream().anyMatch(Workload::reads) ? target.readers() : 0;
    boolean oneIsLarge = large || names.contains(GrowthWorkload.NAME);
    return IntStream.concat(
        IntStream.rangeClosed(1, mailed + read),
        oneIsLarge ? IntStream.of(target.large()) : IntStream.empty());
  }

  private void measure(Side side, List<Workload> workloads, boolean large)
      throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    if (workloads.stream().anyMatch(Workload::reads)) {
      side.fill();
    }
    Report report = new Report();
    for (Workload workload : workloads) {
      for (int run = 1; run <= runs; run++) {
        Measurement measured = workload.run(side.target(), side.options());
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
      new LargeWorkload(side.target(), side.options(), messages, patience)
          .whole(side.processes(), report, out);
    }
    if (names.contains(GrowthWorkload.NAME)) {
      GrowthWorkload.run(side.target(), side.options(), messages, side.processes(), report, out);
    }
    out.println();
    out.print(report.table());
    out.flush();
    if (json != null) {
      Files.writeString(json, report.json());
    }
  }

  /// Prints the table, and publishes it if that is asked for: what was not measured stays as it
  /// was.
  ///
  /// @param described by how this was measured; else as before
  private int tell(
      Ratios published, Map<TableRow, Figures> measured, List<String> failures, boolean described)
      throws IOException {
    Ratios now = publish ? published : new Ratios();
    measured.forEach(now::put);
    if (described) {
      now.describe(about());
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println();
    out.print(now.table());
    failures.forEach(failure -> out.println("not measured: " + failure));
    out.flush();
    if (publish) {
      String text = Files.readString(page);
      now.write(ratios);
      // Of what was written, which is rounded.
      Files.writeString(page, Ratios.read(ratios).in(text));
    }
    return failures.isEmpty() ? 0 : 1;
  }

  private String about() {
    return String.format(
        Locale.ROOT,
        "%s, %d processors, load generator on the same: ours, theirs, ours, ..., medians of %d"
            + " runs of %s s after %s s of warm-up, %d connections; ± is how far the ratio of"
            + " one run was from the median's; * marks other processes at work.",
        LocalDate.now(ZoneOffset.UTC),
        Machine.processors(),
        runs,
        Figures.number(seconds),
        Figures.number(warmUp),
        connections);
  }

  private int guard(Ratios published, Map<TableRow, Figures> measured, List<String> failures) {
    PrintWriter out = spec.commandLine().getOut();
    out.println();
    int code = failures.isEmpty() ? 0 : 1;
    for (Map.Entry<TableRow, Figures> entry : measured.entrySet()) {
      Figures before = published.of(entry.getKey());
      if (before != null) {
        Guard guard = Guard.judge(entry.getKey().id(), before, entry.getValue());
        out.println(guard.text());
        code = guard.worse(code);
      }
    }
    failures.forEach(failure -> out.println("not measured: " + failure));
    out.flush();
    return code;
  }

  private List<Long> watched() {
    return pids.isEmpty() && host == null ? List.of(RunFile.read(data).pid()) : pids;
  }

  private Workload named(String name) {
    return Arrays.stream(Workload.values())
        .filter(w -> w.commandLineName().equals(name))
        .findFirst()
        .orElseThrow(() -> wrong("no workload '" + name + "'; see --help"));
  }

  private CommandLine.ParameterException wrong(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
