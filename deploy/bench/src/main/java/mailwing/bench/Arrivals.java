package mailwing.bench;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;

/// Counts by IMAP's STATUS what arrives in INBOXes, against what was acknowledged: a message that
/// was acknowledged and is not there, or is there twice, is an error.
final class Arrivals implements Closeable {
  private static final long PATIENCE_NANOS = 300_000_000_000L;
  private static final int PAUSE_MILLIS = 20;
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
  void await() throws IOException, InterruptedException {
    long from = System.nanoTime();
    boolean[] complete = new boolean[before.length];
    while (true) {
      long missing = 0;
      for (int i = 0; i < before.length; i++) {
        if (!complete[i]) {
          int lacking = lacking(i);
          complete[i] = lacking == 0;
          missing += lacking;
        }
      }
      if (missing == 0) {
        return;
      }
      if (System.nanoTime() - from > PATIENCE_NANOS) {
        throw new IOException(
            missing + " of " + acknowledged() + " acknowledged messages did not become visible");
      }
      Thread.sleep(PAUSE_MILLIS);
    }
  }

  private int lacking(int index) throws IOException {
    int there = Mailboxes.count(clients.get(index), "INBOX");
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
