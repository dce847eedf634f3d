package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/// Deliveries. Each ends when IMAP's STATUS tells all that was acknowledged, so that nothing of it
/// is left to do while the next is measured.
final class SmtpWorkloads {
  private static final String SENDER = "sender@bench.test";
  private static final int POOL = 64;

  private SmtpWorkloads() {}

  /// The rate at which messages to one of all accounts each are accepted.
  static Measurement accepted(Target target, Options options)
      throws IOException, InterruptedException {
    try (Arrivals arrivals = new Arrivals(target, target.users())) {
      Measurement accepted = send(target, options, random -> distinct(target, 1, random), arrivals);
      arrivals.await();
      arrivals.checkNewest();
      return accepted;
    }
  }

  /// The rate at which messages become visible: all that were accepted, by the time until STATUS
  /// tells them all.
  static Measurement visible(Target target, Options options)
      throws IOException, InterruptedException {
    return visible(target, options, random -> distinct(target, 1, random));
  }

  /// The same into one mailbox.
  static Measurement visibleToOne(Target target, Options options)
      throws IOException, InterruptedException {
    return visible(target, options, random -> List.of(1));
  }

  /// The same with ten recipients a message, each of which counts.
  static Measurement visibleToTen(Target target, Options options)
      throws IOException, InterruptedException {
    return visible(target, options, random -> distinct(target, 10, random));
  }

  private static Measurement visible(
      Target target, Options options, Function<Random, List<Integer>> recipients)
      throws IOException, InterruptedException {
    try (Arrivals arrivals = new Arrivals(target, target.users())) {
      if (options.warmUpSeconds() > 0) {
        send(target, options.lasting(0, options.warmUpSeconds()), recipients, arrivals);
        arrivals.await();
      }
      long already = arrivals.acknowledged();
      CpuTime before = options.clock().now();
      long from = System.nanoTime();
      Measurement accepted =
          send(target, options.lasting(0, options.seconds()), recipients, arrivals);
      arrivals.await();
      double seconds = (System.nanoTime() - from) / 1e9;
      CpuTime cpu = options.clock().now().since(before);
      arrivals.checkNewest();
      return new Measurement(
          arrivals.acknowledged() - already,
          seconds,
          accepted.octets(),
          0,
          cpu,
          accepted.latencies());
    }
  }

  /// @param recipients numbers of accounts
  private static Measurement send(
      Target target, Options options, Function<Random, List<Integer>> recipients, Arrivals arrivals)
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
              List<Integer> users = recipients.apply(random);
              client.send(SENDER, users.stream().map(target::recipientOf).toList(), message);
              users.forEach(arrivals::acknowledge);
              return message.length;
            }

            @Override
            public void close() throws IOException {
              client.close();
            }
          };
        });
  }

  private static List<Integer> distinct(Target target, int count, Random random) {
    List<Integer> users = new ArrayList<>(count);
    int first = random.nextInt(target.users());
    for (int i = 0; i < Math.min(count, target.users()); i++) {
      users.add(1 + (first + i) % target.users());
    }
    return users;
  }
}
