package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// How long after SMTP's 250 an idling client hears EXISTS. One account idles a connection; mail
/// goes to each in turn.
final class IdleWorkload {
  private static final int PAUSE_MILLIS = 15;
  private static final long LOST = -1;

  private IdleWorkload() {}

  static Measurement run(Target target, Options options) throws IOException, InterruptedException {
    int idlers = Math.min(options.connections(), target.users());
    List<ImapClient> clients = new ArrayList<>();
    List<BlockingQueue<Long>> arrivals = new ArrayList<>();
    try (SmtpClient smtp = new SmtpClient(LineSocket.untimed(target.host(), target.smtpPort()))) {
      for (int i = 0; i < idlers; i++) {
        ImapClient client = Mailboxes.openUntimed(target, 1 + i);
        clients.add(client);
        client.command("SELECT INBOX");
        client.idle();
        BlockingQueue<Long> heard = new LinkedBlockingQueue<>();
        arrivals.add(heard);
        ClosedLoop.threads(idlers).start(() -> listen(client, heard));
      }
      return measure(target, options, smtp, arrivals);
    } finally {
      for (ImapClient client : clients) {
        client.close();
      }
    }
  }

  private static Measurement measure(
      Target target, Options options, SmtpClient smtp, List<BlockingQueue<Long>> arrivals)
      throws IOException, InterruptedException {
    deliver(target, options, options.warmUpSeconds(), smtp, arrivals);
    CpuTime before = options.clock().now();
    List<Long> latencies = deliver(target, options, options.seconds(), smtp, arrivals);
    long[] nanos =
        latencies.stream().filter(took -> took != LOST).mapToLong(took -> took).toArray();
    return new Measurement(
        nanos.length,
        options.seconds(),
        0,
        latencies.size() - nanos.length,
        options.clock().now().since(before),
        new Measurement.Latencies(nanos));
  }

  /// What each delivery took for so many seconds; `LOST` where nobody was told.
  private static List<Long> deliver(
      Target target,
      Options options,
      double seconds,
      SmtpClient smtp,
      List<BlockingQueue<Long>> arrivals)
      throws IOException, InterruptedException {
    byte[] message =
        new SampleMessages(options.messageOctets(), 1)
            .next("sender@bench.test", target.recipientOf(1));
    List<Long> latencies = new ArrayList<>();
    long until = System.nanoTime() + (long) (seconds * 1e9);
    for (int n = 0; System.nanoTime() - until < 0; n++) {
      int idler = n % arrivals.size();
      arrivals.get(idler).clear();
      smtp.send("sender@bench.test", List.of(target.recipientOf(1 + idler)), message);
      long accepted = System.nanoTime();
      Long heard = arrivals.get(idler).poll(10, TimeUnit.SECONDS);
      // A push may overtake the 250.
      latencies.add(heard == null ? LOST : Math.max(0, heard - accepted));
      Thread.sleep(PAUSE_MILLIS);
    }
    return latencies;
  }

  private static void listen(ImapClient client, BlockingQueue<Long> heard) {
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
}
