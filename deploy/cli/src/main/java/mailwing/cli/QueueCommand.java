package mailwing.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import mailwing.store.v1.ChangeQueueRequest;
import mailwing.store.v1.ChangeQueueRequest.Change;
import mailwing.store.v1.ListQueueRequest;
import mailwing.store.v1.ListSuspendedRequest;
import mailwing.store.v1.QueueAttempt;
import mailwing.store.v1.QueueFilter;
import mailwing.store.v1.QueuedMessage;
import mailwing.store.v1.QueuedRecipient;
import mailwing.store.v1.SetSuspendedRequest;
import mailwing.store.v1.Suspension;
import mailwing.store.v1.TakeBackRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The outbound queue.
@Command(
    name = "queue",
    description = "Mail that waits to be sent to other systems.",
    mixinStandardHelpOptions = true)
public final class QueueCommand implements Runnable {
  @Spec CommandSpec spec;

  /// What of the queue is meant.
  static final class Selection {
    @Option(names = "--id", paramLabel = "ID", description = "As the 250 reply said it.")
    @Nullable String id;

    @Option(names = "--domain", paramLabel = "DOMAIN", description = "The recipients' domain.")
    @Nullable String domain;

    @Option(names = "--sender", paramLabel = "ADDRESS")
    @Nullable String sender;

    @Option(names = "--recipient", paramLabel = "ADDRESS")
    @Nullable String recipient;

    QueueFilter filter() {
      return QueueFilter.newBuilder()
          .setQueueId(text(id))
          .setDomain(text(domain))
          .setSender(text(sender))
          .setRecipient(text(recipient))
          .build();
    }

    private static String text(@Nullable String value) {
      return value == null ? "" : value;
    }
  }

  /// Everything, where nothing else is said.
  static final class All {
    @Option(names = "--all", description = "All there is.")
    boolean all;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "say list, show, take-back, flush, hold, release, requeue, delete, return, suspend, resume"
            + " or suspended");
  }

  @Command(
      name = "list",
      description = "Lists what waits: id, age, sender, and each recipient with its state.",
      mixinStandardHelpOptions = true)
  void list(@Mixin StoreOptions store, @Mixin Selection selection) {
    Admin.with(
        store,
        client ->
            client.callQueue(
                "queue",
                s -> {
                  s.listQueue(ListQueueRequest.newBuilder().setFilter(selection.filter()).build())
                      .forEachRemaining(message -> print(message, false));
                  return true;
                }));
  }

  @Command(
      name = "show",
      description = "Tells what became of one message so far, each try.",
      mixinStandardHelpOptions = true)
  void show(@Mixin StoreOptions store, @Parameters(paramLabel = "ID") String id) {
    boolean[] found = new boolean[1];
    Admin.with(
        store,
        client ->
            client.callQueue(
                id,
                s -> {
                  s.listQueue(
                          ListQueueRequest.newBuilder()
                              .setFilter(QueueFilter.newBuilder().setQueueId(id))
                              .setFinished(true)
                              .setWithAttempts(true)
                              .build())
                      .forEachRemaining(
                          message -> {
                            found[0] = true;
                            print(message, true);
                          });
                  return true;
                }));
    if (!found[0]) {
      throw new CliException("no message " + id + " is in the queue or remembered");
    }
  }

  private void print(QueuedMessage message, boolean whole) {
    PrintWriter out = Admin.out(spec);
    out.printf(
        "%s  %s  %d octets  <%s>%s%s%s%n",
        message.getQueueId(),
        at(message.getCreatedAtMillis()),
        message.getSize(),
        message.getReversePath(),
        message.getHoldUntilMillis() > System.currentTimeMillis()
            ? "  held until " + at(message.getHoldUntilMillis())
            : "",
        message.getDeliverByMillis() > 0 ? "  due by " + at(message.getDeliverByMillis()) : "",
        message.getPriority() != 0 ? "  priority " + message.getPriority() : "");
    for (QueuedRecipient recipient : message.getRecipientsList()) {
      out.printf(
          "    <%s>  %s%s%s%n",
          recipient.getPath(),
          recipient.getState().name().toLowerCase(Locale.ROOT),
          recipient.getState() == QueuedRecipient.State.WAITING
              ? " for " + until(recipient.getNextAtMillis())
              : "",
          recipient.getAttempts() > 0
              ? ", " + recipient.getAttempts() + " tried: " + oneLine(recipient.getReply())
              : "");
      if (whole) {
        for (QueueAttempt attempt : recipient.getAttemptList()) {
          var result = attempt.getResult();
          out.printf(
              "        %s  %s  %s %s%s: %s%n",
              at(attempt.getAtMillis()),
              attempt.getWorker(),
              result.getRemoteHost().isEmpty() ? "-" : result.getRemoteHost(),
              result.getRemoteAddress(),
              result.getTls().isEmpty() ? "" : " (" + result.getTls() + ")",
              oneLine(result.getReply()));
        }
      }
    }
  }

  private static String oneLine(String text) {
    return text.replace('\n', ' ');
  }

  private static Instant at(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS);
  }

  /// Such as 2d3h4m5s.
  private static String until(long millis) {
    Duration time = Duration.ofMillis(Math.max(0, millis - System.currentTimeMillis()));
    return (time.toDaysPart() > 0 ? time.toDaysPart() + "d" : "")
        + (time.toHoursPart() > 0 ? time.toHoursPart() + "h" : "")
        + (time.toMinutesPart() > 0 ? time.toMinutesPart() + "m" : "")
        + time.toSecondsPart()
        + "s";
  }

  private static String recipients(int count) {
    return count == 1 ? "1 recipient" : count + " recipients";
  }

  @Command(
      name = "take-back",
      description =
          "Takes back a message that is still held, since its sender asked for that or may undo:"
              + " nobody gets it, nobody is told.",
      mixinStandardHelpOptions = true)
  void takeBack(@Mixin StoreOptions store, @Parameters(paramLabel = "ID") String id) {
    Admin.with(
        store,
        client -> {
          var answer =
              client.callQueue(
                  id, s -> s.takeBack(TakeBackRequest.newBuilder().setQueueId(id).build()));
          Admin.out(spec).println(recipients(answer.getRecipients()));
        });
  }

  @Command(name = "flush", description = "Tries now.", mixinStandardHelpOptions = true)
  void flush(@Mixin StoreOptions store, @Mixin Selection selection, @Mixin All all) {
    change(store, Change.FLUSH, selection, all);
  }

  @Command(
      name = "hold",
      description = "Stops what is there until it is released.",
      mixinStandardHelpOptions = true)
  void hold(@Mixin StoreOptions store, @Mixin Selection selection, @Mixin All all) {
    change(store, Change.HOLD, selection, all);
  }

  @Command(name = "release", description = "Ends a hold.", mixinStandardHelpOptions = true)
  void release(@Mixin StoreOptions store, @Mixin Selection selection, @Mixin All all) {
    change(store, Change.RELEASE, selection, all);
  }

  @Command(
      name = "requeue",
      description = "Tries now, with all the time before it again.",
      mixinStandardHelpOptions = true)
  void requeue(@Mixin StoreOptions store, @Mixin Selection selection, @Mixin All all) {
    change(store, Change.REQUEUE, selection, all);
  }

  @Command(
      name = "delete",
      description = "Removes without telling anybody.",
      mixinStandardHelpOptions = true)
  void delete(@Mixin StoreOptions store, @Mixin Selection selection, @Mixin All all) {
    change(store, Change.DELETE, selection, all);
  }

  @Command(
      name = "return",
      description = "Removes, and tells the sender that it was not delivered.",
      mixinStandardHelpOptions = true)
  void giveBack(@Mixin StoreOptions store, @Mixin Selection selection, @Mixin All all) {
    change(store, Change.BOUNCE, selection, all);
  }

  private void change(StoreOptions store, Change change, Selection selection, All all) {
    Admin.with(
        store,
        client -> {
          var answer =
              client.callQueue(
                  "queue",
                  s ->
                      s.changeQueue(
                          ChangeQueueRequest.newBuilder()
                              .setChange(change)
                              .setFilter(selection.filter())
                              .setAll(all.all)
                              .build()));
          Admin.out(spec)
              .printf(
                  "%s%s%n",
                  recipients(answer.getChanged()),
                  answer.getInProgress() == 0
                      ? ""
                      : "; " + answer.getInProgress() + " are being sent and were left alone");
        });
  }

  @Command(
      name = "suspend",
      description = "Stops what is there and what will come, until it is resumed.",
      mixinStandardHelpOptions = true)
  void suspend(@Mixin StoreOptions store, @Mixin Selection selection, @Mixin All all) {
    suspend(store, selection, all, true);
  }

  @Command(name = "resume", description = "Ends a suspension.", mixinStandardHelpOptions = true)
  void resume(@Mixin StoreOptions store, @Mixin Selection selection, @Mixin All all) {
    suspend(store, selection, all, false);
  }

  private void suspend(StoreOptions store, Selection selection, All all, boolean suspended) {
    QueueFilter filter = selection.filter();
    if (!filter.getQueueId().isEmpty()) {
      throw new ParameterException(spec.commandLine(), "one message is held, not suspended");
    }
    Admin.with(
        store,
        client -> {
          var answer =
              client.callQueue(
                  "suspension",
                  s ->
                      s.setSuspended(
                          SetSuspendedRequest.newBuilder()
                              .setSuspension(
                                  Suspension.newBuilder()
                                      .setDomain(filter.getDomain())
                                      .setSender(filter.getSender())
                                      .setRecipient(filter.getRecipient())
                                      .setEverything(all.all))
                              .setSuspended(suspended)
                              .build()));
          Admin.out(spec).println(recipients(answer.getChanged()));
        });
  }

  @Command(
      name = "suspended",
      description = "Lists what is suspended.",
      mixinStandardHelpOptions = true)
  void suspended(@Mixin StoreOptions store) {
    Admin.with(
        store,
        client ->
            client
                .callQueue(
                    "suspensions", s -> s.listSuspended(ListSuspendedRequest.getDefaultInstance()))
                .getSuspensionsList()
                .forEach(one -> Admin.out(spec).println(text(one))));
  }

  private static String text(Suspension one) {
    if (one.getEverything()) {
      return "everything";
    }
    if (!one.getDomain().isEmpty()) {
      return "domain " + one.getDomain();
    }
    return one.getSender().isEmpty()
        ? "recipient " + one.getRecipient()
        : "sender " + one.getSender();
  }
}
