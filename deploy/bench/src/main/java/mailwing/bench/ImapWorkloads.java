package mailwing.bench;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.IntFunction;

/// Commands of IMAP sessions, one session and one account a connection. What is read is compared
/// with what was stored, first octet for octet, then in each answer by how many messages and octets
/// it tells.
final class ImapWorkloads {
  static final int RANGE = 50;
  static final String FIELDS =
      "BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority"
          + " References Newsgroups In-Reply-To Content-Type Reply-To)]";
  static final String FLAGGED = "\\Flagged";
  static final String METADATA = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)";

  private ImapWorkloads() {}

  static Measurement append(Target target, Options options)
      throws IOException, InterruptedException {
    int users = Math.min(options.connections(), target.users());
    try (Arrivals arrivals = new Arrivals(target, users)) {
      Measurement appended =
          ClosedLoop.run(
              options.connections(),
              options,
              index -> {
                int user = 1 + index % users;
                ImapClient client = Mailboxes.openUntimed(target, user);
                SampleMessages samples = new SampleMessages(options.messageOctets(), index);
                byte[] message = samples.next("sender@bench.test", target.recipientOf(user));
                return new Session(client) {
                  @Override
                  public long operate() throws IOException {
                    client.append("INBOX", message);
                    arrivals.acknowledge(user);
                    return message.length;
                  }
                };
              });
      arrivals.await();
      arrivals.checkNewest();
      return appended;
    }
  }

  static Measurement login(Target target, Options options)
      throws IOException, InterruptedException {
    return ClosedLoop.run(
        options.connections(),
        options,
        index -> {
          Random random = new Random(index);
          return new ClosedLoop.Client() {
            @Override
            public long operate() throws IOException {
              try (ImapClient client =
                  Mailboxes.openUntimed(target, 1 + random.nextInt(target.users()))) {
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

  static Measurement status(Target target, Options options)
      throws IOException, InterruptedException {
    return ClosedLoop.run(
        options.connections(),
        options,
        index -> {
          ImapClient client = Mailboxes.openUntimed(target, target.reader(index));
          int messages = Mailboxes.count(client, "INBOX");
          return new Session(client) {
            @Override
            public long operate() throws IOException {
              long before = client.octetsRead();
              boolean[] told = new boolean[1];
              client.command(
                  "STATUS INBOX (MESSAGES UIDNEXT UNSEEN)",
                  line -> told[0] |= line.contains("MESSAGES " + messages));
              if (!told[0]) {
                throw new IOException("STATUS told no or another number of messages");
              }
              return client.octetsRead() - before;
            }
          };
        });
  }

  static Measurement flags(Target target, Options options)
      throws IOException, InterruptedException {
    int all = options.seeded();
    return asked(target, options, known -> r -> new Asked("FETCH 1:" + all + " (FLAGS)", all, 0));
  }

  static Measurement envelopes(Target target, Options options)
      throws IOException, InterruptedException {
    int all = options.seeded();
    return asked(
        target, options, known -> r -> new Asked("FETCH 1:" + all + " (ENVELOPE)", all, 0));
  }

  static Measurement metadata(Target target, Options options)
      throws IOException, InterruptedException {
    int range = Math.min(RANGE, options.seeded());
    return asked(
        target,
        options,
        known ->
            random -> {
              int first = 1 + random.nextInt(options.seeded() - range + 1);
              return new Asked(
                  "FETCH " + first + ":" + (first + range - 1) + " " + METADATA, range, 0);
            });
  }

  static Measurement headers(Target target, Options options)
      throws IOException, InterruptedException {
    int range = Math.min(RANGE, options.seeded());
    return asked(
        target,
        options,
        known ->
            random -> {
              int first = 1 + random.nextInt(options.seeded() - range + 1);
              int last = first + range - 1;
              return new Asked(
                  "FETCH " + first + ":" + last + " (UID RFC822.SIZE FLAGS " + FIELDS + ")",
                  range,
                  known.headerOctets(first, last));
            });
  }

  static Measurement bodies(Target target, Options options)
      throws IOException, InterruptedException {
    return asked(target, options, known -> random -> body(known, options, random));
  }

  private static Asked body(KnownMessages known, Options options, Random random) {
    int message = 1 + random.nextInt(options.seeded());
    return new Asked("FETCH " + message + " (BODY.PEEK[])", 1, known.octets(message));
  }

  static Measurement store(Target target, Options options)
      throws IOException, InterruptedException {
    return ClosedLoop.run(
        options.connections(),
        options,
        index -> {
          ImapClient client = selected(target, index);
          client.command("STORE 1:" + options.seeded() + " -FLAGS.SILENT (" + FLAGGED + ")");
          boolean[] flagged = new boolean[options.seeded() + 1];
          Random random = new Random(index);
          return new Session(client) {
            @Override
            public long operate() throws IOException {
              int message = 1 + random.nextInt(options.seeded());
              flagged[message] = !flagged[message];
              return flag(client, Integer.toString(message), flagged[message], 1);
            }
          };
        });
  }

  /// Sets a flag of messages that have it not, or clears it of those that have, and answers how
  /// many octets told so.
  static long flag(ImapClient client, String messages, boolean set, int count) throws IOException {
    long before = client.octetsRead();
    boolean[] last = new boolean[1];
    client.command(
        "STORE " + messages + (set ? " +" : " -") + "FLAGS (" + FLAGGED + ")",
        line -> {
          if (ImapClient.isFetch(line)) {
            last[0] = line.contains(FLAGGED);
          }
        });
    // One that was changed a moment ago may be told of twice.
    if (client.fetches() < count || last[0] != set) {
      throw new IOException(
          "STORE of "
              + messages
              + " was answered by "
              + client.fetches()
              + " FETCH, the last of them "
              + (last[0] ? "with " : "without ")
              + FLAGGED);
    }
    return client.octetsRead() - before;
  }

  static Measurement mixed(Target target, Options options)
      throws IOException, InterruptedException {
    int all = options.seeded();
    return asked(
        target,
        options.with(options.mixedConnections()),
        known ->
            random -> {
              int message = 1 + random.nextInt(all);
              return switch (random.nextInt(10)) {
                case 0 -> new Asked("STORE " + message + " +FLAGS (\\Seen)", 0, 0);
                case 1 -> new Asked("STATUS INBOX (MESSAGES UIDNEXT)", 0, 0);
                case 2 -> new Asked("NOOP", 0, 0);
                case 3 -> new Asked("SEARCH UNSEEN", 0, 0);
                case 4, 5 -> new Asked("FETCH " + message + " " + METADATA, 1, 0);
                case 6 ->
                    new Asked(
                        "FETCH " + message + " (UID " + FIELDS + ")",
                        1,
                        known.headerOctets(message, message));
                case 7 -> new Asked("FETCH 1:" + all + " (FLAGS)", all, 0);
                default -> body(known, options, random);
              };
            });
  }

  /// A command, and what its answer must hold.
  ///
  /// @param fetches FETCH answers
  /// @param literalOctets of all of them
  private record Asked(String command, int fetches, long literalOctets) {}

  private interface Asking {
    Asked next(Random random);
  }

  /// One session a connection asks over and over, in an INBOX of its own.
  private static Measurement asked(
      Target target, Options options, Function<KnownMessages, Asking> asking)
      throws IOException, InterruptedException {
    List<KnownMessages> known = KnownMessages.of(target, options);
    IntFunction<Asking> each = index -> asking.apply(known.get(index));
    return ClosedLoop.run(
        options.connections(),
        options,
        index -> {
          ImapClient client = selected(target, index);
          Random random = new Random(index);
          Asking next = each.apply(index);
          return new Session(client) {
            @Override
            public long operate() throws IOException {
              Asked asked = next.next(random);
              return ask(client, asked.command(), asked.fetches(), asked.literalOctets());
            }
          };
        });
  }

  /// Sends a command, checks how much the answer holds and tells how many octets it had.
  static long ask(ImapClient client, String command, int fetches, long literalOctets)
      throws IOException {
    long before = client.octetsRead();
    client.command(command);
    if (client.fetches() < fetches || client.literalOctets() != literalOctets) {
      throw new IOException(
          command
              + " was answered by "
              + client.fetches()
              + " FETCH with "
              + client.literalOctets()
              + " octets of literals, not "
              + fetches
              + " with "
              + literalOctets);
    }
    return client.octetsRead() - before;
  }

  private static ImapClient selected(Target target, int index) throws IOException {
    ImapClient client = Mailboxes.openUntimed(target, target.reader(index));
    client.command("SELECT INBOX");
    return client;
  }

  abstract static class Session implements ClosedLoop.Client {
    private final ImapClient client;

    Session(ImapClient client) {
      this.client = client;
    }

    @Override
    public void close() throws IOException {
      client.close();
    }
  }
}
