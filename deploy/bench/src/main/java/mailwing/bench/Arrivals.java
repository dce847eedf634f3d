package mailwing.bench;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;

/// Counts by IMAP's STATUS what arrives in INBOXes, against what was acknowledged: a message that
/// was acknowledged and is not there, or is there twice, is an error.
final class Arrivals implements Closeable {
  private static final long PATIENCE_NANOS = 300_000_000_000L;
  private static final int PAUSE_MILLIS = 10;
  private static final int LOOKED_INTO = 10;

  private final List<ImapClient> clients = new ArrayList<>();
  private final int[] before;
  private final AtomicIntegerArray acknowledged;

  /// Looks at the first accounts, as many as are asked for.
  Arrivals(Target target, int users) throws IOException {
    before = new int[users];
    acknowledged = new AtomicIntegerArray(users);
    try {
      for (int user = 1; user <= users; user++) {
        ImapClient client = Mailboxes.open(target, user);
        clients.add(client);
        before[user - 1] = Mailboxes.count(client, "INBOX");
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /// The server has said that it has one more message for this account, from 1.
  void acknowledge(int user) {
    acknowledged.incrementAndGet(user - 1);
  }

  /// How many messages for all accounts were acknowledged.
  long acknowledged() {
    long sum = 0;
    for (int i = 0; i < before.length; i++) {
      sum += acknowledged.get(i);
    }
    return sum;
  }

  /// Waits until STATUS tells all that was acknowledged; throws if it does not within five minutes,
  /// or tells more.
  ///
  /// All accounts are asked at the same time; while some lack messages, one of these is asked until
  /// it has all, and then the others again, so that a server that is still at work is not kept from
  /// it.
  void await() throws IOException, InterruptedException {
    long begun = System.nanoTime();
    List<Integer> waiting = IntStream.range(0, before.length).boxed().toList();
    while (!waiting.isEmpty()) {
      List<Integer> asked = waiting;
      for (int index : asked) {
        Mailboxes.askCount(clients.get(index), "INBOX");
      }
      List<Integer> lacking = new ArrayList<>();
      for (int index : asked) {
        if (lacking(index) > 0) {
          lacking.add(index);
        }
      }
      if (!lacking.isEmpty()) {
        awaitOne(lacking.getFirst(), begun);
      }
      waiting = lacking;
    }
  }

  private void awaitOne(int index, long begun) throws IOException, InterruptedException {
    while (true) {
      Thread.sleep(PAUSE_MILLIS);
      Mailboxes.askCount(clients.get(index), "INBOX");
      int missing = lacking(index);
      if (missing == 0) {
        return;
      }
      if (System.nanoTime() - begun > PATIENCE_NANOS) {
        throw new IOException(
            missing + " messages that were acknowledged did not become visible in an INBOX");
      }
    }
  }

  /// How many messages the answer that is awaited lacks.
  private int lacking(int index) throws IOException {
    int there = Mailboxes.toldCount(clients.get(index));
    int lacking = before[index] + acknowledged.get(index) - there;
    if (lacking < 0) {
      throw new IOException(
          "an INBOX holds "
              + -lacking
              + " messages more than were acknowledged: twice there, or others use the account");
    }
    return lacking;
  }

  /// Looks into the newest message of some accounts.
  void checkNewest() throws IOException {
    for (int i = 0; i < Math.min(LOOKED_INTO, before.length); i++) {
      if (acknowledged.get(i) > 0) {
        ImapClient client = clients.get(i);
        client.command("EXAMINE INBOX");
        int[] checked = new int[1];
        client.read(
            "FETCH " + (before[i] + acknowledged.get(i)) + " (BODY.PEEK[])",
            (line, octets) -> {
              SampleCheck.check(octets);
              checked[0]++;
            });
        if (checked[0] != 1) {
          throw new IOException("the newest message could not be read");
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (ImapClient client : clients) {
      client.close();
    }
  }
}
