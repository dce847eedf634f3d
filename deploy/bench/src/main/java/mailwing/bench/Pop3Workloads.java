package mailwing.bench;

import java.io.IOException;

/// Downloads by POP3, as clients do it: the messages of a maildrop in their order. Each is looked
/// into once before, and must be as long each time.
final class Pop3Workloads {
  private static final int BURST = 50;

  private Pop3Workloads() {}

  static Measurement oneByOne(Target target, Options options)
      throws IOException, InterruptedException {
    return run(target, options, 1);
  }

  static Measurement pipelined(Target target, Options options)
      throws IOException, InterruptedException {
    int burst = Math.min(BURST, options.seeded());
    Measurement m = run(target, options, burst);
    return new Measurement(
        m.operations() * burst, m.seconds(), m.octets(), 0, m.cpu(), m.latencies());
  }

  private static Measurement run(Target target, Options options, int burst)
      throws IOException, InterruptedException {
    return ClosedLoop.run(
        options.connections(),
        options,
        index -> {
          Pop3Client client =
              new Pop3Client(
                  LineSocket.untimed(target.host(), target.pop3Port()),
                  target.loginOf(target.reader(index)));
          client.command("PASS " + target.password(), false);
          int[] octets = new int[options.seeded() + 1];
          for (int number = 1; number <= options.seeded(); number++) {
            byte[] message = client.message(number);
            SampleCheck.check(message);
            octets[number] = message.length;
          }
          return new ClosedLoop.Client() {
            private int next = 1;

            @Override
            public long operate() throws IOException {
              if (next + burst - 1 > options.seeded()) {
                next = 1;
              }
              long moved = client.retr(next, next + burst - 1, octets);
              next += burst;
              return moved;
            }

            @Override
            public void close() throws IOException {
              client.quit();
              client.close();
            }
          };
        });
  }
}
