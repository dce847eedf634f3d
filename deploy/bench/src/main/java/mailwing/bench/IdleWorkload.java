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

  private IdleWorkload() {}

  static Measurement run(Target target, Options options) throws IOException, InterruptedException {
    int idlers = Math.min(options.connections(), target.users());
    List<ImapClient> clients = new ArrayList<>();
    List<BlockingQueue<Long>> arrivals = new ArrayList<>();
    try (SmtpClient smtp = new SmtpClient(target.host(), target.smtpPort())) {
      for (int i = 0; i < idlers; i++) {
        ImapClient client = new ImapClient(target.host(), target.imapPort());
        clients.add(client);
        client.login(target.loginOf(1 + i), target.password());
        client.command("SELECT INBOX");
        client.idle();
        BlockingQueue<Long> heard = new LinkedBlockingQueue<>();
        arrivals.add(heard);
        Thread.ofVirtual().start(() -> listen(client, heard));
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
    byte[] message =
        new SampleMessages(options.messageOctets(), 1)
            .next("sender@bench.test", target.recipientOf(1));
    long start = System.nanoTime();
    long from = start + (long) (options.warmUpSeconds() * 1e9);
    long until = from + (long) (options.seconds() * 1e9);
    List<Long> latencies = new ArrayList<>();
    long errors = 0;
    CpuTime before = options.clock().now();
    for (int n = 0; System.nanoTime() - until < 0; n++) {
      int idler = n % arrivals.size();
      arrivals.get(idler).clear();
      smtp.send("sender@bench.test", List.of(target.recipientOf(1 + idler)), message);
      long accepted = System.nanoTime();
      Long heard = arrivals.get(idler).poll(10, TimeUnit.SECONDS);
      if (heard == null) {
        errors++;
      } else if (accepted - from >= 0) {
        latencies.add(Math.max(0, heard - accepted)); // a push may overtake the 250
      }
      Thread.sleep(PAUSE_MILLIS);
    }
    long[] nanos = latencies.stream().mapToLong(Long::longValue).toArray();
    return new Measurement(
        nanos.length,
        options.seconds(),
        0,
        errors,
        options.clock().now().since(before),
        new Measurement.Latencies(nanos));
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
