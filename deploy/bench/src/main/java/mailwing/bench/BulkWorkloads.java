package mailwing.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// IMAP workloads on mailboxes of their own, which they make: large messages, messages that nobody
/// has read before, and many at once.
final class BulkWorkloads {
  private static final String LARGE = "Bench-large";
  private static final int LARGE_OCTETS = 1_000_000;
  private static final int LARGE_MESSAGES = 4;
  private static final String FIRST = "Bench-first";
  private static final int FIRST_MESSAGES = 500;
  private static final int FIRST_UNMEASURED = 250;
  private static final String MANY = "Bench-many";
  private static final int MANY_OCTETS = 1000;
  private static final int MANY_MESSAGES = 10_000;

  private BulkWorkloads() {}

  /// Messages of a megabyte, again and again.
  static Measurement large(Target target, Options options)
      throws IOException, InterruptedException {
    Mailboxes.fill(
        target, options.connections(), target::reader, LARGE, LARGE_MESSAGES, LARGE_OCTETS);
    return ClosedLoop.run(
        options.connections(),
        options,
        index -> {
          ImapClient client = Mailboxes.openUntimed(target, target.reader(index));
          client.command("SELECT " + LARGE);
          int[] octets = new int[LARGE_MESSAGES + 1];
          for (int i = 1; i <= LARGE_MESSAGES; i++) {
            int message = i;
            client.read(
                "FETCH " + i + " (BODY.PEEK[])",
                (line, read) -> {
                  SampleCheck.check(read);
                  octets[message] = read.length;
                });
          }
          Random random = new Random(index);
          return new ImapWorkloads.Session(client) {
            @Override
            public long operate() throws IOException {
              int message = 1 + random.nextInt(LARGE_MESSAGES);
              return ImapWorkloads.ask(
                  client, "FETCH " + message + " (BODY.PEEK[])", 1, octets[message]);
            }
          };
        });
  }

  /// Messages that have just come, each once; before them, unless nothing is to be warmed up,
  /// others in a mailbox that is as new.
  static Measurement first(Target target, Options options)
      throws IOException, InterruptedException {
    if (options.warmUpSeconds() > 0) {
      first(target, options, FIRST_UNMEASURED);
    }
    return first(target, options, FIRST_MESSAGES);
  }

  private static Measurement first(Target target, Options options, int count)
      throws IOException, InterruptedException {
    List<List<Integer>> octets = fillFirst(target, options, count);
    Measurement measured =
        ClosedLoop.once(
            options.connections(),
            count,
            options,
            index -> {
              ImapClient client = Mailboxes.openUntimed(target, target.reader(index));
              client.command("SELECT " + FIRST);
              List<Integer> expected = octets.get(index);
              return new ImapWorkloads.Session(client) {
                private int message;

                @Override
                public long operate() throws IOException {
                  message++;
                  return ImapWorkloads.ask(
                      client, "FETCH " + message + " (BODY.PEEK[])", 1, expected.get(message - 1));
                }
              };
            });
    checkAndDelete(target, options, count);
    return measured;
  }

  /// Makes the mailboxes anew, and tells how large the messages of each are.
  private static List<List<Integer>> fillFirst(Target target, Options options, int count)
      throws IOException, InterruptedException {
    List<List<Integer>> octets = new ArrayList<>();
    for (int i = 0; i < options.connections(); i++) {
      octets.add(List.of());
    }
    Together.run(
        options.connections(),
        index -> {
          int user = target.reader(index);
          try (ImapClient client = Mailboxes.open(target, user)) {
            Mailboxes.unlessRefused(client, "DELETE " + FIRST);
            List<Integer> made =
                Mailboxes.fill(
                    client,
                    target.recipientOf(user),
                    FIRST,
                    count,
                    options.messageOctets(),
                    System.nanoTime());
            synchronized (octets) {
              octets.set(index, made);
            }
          }
        });
    return octets;
  }

  private static void checkAndDelete(Target target, Options options, int count)
      throws IOException, InterruptedException {
    Together.run(
        options.connections(),
        index -> {
          try (ImapClient client = Mailboxes.open(target, target.reader(index))) {
            client.command("EXAMINE " + FIRST);
            int[] checked = new int[1];
            client.read(
                "FETCH 1:* (BODY.PEEK[])",
                (line, read) -> {
                  SampleCheck.check(read);
                  checked[0]++;
                });
            if (checked[0] != count) {
              throw new IOException(checked[0] + " of " + count + " messages came back");
            }
            client.command("UNSELECT");
            client.command("DELETE " + FIRST);
          }
        });
  }

  /// A flag of ten thousand messages, set and cleared by one command of one session.
  static Measurement storeMany(Target target, Options options)
      throws IOException, InterruptedException {
    Mailboxes.fill(target, 1, target::reader, MANY, MANY_MESSAGES, MANY_OCTETS);
    return ClosedLoop.run(
        1,
        options,
        index -> {
          ImapClient client = Mailboxes.openUntimed(target, target.reader(index));
          client.command("SELECT " + MANY);
          client.command("STORE 1:* -FLAGS.SILENT (" + ImapWorkloads.FLAGGED + ")");
          return new ImapWorkloads.Session(client) {
            private boolean set;

            @Override
            public long operate() throws IOException {
              set = !set;
              return ImapWorkloads.flag(client, "1:" + MANY_MESSAGES, set, MANY_MESSAGES);
            }
          };
        });
  }
}
