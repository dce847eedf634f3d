package mailwing.bench;

import java.io.IOException;

/// Downloads by POP3, as clients do it: the messages of a maildrop in their order.
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
        m.operations() * BURST, m.seconds(), m.octets(), 0, m.cpu(), m.latencies());
  }

  private static Measurement run(Target target, Options options, int burst)
      throws IOException, InterruptedException {
    return ClosedLoop.run(
        Math.min(options.connections(), target.users()), // a maildrop may be locked
        options,
        index -> {
          Pop3Client client =
              new Pop3Client(
                  target.host(), target.pop3Port(), target.loginOf(1 + index), target.password());
          int messages = client.stat();
          return new ClosedLoop.Client() {
            private int next = 1;

            @Override
            public long operate() throws IOException {
              if (next + burst - 1 > messages) {
                next = 1;
              }
              if (burst == 1) {
                client.retr(next);
              } else {
                client.retrPipelined(next, next + burst - 1);
              }
              next += burst;
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
