package mailwing.smtp.queue;

import java.io.IOException;
import java.net.IDN;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import mailwing.smtp.client.Answer;
import mailwing.smtp.client.Dialog;
import mailwing.smtp.client.HostException;
import mailwing.smtp.client.HostReply;
import mailwing.smtp.client.Sender;
import mailwing.smtp.client.Transfer;
import mailwing.store.v1.QueueJob;
import mailwing.store.v1.QueueJobRecipient;
import mailwing.store.v1.QueueResult;
import mailwing.store.v1.Submission;
import org.jspecify.annotations.Nullable;

/// Takes one message to one destination: host after host, until one answers for each recipient.
final class Courier {
  private final OutboundConfig config;
  private final NextHops hops;
  private final String own;
  private final SSLContext anyone;
  private final SSLContext verified;

  /// @param verified for hops whose certificate has to be right
  Courier(OutboundConfig config, NextHops hops, String own, SSLContext verified) {
    this.config = config;
    this.hops = hops;
    this.own = own;
    this.verified = verified;
    try {
      anyone = SSLContext.getInstance("TLS");
      anyone.init(null, new TrustManager[] {new Anyone()}, null);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Opportunistic TLS asks for no certificate (RFC 7435): encrypted to somebody is better than in
  /// the clear to everybody.
  private static final class Anyone extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, java.net.Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
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
    Destination.Lent lent = destination.take();
    if (lent != null) {
      round.over(destination, lent.dialog(), lent.host());
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
    private Answer last = Answer.later("4.4.1", "no host could be reached");
    private String lastHost = "";
    private String lastAddress = "";

    Round(QueueJob job, List<QueueJobRecipient> recipients, Transfer.Body body) {
      this.job = job;
      this.body = body;
      this.open = new ArrayList<>(recipients);
    }

    boolean isDone() {
      return open.isEmpty();
    }

    void at(Destination destination, NextHops.Host host) {
      lastHost = host.name();
      lastAddress = host.address().getAddress().getHostAddress();
      Dialog dialog;
      try {
        dialog = open(host);
      } catch (HostException e) {
        last = Answer.later(e.status(), e.why());
        return;
      } catch (IOException e) {
        last = Answer.later("4.4.2", e.toString());
        return;
      }
      over(destination, dialog, host.name());
    }

    void over(Destination destination, Dialog dialog, String host) {
      boolean more = true;
      while (more) {
        more = transact(destination, dialog, host);
      }
    }

    /// One transaction; true where the host has taken the message for some and wants to be told of
    /// the others in a next one (RFC 5321 §4.5.3.1.10).
    private boolean transact(Destination destination, Dialog dialog, String host) {
      List<QueueJobRecipient> asked = List.copyOf(open);
      Sender sender = new Sender(dialog, transfer(asked));
      try {
        List<Answer> answers = sender.send();
        boolean taken = answers.stream().anyMatch(answer -> answer.kind() == Answer.Kind.DELIVERED);
        boolean more = false;
        for (int i = 0; i < asked.size(); i++) {
          if (taken && answers.get(i).isTooMany() && dialog.isOpen()) {
            more = true;
          } else {
            settle(asked.get(i), answers.get(i), dialog, host);
          }
        }
        if (!more) {
          destination.give(dialog, host);
        }
        return more;
      } catch (IOException e) {
        dialog.abort();
        last =
            Answer.later(
                e instanceof HostException known ? known.status() : "4.4.2",
                String.valueOf(e.getMessage()));
        List<Optional<Answer>> known = sender.known();
        for (int i = 0; i < asked.size(); i++) {
          Optional<Answer> answer = known.get(i);
          if (answer.isPresent() && answer.get().kind() == Answer.Kind.PERMANENT) {
            settle(asked.get(i), answer.get(), dialog, host);
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

    private void settle(QueueJobRecipient recipient, Answer answer, Dialog dialog, String host) {
      QueueResult.Builder result =
          result(recipient, answer)
              .setRemoteHost(answer.replied() ? host : "")
              .setRemoteAddress(dialog.address().getAddress().getHostAddress())
              .setTls(dialog.tls())
              .setNotifies(dialog.offers("DSN"))
              .setKeepsTime(dialog.offers("DELIVERBY"));
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
      rest(last);
      return List.copyOf(results.values());
    }

    private Transfer transfer(List<QueueJobRecipient> asked) {
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
          job.getRequireTls(),
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

  /// A dialog that is ready for MAIL. HostException where the host cannot be used now.
  private Dialog open(NextHops.Host host) throws IOException {
    try {
      return open(host, host.tls() != OutboundConfig.Tls.NONE);
    } catch (HostException e) {
      // RFC 7435: where TLS is there but does not work, mail goes in the clear all the same.
      if (host.tls() == OutboundConfig.Tls.OPPORTUNISTIC
          && e.status().equals(Dialog.NO_HANDSHAKE)) {
        return open(host, false);
      }
      throw e;
    }
  }

  private Dialog open(NextHops.Host host, boolean encrypted) throws IOException {
    boolean strict =
        host.tls() == OutboundConfig.Tls.VERIFIED || host.tls() == OutboundConfig.Tls.IMPLICIT;
    Dialog.Encryption encryption =
        new Dialog.Encryption(strict ? verified : anyone, host.name(), strict);
    Dialog dialog =
        Dialog.connect(
            host.address(),
            own,
            config.times(),
            host.tls() == OutboundConfig.Tls.IMPLICIT ? encryption : null);
    boolean ready = false;
    try {
      HostReply greeting = expect(dialog.greeting());
      String first = greeting.lines().getFirst();
      if (first.toLowerCase(Locale.ROOT).split(" ", 2)[0].equals(own.toLowerCase(Locale.ROOT))) {
        throw new HostException("4.4.6", "the host at " + host.address() + " is this one");
      }
      expect(dialog.greet());
      if (encrypted && dialog.tls().isEmpty()) {
        if (dialog.offers("STARTTLS")) {
          HostReply reply = dialog.startTls(encryption);
          if (reply.isPositive()) {
            expect(dialog.greet());
          } else if (strict) {
            throw refused(reply);
          }
        } else if (strict) {
          throw new HostException("4.7.0", "the host offers no TLS");
        }
      }
      if (strict && config.login().isPresent()) {
        OutboundConfig.Login login = config.login().get();
        expect(dialog.authenticate(login.user(), login.password()));
      }
      ready = true;
      return dialog;
    } finally {
      if (!ready) {
        dialog.abort();
      }
    }
  }

  /// A host that does not greet is tried again later, whatever it says: another one may (RFC 5321
  /// §4.2.1, §5.1).
  private static HostReply expect(HostReply reply) throws HostException {
    if (!reply.isPositive()) {
      throw refused(reply);
    }
    return reply;
  }

  private static HostException refused(HostReply reply) {
    String status = reply.status();
    return new HostException("4" + status.substring(1), reply.text());
  }
}
