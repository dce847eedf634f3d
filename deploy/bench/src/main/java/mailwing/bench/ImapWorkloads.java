package mailwing.bench;

import java.io.IOException;
import java.util.Random;
import java.util.function.Function;

/// Commands of IMAP sessions, one session a connection, accounts in turn.
final class ImapWorkloads {
  private static final String FIELDS =
      "BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority"
          + " References Newsgroups In-Reply-To Content-Type Reply-To)]";
  private static final int RANGE = 50;

  private ImapWorkloads() {}

  static Measurement append(Target target, Options options)
      throws IOException, InterruptedException {
    return loop(
        options,
        index -> {
          ImapClient client = loggedIn(target, index);
          SampleMessages samples = new SampleMessages(options.messageOctets(), index);
          byte[] message = samples.next("sender@bench.test", "reader@bench.test");
          return new Session(client) {
            @Override
            public long operate() throws IOException {
              client.append("INBOX", message);
              return message.length;
            }
          };
        });
  }

  static Measurement login(Target target, Options options)
      throws IOException, InterruptedException {
    return loop(
        options,
        index -> {
          Random random = new Random(index);
          return new ClosedLoop.Client() {
            @Override
            public long operate() throws IOException {
              try (ImapClient client = loggedIn(target, random.nextInt(target.users()))) {
                client.command("SELECT INBOX");
                client.command("LOGOUT");
                return client.octetsRead();
              }
            }

            @Override
            public void close() {}
          };
        });
  }

  /// One command over and over, not selected.
  static Measurement repeated(Target target, Options options, Function<Random, String> command)
      throws IOException, InterruptedException {
    return loop(options, index -> new Commands(loggedIn(target, index), index, command));
  }

  /// One command over and over in a selected INBOX.
  static Measurement selected(Target target, Options options, Function<Random, String> command)
      throws IOException, InterruptedException {
    return loop(
        options,
        index -> {
          ImapClient client = loggedIn(target, index);
          client.command("SELECT INBOX");
          return new Commands(client, index, command);
        });
  }

  static Measurement headers(Target target, Options options)
      throws IOException, InterruptedException {
    int last = Math.max(1, options.seeded() - RANGE + 1);
    return selected(
        target,
        options,
        random -> {
          int first = 1 + random.nextInt(last);
          return "FETCH "
              + first
              + ":"
              + (first + RANGE - 1)
              + " (UID RFC822.SIZE FLAGS "
              + FIELDS
              + ")";
        });
  }

  static Measurement bodies(Target target, Options options)
      throws IOException, InterruptedException {
    return selected(
        target,
        options,
        random -> "FETCH " + (1 + random.nextInt(options.seeded())) + " (BODY.PEEK[])");
  }

  static Measurement store(Target target, Options options)
      throws IOException, InterruptedException {
    return selected(
        target,
        options,
        random ->
            "STORE "
                + (1 + random.nextInt(options.seeded()))
                + (random.nextBoolean() ? " +FLAGS" : " -FLAGS")
                + " (\\Flagged)");
  }

  static Measurement mixed(Target target, Options options)
      throws IOException, InterruptedException {
    return selected(
        target,
        options,
        random -> {
          int message = 1 + random.nextInt(options.seeded());
          return switch (random.nextInt(10)) {
            case 0 -> "STORE " + message + " +FLAGS (\\Seen)";
            case 1 -> "STATUS INBOX (MESSAGES UIDNEXT)";
            case 2 -> "NOOP";
            case 3 -> "SEARCH UNSEEN";
            case 4, 5 -> "FETCH " + message + " (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)";
            case 6 -> "FETCH " + message + " (UID " + FIELDS + ")";
            case 7 -> "UID FETCH 1:* (FLAGS)";
            default -> "FETCH " + message + " (BODY.PEEK[])";
          };
        });
  }

  private static ImapClient loggedIn(Target target, int index) throws IOException {
    ImapClient client = new ImapClient(target.host(), target.imapPort());
    client.login(target.loginOf(1 + index % target.users()), target.password());
    return client;
  }

  private static Measurement loop(Options options, ClosedLoop.Opening opening)
      throws IOException, InterruptedException {
    return ClosedLoop.run(options.connections(), options, opening);
  }

  private abstract static class Session implements ClosedLoop.Client {
    private final ImapClient client;

    Session(ImapClient client) {
      this.client = client;
    }

    @Override
    public void close() throws IOException {
      client.close();
    }
  }

  private static final class Commands extends Session {
    private final ImapClient client;
    private final Random random;
    private final Function<Random, String> command;

    Commands(ImapClient client, long seed, Function<Random, String> command) {
      super(client);
      this.client = client;
      this.random = new Random(seed);
      this.command = command;
    }

    @Override
    public long operate() throws IOException {
      long before = client.octetsRead();
      client.command(command.apply(random));
      return client.octetsRead() - before;
    }
  }
}
