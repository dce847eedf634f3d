package mailwing.smtp.session;

import com.google.protobuf.UnsafeByteOperations;
import java.time.Instant;
import mailwing.gateway.Connection;
import mailwing.smtp.authentication.SenderChecks;
import mailwing.smtp.data.TraceFields;
import mailwing.smtp.delivery.MessageIntake;
import mailwing.smtp.protocol.ForwardPath;
import mailwing.store.v1.DeliveryEnvelope;
import mailwing.store.v1.DeliveryRecipient;
import org.jspecify.annotations.Nullable;

/// How a session's messages are taken in: for whom, with which trace fields, by which rules.
final class Intakes {
  private final SmtpSession session;
  private final Connection connection;
  private final Service service;
  private final SmtpServices services;
  private final Tracing tracing;

  Intakes(
      SmtpSession session,
      Connection connection,
      Service service,
      SmtpServices services,
      Tracing tracing) {
    this.session = session;
    this.connection = connection;
    this.service = service;
    this.services = services;
    this.tracing = tracing;
  }

  /// The intake of a transaction's message, for the recipients that were accepted.
  MessageIntake of(Transaction.Begun begun, MessageIds ids, Peer.Greeted peer, Login login) {
    String from = begun.from().encoded();
    DeliveryEnvelope.Builder envelope =
        DeliveryEnvelope.newBuilder()
            .setDeliveryId(ids.deliveryId())
            .setReversePath(from)
            .setAnswersEach(service == Service.LMTP)
            .setRequireTls(begun.options().sending().requireTls())
            .setTrusted(service.trusts(connection))
            .setTrace(tracing.client(peer, login).setQueueId(ids.queueId()));
    Instant now = Instant.now();
    if (Extension.announced(service, connection, services).contains(Extension.DSN)) {
      envelope.setReporting(Submissions.reporting(services.sends(), begun.options(), now));
    }
    String token = login instanceof Login.As as ? as.session().token() : "";
    envelope.setSubmission(Submissions.of(token, begun.options(), now));
    for (int i = 0; i < begun.recipients().unique().size(); i++) {
      ForwardPath path = begun.recipients().unique().get(i);
      RecipientOptions asked = begun.recipients().options().get(i);
      envelope.addRecipients(
          DeliveryRecipient.newBuilder()
              .setAddress(path.address())
              .setPath(path.encoded())
              .setNotify(Submissions.notifyBits(asked))
              .setOriginalRecipient(asked.original().orElse(""))
              .setHeaderPrefix(
                  UnsafeByteOperations.unsafeWrap(TraceFields.delivery(from, path.encoded()))));
    }
    TraceFields.Hop hop =
        new TraceFields.Hop(
            peer.domain(),
            session.client().name().map(name -> name + " ").orElse("") + session.client().literal(),
            with(begun.options(), peer, login),
            connection.tls().map(t -> t.protocol() + " " + t.cipher()).orElse(""),
            ids.queueId(),
            begun.recipients().unique().size() == 1
                ? begun.recipients().unique().getFirst().encoded()
                : null,
            begun.options().sending().priority());
    return new MessageIntake(
        services.deliveries(),
        envelope.build(),
        begun.recipients().addresses(),
        services.trace().received(hop, now),
        begun.options().size(),
        new MessageIntake.Rules(
            services.limits().messageOctets(),
            services.limits().bareLineEnds(),
            begun.options().body() == MailOptions.Body.BINARY,
            services.limits().received(),
            services.limits().messageTime()),
        mending(now, ids, login),
        screening(begun, peer));
  }

  /// Mail of strangers: neither our users' nor that of relays of ours.
  private MessageIntake.@Nullable Screening screening(Transaction.Begun begun, Peer.Greeted peer) {
    if (service != Service.MX) {
      return null;
    }
    SenderChecks checks = connection.trusted() ? null : services.checks().orElse(null);
    if (checks == null) {
      return new MessageIntake.Screening(services.host(), null, null);
    }
    SenderChecks.Sender sender =
        new SenderChecks.Sender(session.client().ip(), peer.domain(), begun.from());
    String domain = begun.recipients().sentOnBy();
    return new MessageIntake.Screening(
        services.host(),
        (octets, scan, body) -> checks.check(sender, octets, scan, body),
        services
            .sealer()
            .filter(sealer -> !domain.isEmpty())
            .flatMap(sealer -> sealer.of(domain))
            .orElse(null));
  }

  private MessageIntake.@Nullable Mending mending(Instant now, MessageIds ids, Login login) {
    if (service != Service.SUBMISSION) {
      return null;
    }
    boolean free = !services.checkSender() || connection.trusted();
    return new MessageIntake.Mending(
        services.trace().date(now),
        ids.queueId(),
        services.host(),
        address -> free || (login instanceof Login.As as && as.owns(address)),
        services.signer().orElse(null));
  }

  /// The protocol's registered name (RFC 3848, RFC 6531 §4.3).
  private String with(MailOptions options, Peer.Greeted peer, Login login) {
    StringBuilder name = new StringBuilder(10);
    if (options.smtpUtf8()) {
      name.append("UTF8").append(service == Service.LMTP ? "LMTP" : "SMTP");
    } else if (service == Service.LMTP) {
      name.append("LMTP");
    } else if (!peer.extended()) {
      return "SMTP";
    } else {
      name.append("ESMTP");
    }
    if (connection.tls().isPresent()) {
      name.append('S');
    }
    if (login instanceof Login.As) {
      name.append('A');
    }
    return name.toString();
  }
}
