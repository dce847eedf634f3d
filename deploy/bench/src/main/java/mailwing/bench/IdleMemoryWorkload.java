package mailwing.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// What clients that wait cost the server: sessions over TLS, logged in, with INBOX selected, in
/// IDLE. More and more of them are opened; at each step the server's memory is told, what it took
/// to open one, and what a delivery costs that one in so many is told of.
///
/// Accounts take turns, so each has its share of the sessions.
final class IdleMemoryWorkload {
  static final String NAME = "idle-memory";

  private static final int[] STEPS = {100, 500, 1000, 2000, 5000, 10_000, 20_000};
  private static final int DELIVERIES = 20;
  private static final int PATIENCE_SECONDS = 30;

  private final Target target;
  private final Options options;
  private final Connecting connecting;
  private final int settleSeconds;
  private final ServerProcesses processes;
  private final PrintWriter out;
  private final List<ImapClient> clients = new ArrayList<>();
  private final LinkedBlockingQueue<Long> heard = new LinkedBlockingQueue<>();

  /// How a session begins.
  private interface Connecting {
    LineSocket connect() throws IOException;
  }

  private IdleMemoryWorkload(Side side, Connecting connecting, int settleSeconds, PrintWriter out) {
    this.target = side.target();
    this.options = side.options();
    this.processes = side.processes();
    this.connecting = connecting;
    this.settleSeconds = settleSeconds;
    this.out = out;
  }

  /// Sessions over TLS. What is answered has as octets what the server's memory has grown by.
  ///
  /// @param port of IMAP within TLS
  /// @param before memory before anything was asked of the server
  static Measurement overTls(
      Side side, IdleMemoryOptions wanted, int port, Map<String, Long> before, PrintWriter out)
      throws IOException, InterruptedException {
    String host = side.target().host();
    return measure(
        side, () -> LineSocket.overAnyTls(host, port), wanted.settle, wanted.sessions, before, out);
  }

  /// The same of a server that is compared with, without TLS.
  static Measurement plain(
      Side side, IdleMemoryOptions wanted, Map<String, Long> before, PrintWriter out)
      throws IOException, InterruptedException {
    Target target = side.target();
    return measure(
        side,
        () -> new LineSocket(target.host(), target.imapPort()),
        wanted.settle,
        wanted.theirSessions,
        before,
        out);
  }

  private static Measurement measure(
      Side side,
      Connecting connecting,
      int settleSeconds,
      int sessions,
      Map<String, Long> before,
      PrintWriter out)
      throws IOException, InterruptedException {
    if (side.processes().isEmpty()) {
      throw new IOException(
          NAME + " needs --pid or --against-pid, to know whose memory to look at");
    }
    return new IdleMemoryWorkload(side, connecting, settleSeconds, out).measure(sessions, before);
  }

  private Measurement measure(int sessions, Map<String, Long> before)
      throws IOException, InterruptedException {
    try {
      out.printf(
          Locale.ROOT,
          "%s: %d accounts, memory (PSS) with no session: %s%n",
          NAME,
          target.users(),
          megabytes(before));
      out.printf(
          Locale.ROOT,
          "%8s %10s %12s %12s %14s %14s %12s  %s%n",
          "sessions",
          "opened/s",
          "cpu ms/open",
          "KB/session",
          "cpu ms/mail",
          "EXISTS p50 ms",
          "max ms",
          "memory MB");
      TreeSet<Integer> steps = new TreeSet<>();
      for (int step : STEPS) {
        steps.add(Math.min(step, sessions));
      }
      Measurement last = null;
      for (int step : steps) {
        last = step(step, before);
      }
      closeAll();
      settle();
      out.printf(
          Locale.ROOT, "after all were closed: %s%n", megabytes(ProcessMemory.now(processes)));
      return Objects.requireNonNull(last);
    } finally {
      closeAll();
    }
  }

  private Measurement step(int sessions, Map<String, Long> before)
      throws IOException, InterruptedException {
    int more = sessions - clients.size();
    CpuTime cpu = options.clock().now();
    long from = System.nanoTime();
    open(more);
    double seconds = (System.nanoTime() - from) / 1e9;
    CpuTime opening = options.clock().now().since(cpu);
    settle();
    Map<String, Long> now = ProcessMemory.now(processes);
    long grown = sum(now) - sum(before);
    cpu = options.clock().now();
    Measurement.Latencies told = deliver(sessions);
    double mailing = options.clock().now().since(cpu).total();
    out.printf(
        Locale.ROOT,
        "%8d %10.0f %12.2f %12.1f %14.2f %14.1f %12.1f  %s%n",
        sessions,
        more / seconds,
        opening.total() / Math.max(1, more),
        grown / 1024.0 / sessions,
        mailing / DELIVERIES,
        told.quantileMillis(0.5),
        told.quantileMillis(1),
        megabytes(now));
    return new Measurement(sessions, seconds, grown, 0, opening, told);
  }

  private void settle() throws InterruptedException {
    TimeUnit.SECONDS.sleep(settleSeconds);
  }

  private void open(int more) throws IOException, InterruptedException {
    int first = clients.size();
    AtomicInteger next = new AtomicInteger(first);
    AtomicReference<IOException> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < options.connections(); i++) {
      threads.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int n = next.getAndIncrement();
                          n < first + more && failure.get() == null;
                          n = next.getAndIncrement()) {
                        begin(n);
                      }
                    } catch (IOException e) {
                      failure.compareAndSet(null, e);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }

  private void begin(int number) throws IOException {
    int user = 1 + number % target.users();
    ImapClient client = new ImapClient(connecting.connect());
    client.waitLong();
    client.login(target.loginOf(user), target.password());
    client.command("SELECT INBOX");
    client.idle();
    synchronized (clients) {
      clients.add(client);
    }
    Thread.ofVirtual().start(() -> listen(client));
  }

  private void listen(ImapClient client) {
    try {
      while (true) {
        if (client.readLine().endsWith(" EXISTS")) {
          heard.add(System.nanoTime());
        }
      }
    } catch (IOException closed) {
      // the end of the measurement
    }
  }

  /// Mail for the first account, one after the other: how long after the 250 each of its sessions
  /// was told.
  private Measurement.Latencies deliver(int sessions) throws IOException, InterruptedException {
    int share = (sessions + target.users() - 1) / target.users();
    byte[] message =
        new SampleMessages(options.messageOctets(), 1)
            .next("sender@bench.test", target.recipientOf(1));
    long[] nanos = new long[DELIVERIES * share];
    int count = 0;
    heard.clear();
    try (SmtpClient smtp = new SmtpClient(target.host(), target.smtpPort())) {
      for (int n = 0; n < DELIVERIES; n++) {
        smtp.send("sender@bench.test", List.of(target.recipientOf(1)), message);
        long accepted = System.nanoTime();
        for (int i = 0; i < share; i++) {
          Long at = heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
          if (at == null) {
            throw new IOException("a session in IDLE was not told of mail");
          }
          nanos[count++] = Math.max(0, at - accepted);
        }
      }
    }
    return new Measurement.Latencies(nanos);
  }

  private void closeAll() throws IOException {
    for (ImapClient client : clients) {
      client.close();
    }
    clients.clear();
  }

  private static long sum(Map<String, Long> octets) {
    return octets.values().stream().mapToLong(Long::longValue).sum();
  }

  /// All processes of a program together: a server may have one for each session.
  private static String megabytes(Map<String, Long> octets) {
    Map<String, Long> programs = new LinkedHashMap<>();
    octets.forEach(
        (process, value) ->
            programs.merge(process.substring(0, process.lastIndexOf(' ')), value, Long::sum));
    Map<String, String> shown = new LinkedHashMap<>();
    programs.forEach(
        (name, value) -> shown.put(name, String.format(Locale.ROOT, "%.1f", value / 1e6)));
    return shown.toString();
  }
}
