package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Deliveries. Each ends when IMAP's STATUS tells all that was acknowledged, so that nothing of it
/// is left to do while the next is measured.
final class SmtpWorkloads {
  private static final String SENDER = "sender@bench.test";
  private static final int POOL = 64;

  /// Warming up takes no longer where a queue forms: it is waited for within its seconds.
  private static final double WARM_UP_ROUND_SECONDS = 1;

  private SmtpWorkloads() {}

  /// The rate at which messages to one of all accounts each are accepted.
  static Measurement accepted(Target target, Options options)
      throws IOException, InterruptedException {
    try (Arrivals arrivals = new Arrivals(target, target.users())) {
      Measurement accepted =
          ClosedLoop.run(
              options.connections(),
              options,
              index -> new Sender(target, options, index, SmtpWorkloads::one, arrivals));
      arrivals.await();
      arrivals.checkNewest();
      return accepted;
    }
  }

  /// The rate at which messages become visible: all that were accepted, by the time until STATUS
  /// tells them all.
  static Measurement visible(Target target, Options options)
      throws IOException, InterruptedException {
    return visible(target, options, SmtpWorkloads::one);
  }

  /// The same into one mailbox.
  static Measurement visibleToOne(Target target, Options options)
      throws IOException, InterruptedException {
    return visible(target, options, (random, users) -> List.of(1));
  }

  /// The same with ten recipients a message, each of which counts.
  static Measurement visibleToTen(Target target, Options options)
      throws IOException, InterruptedException {
    return visible(target, options, (random, users) -> distinct(10, random, users));
  }

  /// The connections that warm the server up are those that are measured. What the clock counts is
  /// from the first message to the STATUS that tells the last.
  private static Measurement visible(Target target, Options options, Recipients recipients)
      throws IOException, InterruptedException {
    try (Arrivals arrivals = new Arrivals(target, target.users());
        ClosedLoop loop =
            ClosedLoop.open(
                options.connections(),
                index -> new Sender(target, options, index, recipients, arrivals))) {
      long begun = System.nanoTime();
      while (System.nanoTime() - begun < options.warmUpSeconds() * 1e9) {
        loop.during(Math.min(WARM_UP_ROUND_SECONDS, options.warmUpSeconds()));
        arrivals.await();
      }
      long already = arrivals.acknowledged();
      CpuTime before = options.clock().now();
      long from = System.nanoTime();
      loop.during(options.seconds());
      arrivals.await();
      double seconds = (System.nanoTime() - from) / 1e9;
      CpuTime cpu = options.clock().now().since(before);
      arrivals.checkNewest();
      Measurement accepted = loop.measurement(seconds, cpu);
      return new Measurement(
          arrivals.acknowledged() - already,
          seconds,
          accepted.octets(),
          0,
          cpu,
          accepted.latencies());
    }
  }

  /// Chooses accounts, from 1, of so many.
  private interface Recipients {
    List<Integer> choose(Random random, int users);
  }

  /// One connection, with its messages made beforehand.
  private static final class Sender implements ClosedLoop.Client {
    private final SmtpClient client;
    private final Random random;
    private final byte[][] pool = new byte[POOL][];
    private final List<String> addresses = new ArrayList<>();
    private final Recipients recipients;
    private final Arrivals arrivals;

    Sender(Target target, Options options, int index, Recipients recipients, Arrivals arrivals)
        throws IOException {
      this.recipients = recipients;
      this.arrivals = arrivals;
      random = new Random(index);
      SampleMessages samples = new SampleMessages(options.messageOctets(), index);
      for (int i = 0; i < POOL; i++) {
        pool[i] = samples.next(SENDER, target.recipientOf(1));
      }
      for (int user = 1; user <= target.users(); user++) {
        addresses.add(target.recipientOf(user));
      }
      client = new SmtpClient(LineSocket.untimed(target.host(), target.smtpPort()));
    }

    @Override
    public long operate() throws IOException {
      byte[] message = pool[random.nextInt(POOL)];
      List<Integer> users = recipients.choose(random, addresses.size());
      List<String> named = new ArrayList<>(users.size());
      for (int user : users) {
        named.add(addresses.get(user - 1));
      }
      client.send(SENDER, named, message);
      for (int user : users) {
        arrivals.acknowledge(user);
      }
      return message.length;
    }

    @Override
    public void close() throws IOException {
      client.close();
    }
  }

  private static List<Integer> one(Random random, int users) {
    return List.of(1 + random.nextInt(users));
  }

  private static List<Integer> distinct(int count, Random random, int users) {
    List<Integer> chosen = new ArrayList<>(count);
    int first = random.nextInt(users);
    for (int i = 0; i < Math.min(count, users); i++) {
      chosen.add(1 + (first + i) % users);
    }
    return chosen;
  }
}
