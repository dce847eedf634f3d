package mailwing.smtp.queue;

import java.io.IOException;
import java.net.IDN;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.smtp.client.Answer;
import mailwing.smtp.client.Dialog;
import mailwing.smtp.client.HostException;
import mailwing.smtp.client.Sender;
import mailwing.smtp.client.Transfer;
import mailwing.smtp.tls.UntrustedException;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.Submission;
import org.jspecify.annotations.Nullable;

/// Takes one message to one destination: host after host, until one answers for each recipient.
final class Courier {
  private final NextHops hops;
  private final Connector connector;

  Courier(NextHops hops, Connector connector) {
    this.hops = hops;
    this.connector = connector;
  }

  /// Delivers to these recipients of the job: a result for each.
  List<QueueResult> deliver(
      Destination destination,
      QueueJob job,
      List<QueueJobRecipient> recipients,
      Transfer.Body body) {
    Round round = new Round(job, recipients, body);
    if (job.getDeliverBy() == Submission.DeliverBy.RETURN
        && job.getDeliverByMillis() <= System.currentTimeMillis()) {
      // RFC 2852 §4.1.3: no further try.
      round.rest(Answer.permanent("5.4.7", "the time is over in which it was to be delivered"));
      return round.results();
    }
    Destination.Line waiting = destination.take(round::does);
    if (waiting != null) {
      round.over(destination, waiting);
    }
    if (!round.isDone()) {
      switch (hops.of(job.getDomain())) {
        case NextHops.Found.Nowhere(Answer why) -> round.rest(why);
        case NextHops.Found.Hosts(List<NextHops.Host> hosts) -> {
          for (NextHops.Host host : hosts) {
            if (!round.isDone()) {
              round.at(destination, host);
            }
          }
        }
      }
    }
    return round.results();
  }

  /// The way of one message through a destination's hosts.
  private final class Round {
    private final QueueJob job;
    private final Transfer.Body body;
    private final List<QueueJobRecipient> open;
    private final Map<Integer, QueueResult> results = new HashMap<>();
    private final Assurance need;
    private Answer last = Answer.later("4.4.1", "no host could be reached");
    private String lastHost = "";
    private String lastAddress = "";

    /// Why a host that was reached may not have the message (RFC 8689 §4.2.1).
    private @Nullable Answer unmet;

    /// Another host may take it later.
    private boolean hopeful;

    Round(QueueJob job, List<QueueJobRecipient> recipients, Transfer.Body body) {
      this.job = job;
      this.body = body;
      this.open = new ArrayList<>(recipients);
      this.need = need(job);
    }

    boolean isDone() {
      return open.isEmpty();
    }

    boolean does(Destination.Line line) {
      return line.assurance().compareTo(need) >= 0
          && (need != Assurance.VERIFIED || line.dialog().offers("REQUIRETLS"));
    }

    void at(Destination destination, NextHops.Host host) {
      lastHost = host.name();
      lastAddress = host.address().getAddress().getHostAddress();
      Destination.Line line;
      try {
        line = connector.open(host, need);
      } catch (HostException e) {
        failed(Answer.later(e.status(), e.why()), isForTls(e));
        return;
      } catch (IOException e) {
        failed(Answer.later("4.4.2", e.toString()), false);
        return;
      }
      if (does(line)) {
        over(destination, line);
      } else {
        destination.give(line);
        unmet = Answer.permanent("5.7.30", host.name() + " does not know REQUIRETLS");
      }
    }

    private static boolean isForTls(HostException e) {
      return e.status().equals(Connector.NO_TLS) || UntrustedException.in(e) != null;
    }

    private void failed(Answer why, boolean forTls) {
      last = why;
      if (need == Assurance.VERIFIED && forTls) {
        unmet = Answer.permanent("5.7.10", why.text());
      } else {
        hopeful = true;
      }
    }

    void over(Destination destination, Destination.Line line) {
      boolean more = true;
      while (more) {
        more = transact(destination, line);
      }
    }

    /// One transaction; true where the host has taken the message for some and wants to be told of
    /// the others in a next one (RFC 5321 §4.5.3.1.10).
    private boolean transact(Destination destination, Destination.Line line) {
      Dialog dialog = line.dialog();
      List<QueueJobRecipient> asked = List.copyOf(open);
      Sender sender = new Sender(dialog, transfer(asked, line));
      try {
        List<Answer> answers = sender.send();
        boolean taken = answers.stream().anyMatch(answer -> answer.kind() == Answer.Kind.DELIVERED);
        boolean more = false;
        for (int i = 0; i < asked.size(); i++) {
          if (taken && answers.get(i).isTooMany() && dialog.isOpen()) {
            more = true;
          } else {
            settle(asked.get(i), answers.get(i), line);
          }
        }
        if (!more) {
          destination.give(line);
        }
        return more;
      } catch (IOException e) {
        dialog.abort();
        failed(
            Answer.later(
                e instanceof HostException known ? known.status() : "4.4.2",
                String.valueOf(e.getMessage())),
            false);
        List<Optional<Answer>> known = sender.known();
        for (int i = 0; i < asked.size(); i++) {
          Optional<Answer> answer = known.get(i);
          if (answer.isPresent() && answer.get().kind() == Answer.Kind.PERMANENT) {
            settle(asked.get(i), answer.get(), line);
          }
        }
        if (sender.dotSent()) {
          rest(last);
        }
        return false;
      } catch (RuntimeException e) {
        dialog.abort();
        throw e;
      }
    }

    private void settle(QueueJobRecipient recipient, Answer answer, Destination.Line line) {
      QueueResult.Builder result =
          result(recipient, answer)
              .setRemoteHost(answer.replied() ? line.host() : "")
              .setRemoteAddress(line.dialog().address().getAddress().getHostAddress())
              .setTls(line.tls())
              .setNotifies(line.dialog().offers("DSN"))
              .setKeepsTime(line.dialog().offers("DELIVERBY"));
      results.put(recipient.getNumber(), result.build());
      open.remove(recipient);
    }

    void rest(Answer answer) {
      for (QueueJobRecipient recipient : open) {
        results.put(
            recipient.getNumber(),
            result(recipient, answer)
                .setRemoteHost(answer.replied() ? lastHost : "")
                .setRemoteAddress(lastAddress)
                .build());
      }
      open.clear();
    }

    private static QueueResult.Builder result(QueueJobRecipient recipient, Answer answer) {
      return QueueResult.newBuilder()
          .setNumber(recipient.getNumber())
          .setOutcome(
              switch (answer.kind()) {
                case DELIVERED -> QueueResult.Outcome.DELIVERED;
                case TRANSIENT -> QueueResult.Outcome.TRANSIENT;
                case PERMANENT -> QueueResult.Outcome.PERMANENT;
              })
          .setStatus(answer.status())
          .setReply(answer.text());
    }

    List<QueueResult> results() {
      Answer why = unmet;
      rest(why == null || hopeful ? last : why);
      return List.copyOf(results.values());
    }

    private Transfer transfer(List<QueueJobRecipient> asked, Destination.Line line) {
      String from = path(job.getReversePath(), Optional.empty());
      boolean utf8 = (job.getSmtpUtf8() && job.getEightBitHeader()) || !isAscii(from);
      List<Transfer.Recipient> recipients = new ArrayList<>();
      for (QueueJobRecipient recipient : asked) {
        String to = path(recipient.getPath(), Optional.of(job.getDomain()));
        utf8 |= !isAscii(to);
        recipients.add(
            new Transfer.Recipient(
                to, reports(recipient.getNotify()), recipient.getOriginalRecipient()));
      }
      return new Transfer(
          from,
          job.getSize(),
          job.getEightBitBody() || job.getEightBitHeader(),
          job.getBinary(),
          utf8,
          job.getRequireTls() && isKept(line),
          time(job),
          job.getPriority(),
          job.getReturn() == Submission.Return.FULL
              ? "FULL"
              : job.getReturn() == Submission.Return.HEADERS ? "HDRS" : "",
          job.getEnvelopeId(),
          recipients,
          body);
    }
  }

  private static Transfer.@Nullable Time time(QueueJob job) {
    return job.getDeliverByMillis() == 0
        ? null
        : new Transfer.Time(
            job.getDeliverByMillis(),
            job.getDeliverBy() == Submission.DeliverBy.RETURN,
            job.getDeliverByTrace());
  }

  /// What a message needs of a connection. A notification that cannot be protected as its message
  /// was goes all the same: it has that message's header alone (RFC 8689 §5).
  private static Assurance need(QueueJob job) {
    if (job.getRequireTls()) {
      return job.getReversePath().isEmpty() ? Assurance.POLICY : Assurance.VERIFIED;
    }
    return job.getTlsOptional() ? Assurance.NONE : Assurance.POLICY;
  }

  /// Will the next host keep the promise of REQUIRETLS?
  private static boolean isKept(Destination.Line line) {
    return line.assurance() == Assurance.VERIFIED && line.dialog().offers("REQUIRETLS");
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 128);
  }

  /// A path whose local part is ASCII goes out in ASCII as a whole (RFC 6531 §3.2).
  private static String path(String path, Optional<String> asciiDomain) {
    int at = path.lastIndexOf('@');
    if (at < 0 || isAscii(path) || !isAscii(path.substring(0, at))) {
      return path;
    }
    try {
      return path.substring(0, at + 1)
          + asciiDomain.orElseGet(() -> IDN.toASCII(path.substring(at + 1)));
    } catch (IllegalArgumentException e) {
      return path;
    }
  }

  private static String reports(int notify) {
    List<String> words = new ArrayList<>();
    String[] names = {"NEVER", "SUCCESS", "FAILURE", "DELAY"};
    for (int bit = 0; bit < names.length; bit++) {
      if ((notify & 1 << bit) != 0) {
        words.add(names[bit]);
      }
    }
    return String.join(",", words);
  }
}
