package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/// Deliveries.
final class SmtpWorkloads {
  private static final String SENDER = "sender@bench.test";
  private static final int POOL = 64;

  private SmtpWorkloads() {}

  static Measurement toAll(Target target, Options options, int recipients)
      throws IOException, InterruptedException {
    Measurement m =
        run(target, options, random -> distinct(target, recipients, random), new AtomicLong());
    return new Measurement(
        m.operations() * recipients, m.seconds(), m.octets(), m.errors(), m.cpu(), m.latencies());
  }

  static Measurement toOne(Target target, Options options)
      throws IOException, InterruptedException {
    return run(target, options, random -> List.of(target.recipientOf(1)), new AtomicLong());
  }

  /// The rate at which messages become visible: all that were accepted, by the time until STATUS
  /// tells them all.
  static Measurement visible(Target target, Options options)
      throws IOException, InterruptedException {
    long already = countAll(target);
    AtomicLong sent = new AtomicLong();
    CpuTime before = options.clock().now();
    long from = System.nanoTime();
    Options noWarmUp =
        new Options(
            options.connections(),
            0,
            options.seconds(),
            options.messageOctets(),
            options.seeded(),
            options.clock());
    Measurement accepted = run(target, noWarmUp, random -> distinct(target, 1, random), sent);
    while (countAll(target) - already < sent.get()) {
      if (System.nanoTime() - from > 300e9) {
        throw new IOException(
            "not all of " + sent.get() + " accepted messages became visible in 300 s");
      }
      Thread.sleep(20);
    }
    double seconds = (System.nanoTime() - from) / 1e9;
    return new Measurement(
        sent.get(),
        seconds,
        accepted.octets(),
        0,
        options.clock().now().since(before),
        accepted.latencies());
  }

  private static Measurement run(
      Target target, Options options, Function<Random, List<String>> recipients, AtomicLong sent)
      throws IOException, InterruptedException {
    return ClosedLoop.run(
        options.connections(),
        options,
        index -> {
          SmtpClient client = new SmtpClient(target.host(), target.smtpPort());
          Random random = new Random(index);
          SampleMessages samples = new SampleMessages(options.messageOctets(), index);
          byte[][] pool = new byte[POOL][];
          for (int i = 0; i < POOL; i++) {
            pool[i] = samples.next(SENDER, target.recipientOf(1));
          }
          return new ClosedLoop.Client() {
            @Override
            public long operate() throws IOException {
              byte[] message = pool[random.nextInt(POOL)];
              client.send(SENDER, recipients.apply(random), message);
              sent.incrementAndGet();
              return message.length;
            }

            @Override
            public void close() throws IOException {
              client.close();
            }
          };
        });
  }

  private static List<String> distinct(Target target, int count, Random random) {
    List<String> recipients = new ArrayList<>(count);
    int first = random.nextInt(target.users());
    for (int i = 0; i < Math.min(count, target.users()); i++) {
      recipients.add(target.recipientOf(1 + (first + i) % target.users()));
    }
    return recipients;
  }

  private static long countAll(Target target) throws IOException {
    long count = 0;
    for (int user = 1; user <= target.users(); user++) {
      count += Mailboxes.count(target, user);
    }
    return count;
  }
}
