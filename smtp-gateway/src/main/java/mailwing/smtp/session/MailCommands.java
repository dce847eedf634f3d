package mailwing.smtp.session;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import mailwing.gateway.Connection;
import mailwing.gateway.OctetReader;
import mailwing.smtp.data.DotDecoder;
import mailwing.smtp.delivery.Deliveries;
import mailwing.smtp.delivery.MessageIntake;
import mailwing.smtp.delivery.Outcome;
import mailwing.smtp.delivery.Refusal;
import mailwing.smtp.protocol.Command;
import mailwing.smtp.protocol.ForwardPath;
import mailwing.smtp.protocol.Reply;
import mailwing.smtp.protocol.ReversePath;
import mailwing.store.v1.RecipientSender;

/// MAIL, RCPT, DATA and BDAT (RFC 5321 §3.3, RFC 3030 §2, RFC 2033 §4.2).
final class MailCommands {
  private static final int HIGHEST_PRIORITY = 9;

  private final SmtpSession session;
  private final Connection connection;
  private final Service service;
  private final SmtpServices services;
  private final SmtpLimits limits;
  private final Tracing tracing;
  private final Intakes intakes;
  private final RecipientAnswers answers;
  private Transaction transaction = new Transaction.None();

  MailCommands(SmtpSession session, Connection connection, Service service, SmtpServices services) {
    this.session = session;
    this.connection = connection;
    this.service = service;
    this.services = services;
    this.limits = services.limits();
    this.tracing = new Tracing(session, connection, service, services);
    this.intakes = new Intakes(session, connection, service, services, tracing);
    this.answers = new RecipientAnswers(services.deliveries(), connection.in());
  }

  boolean isIdle() {
    return transaction instanceof Transaction.None;
  }

  /// Forgets the transaction (RFC 5321 §4.1.1.5).
  void reset() {
    if (transaction instanceof Transaction.Chunking chunking) {
      chunking.intake().discard();
    }
    transaction = new Transaction.None();
  }

  Reply execute(Command.InTransaction command, Peer.Greeted peer, Login login) throws IOException {
    return switch (command) {
      case Command.Mail mail -> mail(mail, peer, login);
      case Command.Rcpt rcpt -> rcpt(rcpt, peer, login);
      case Command.Data ignored -> data(peer, login);
      case Command.Bdat bdat -> bdat(bdat, peer, login);
    };
  }

  /// Refuses a command; a chunk that follows it is swallowed (RFC 3030 §2).
  Reply refuse(Command.InTransaction command, Reply reply) throws IOException {
    return command instanceof Command.Bdat(long size, boolean ignored)
        ? swallow(size, reply)
        : reply;
  }

  private Reply mail(Command.Mail mail, Peer.Greeted peer, Login login) {
    if (!(transaction instanceof Transaction.None)) {
      return transaction instanceof Transaction.ChunkFailed
          ? Replies.RESET_FIRST
          : Replies.SENDER_GIVEN;
    }
    if (service == Service.SUBMISSION && login instanceof Login.None) {
      return connection.mayLogIn() ? Refusal.NOT_AUTHENTICATED.reply() : Replies.TLS_REQUIRED;
    }
    if (!peer.extended() && !mail.parameters().isEmpty()) {
      return MailOptions.UNKNOWN_PARAMETER;
    }
    MailOptions options;
    switch (MailOptions.read(
        mail.parameters(), limits.messageOctets(), services.sending(), announced())) {
      case MailOptions.Reading.Refused(Reply reply) -> {
        return reply;
      }
      case MailOptions.Reading.Understood(MailOptions understood) -> options = understood;
    }
    if (mail.path() instanceof ReversePath.Sender(var mailbox)) {
      if (mailbox.isInternational() && !options.smtpUtf8()) {
        return refused(Refusal.INTERNATIONAL_ADDRESS, mail.path(), List.of(), peer, login);
      }
      if (login instanceof Login.As as
          && services.checkSender()
          && !connection.trusted()
          && !as.owns(mailbox.address())) {
        return refused(Refusal.SENDER, mail.path(), List.of(), peer, login);
      }
    }
    Optional<Refusal> rate = connection.trusted() ? Optional.empty() : rate(mail, login);
    if (rate.isPresent()) {
      return refused(rate.get(), mail.path(), List.of(), peer, login);
    }
    int highest = highestPriority(login);
    boolean lowered = options.sending().priority() > highest;
    answers.forget();
    transaction =
        new Transaction.Begun(
            mail.path(),
            lowered ? options.withPriority(highest) : options,
            new Transaction.Recipients());
    // RFC 6710 §4.1.
    return lowered
        ? Reply.of(250, "2.3.6", highest + " is the new priority of the message")
        : Replies.SENDER_OK;
  }

  /// Strangers may lower a priority alone (RFC 6710 §4.1).
  private int highestPriority(Login login) {
    if (connection.trusted()) {
      return HIGHEST_PRIORITY;
    }
    return login instanceof Login.As ? services.sending().highestPriority() : 0;
  }

  private Set<Extension> announced() {
    return Extension.announced(service, connection, services);
  }

  private Optional<Refusal> rate(Command.Mail mail, Login login) {
    return switch (service) {
      case MX -> services.rates().stranger(session.client().ip(), mail.path());
      case SUBMISSION ->
          login instanceof Login.As as
              ? services.rates().user(as.session().accountId())
              : Optional.empty();
      case LMTP -> Optional.empty();
    };
  }

  private Reply rcpt(Command.Rcpt rcpt, Peer.Greeted peer, Login login) {
    switch (transaction) {
      case Transaction.None() -> {
        return Replies.MAIL_FIRST;
      }
      case Transaction.ChunkFailed() -> {
        return Replies.RESET_FIRST;
      }
      case Transaction.Chunking ignored -> {
        return Replies.CHUNKS_BEGUN;
      }
      case Transaction.Begun begun -> {
        begun.recipients().tried();
        List<String> to = List.of(rcpt.path().address());
        RecipientOptions options;
        switch (RecipientOptions.read(rcpt.parameters(), announced())) {
          case RecipientOptions.Reading.Refused(Reply reply) -> {
            return reply;
          }
          case RecipientOptions.Reading.Understood(RecipientOptions understood) ->
              options = understood;
        }
        if (rcpt.path() instanceof ForwardPath.Recipient(var mailbox)
            && mailbox.isInternational()
            && !begun.options().smtpUtf8()) {
          return refused(Refusal.INTERNATIONAL_ADDRESS, begun.from(), to, peer, login);
        }
        // RCPTMAX counts all that are named (RFC 9422 §4.2).
        if (begun.recipients().tries() > limits.recipients()) {
          return refused(Refusal.TOO_MANY_RECIPIENTS, begun.from(), to, peer, login);
        }
        switch (answers.of(
            rcpt.path().address(),
            begun.options().size(),
            sender(begun, login),
            limits.recipients() - begun.recipients().tries())) {
          case Deliveries.Resolved.Taken(String domain) -> begun.recipients().sentOnBy(domain);
          case Deliveries.Resolved.Refused(Refusal why) -> {
            if (why != Refusal.RELAYING || !maySend(login)) {
              return refused(why, begun.from(), to, peer, login);
            }
          }
        }
        begun.recipients().accept(rcpt.path(), options);
        session.progress();
        return Replies.RECIPIENT_OK;
      }
    }
  }

  private RecipientSender sender(Transaction.Begun begun, Login login) {
    return RecipientSender.newBuilder()
        .setReversePath(
            switch (begun.from()) {
              case ReversePath.Null() -> "";
              case ReversePath.Sender(var mailbox) -> mailbox.address();
            })
        .setAuthenticatedAs(login instanceof Login.As as ? as.session().address() : "")
        .setTrusted(service.trusts(connection))
        .build();
  }

  /// Mail for other systems is taken from users who have logged in, and from nobody else.
  private boolean maySend(Login login) {
    return services.sends() && service == Service.SUBMISSION && login instanceof Login.As;
  }

  private Reply refused(
      Refusal refusal, ReversePath from, List<String> to, Peer.Greeted peer, Login login) {
    services.metrics().refused.get(service, refusal).increment();
    tracing.refused(refusal, tracing.client(peer, login), from, to, login);
    return refusal.reply();
  }

  private static Reply noRecipients(Transaction.Begun begun, Service service) {
    return begun.recipients().tries() > 0 && service != Service.LMTP
        ? Replies.NO_VALID_RECIPIENT
        : Replies.RCPT_FIRST;
  }

  private Reply data(Peer.Greeted peer, Login login) throws IOException {
    Transaction.Begun begun;
    switch (transaction) {
      case Transaction.None() -> {
        return Replies.MAIL_FIRST;
      }
      case Transaction.ChunkFailed() -> {
        return Replies.RESET_FIRST;
      }
      case Transaction.Chunking ignored -> {
        return Replies.CHUNKS_BEGUN;
      }
      case Transaction.Begun found -> begun = found;
    }
    if (begun.recipients().isEmpty()) {
      return noRecipients(begun, service);
    }
    if (begun.options().body() == MailOptions.Body.BINARY) {
      return Replies.BDAT_NEEDED;
    }
    MessageIds ids = MessageIds.next(services.random());
    MessageIntake intake = intakes.of(begun, ids, peer, login);
    transaction = new Transaction.None();
    session.write(Replies.GO_AHEAD);
    boolean whole = false;
    reading();
    try {
      whole = receive(intake);
    } finally {
      readingDone();
      if (!whole) {
        intake.discard();
      }
    }
    return whole ? finish(begun, intake, ids, peer, login) : Replies.TOO_MUCH_DATA;
  }

  /// Reads up to the final dot; false where no end is in sight far beyond the limit.
  private boolean receive(MessageIntake intake) throws IOException {
    OctetReader in = connection.in();
    DotDecoder decoder = new DotDecoder(intake);
    while (true) {
      if (in.buffered() == 0 && !in.fill()) {
        throw new EOFException("stream ended within a message");
      }
      int at = in.position();
      in.consume(decoder.decode(in.array(), at, in.limit()) - at);
      if (decoder.ended()) {
        return true;
      }
      if (intake.size() > swallowLimit()) {
        return false;
      }
    }
  }

  /// A message over the limit is read to its end so that the client sees why it is refused, but not
  /// for ever.
  private long swallowLimit() {
    return 4 * limits.messageOctets() + (64L << 20);
  }

  private void reading() {
    connection.readTimeout(limits.dataTime());
    connection.deadline(limits.messageTime());
  }

  private void readingDone() {
    connection.readTimeout(services.session().idleTime());
    connection.noDeadline();
  }

  private Reply bdat(Command.Bdat bdat, Peer.Greeted peer, Login login) throws IOException {
    Transaction.Chunking chunking;
    switch (transaction) {
      case Transaction.None() -> {
        return swallow(bdat.size(), Replies.MAIL_FIRST);
      }
      case Transaction.ChunkFailed() -> {
        if (bdat.last()) {
          transaction = new Transaction.None();
        }
        return swallow(bdat.size(), Replies.RESET_FIRST);
      }
      case Transaction.Begun begun -> {
        if (begun.recipients().isEmpty()) {
          transaction = bdat.last() ? new Transaction.None() : new Transaction.ChunkFailed();
          return swallow(bdat.size(), noRecipients(begun, service));
        }
        MessageIds ids = MessageIds.next(services.random());
        chunking = new Transaction.Chunking(begun, intakes.of(begun, ids, peer, login), ids);
        transaction = chunking;
      }
      case Transaction.Chunking found -> chunking = found;
    }
    if (bdat.size() > swallowLimit()) {
      return Replies.TOO_MUCH_DATA;
    }
    reading();
    try {
      receive(chunking.intake(), bdat.size());
    } finally {
      readingDone();
    }
    if (bdat.last()) {
      transaction = new Transaction.None();
      return finish(chunking.begun(), chunking.intake(), chunking.ids(), peer, login);
    }
    Optional<Refusal> refusal = chunking.intake().refusal();
    if (refusal.isPresent()) {
      chunking.intake().discard();
      transaction = new Transaction.ChunkFailed();
      return refused(
          refusal.get(),
          chunking.begun().from(),
          chunking.begun().recipients().addresses(),
          peer,
          login);
    }
    session.progress();
    return Replies.CHUNK_OK;
  }

  private void receive(MessageIntake intake, long size) throws IOException {
    OctetReader in = connection.in();
    long left = size;
    while (left > 0) {
      if (in.buffered() == 0 && !in.fill()) {
        throw new EOFException("stream ended within a chunk");
      }
      int part = (int) Math.min(left, in.buffered());
      intake.write(in.array(), in.position(), part);
      in.consume(part);
      left -= part;
    }
  }

  private Reply swallow(long size, Reply reply) throws IOException {
    if (size > swallowLimit()) {
      return Replies.TOO_MUCH_DATA;
    }
    connection.readTimeout(limits.dataTime());
    try {
      connection.in().skip(size);
    } finally {
      connection.readTimeout(services.session().idleTime());
    }
    return reply;
  }

  /// The message is whole: one reply, or in LMTP one for each accepted recipient (RFC 2033 §4.2).
  private Reply finish(
      Transaction.Begun begun, MessageIntake intake, MessageIds ids, Peer.Greeted peer, Login login)
      throws IOException {
    long start = System.nanoTime();
    Outcome outcome;
    try {
      outcome = intake.finish();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Replies.DRAINING;
    }
    SmtpMetrics metrics = services.metrics();
    metrics.store.get(service).recordSince(start);
    metrics.octets.get(service).add(intake.size());
    for (Optional<Refusal> refusal : outcome.recipients()) {
      refusal.ifPresent(reason -> metrics.refused.get(service, reason).increment());
    }
    tracing.refused(begun, outcome, intake, ids, peer, login);
    if (outcome.isStored()) {
      metrics.accepted.get(service).increment();
      session.progress();
    }
    Reply stored = Reply.of(250, "2.0.0", "Stored as " + ids.queueId());
    if (service != Service.LMTP) {
      return outcome.isStored() ? stored : outcome.refusal().reply();
    }
    List<Integer> accepted = begun.recipients().accepted();
    Reply last = stored;
    for (int i = 0; i < accepted.size(); i++) {
      last = outcome.recipients().get(accepted.get(i)).map(Refusal::reply).orElse(stored);
      if (i < accepted.size() - 1) {
        session.write(last);
      }
    }
    return last;
  }
}
