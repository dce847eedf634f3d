package mailwing.bench;

import java.io.IOException;
import java.util.Random;

/// Downloads by POP3.
final class Pop3Workloads {
  private static final int BURST = 50;

  private Pop3Workloads() {}

  static Measurement oneByOne(Target target, Options options)
      throws IOException, InterruptedException {
    return run(target, options, 1);
  }

  static Measurement pipelined(Target target, Options options)
      throws IOException, InterruptedException {
    Measurement m = run(target, options, BURST);
    return new Measurement(
        m.operations() * BURST, m.seconds(), m.octets(), 0, m.cpuMillis(), m.latencies());
  }

  private static Measurement run(Target target, Options options, int burst)
      throws IOException, InterruptedException {
    return ClosedLoop.run(
        Math.min(options.connections(), target.users()), // a maildrop may be locked
        options.warmUpSeconds(),
        options.seconds(),
        index -> {
          Pop3Client client =
              new Pop3Client(
                  target.host(), target.pop3Port(), target.loginOf(1 + index), target.password());
          int messages = client.stat();
          Random random = new Random(index);
          return new ClosedLoop.Client() {
            @Override
            public long operate() throws IOException {
              if (burst == 1) {
                client.retr(1 + random.nextInt(messages));
              } else {
                int first = 1 + random.nextInt(Math.max(1, messages - burst + 1));
                client.retrPipelined(first, first + burst - 1);
              }
              return (long) burst * options.messageOctets();
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
