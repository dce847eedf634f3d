package mailwing.smtp.client;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import mailwing.smtp.protocol.InternationalAddress;
import mailwing.smtp.protocol.Xtext;
import org.jspecify.annotations.Nullable;

/// One mail transaction in a dialog (RFC 5321 §3.3), pipelined where the host takes that (RFC
/// 2920).
public final class Sender {
  private final Dialog dialog;
  private final Transfer transfer;
  private final @Nullable Answer[] answers;
  private boolean open;
  private boolean dotSent;

  public Sender(Dialog dialog, Transfer transfer) {
    this.dialog = dialog;
    this.transfer = transfer;
    this.answers = new Answer[transfer.recipients().size()];
  }

  /// Runs the transaction: an answer for each recipient, in order. A connection that is lost before
  /// the final dot is an exception, and the answers that are there already are [#known]; one that
  /// is lost after it leaves the outcome unknown: the message is tried again, and may arrive twice
  /// (RFC 5321 §6.1, RFC 1047).
  public List<Answer> send() throws IOException {
    Answer impossible = impossible();
    if (impossible != null) {
      rest(impossible);
      return all();
    }
    boolean chunks = transfer.binary();
    if (dialog.offers("PIPELINING")) {
      pipelined(chunks);
    } else {
      stepwise(chunks);
    }
    reset();
    dialog.messageSent();
    return all();
  }

  /// A transaction that came to no end must not be there when the next one begins. Whatever becomes
  /// of this, the answers are known.
  private void reset() {
    if (!open || !dialog.isOpen()) {
      return;
    }
    try {
      if (!dialog.command("RSET", dialog.times().command()).isPositive()) {
        dialog.close();
      }
    } catch (IOException e) {
      dialog.abort();
    }
  }

  /// What the host's extensions cannot carry (RFC 6152 §3, RFC 6531 §3.5, RFC 8689 §4.2.1).
  private @Nullable Answer impossible() {
    if (transfer.utf8() && !dialog.offers("SMTPUTF8")) {
      return Answer.permanent("5.6.7", "the next host does not take SMTPUTF8");
    }
    if (transfer.binary() && !(dialog.offers("BINARYMIME") && dialog.offers("CHUNKING"))) {
      return Answer.permanent("5.6.3", "the next host does not take binary messages");
    }
    if (transfer.eightBit() && !dialog.offers("8BITMIME")) {
      return Answer.permanent("5.6.3", "the next host does not take eight-bit messages");
    }
    if (transfer.requireTls() && !dialog.offers("REQUIRETLS")) {
      return Answer.permanent("5.7.30", "the next host does not know REQUIRETLS");
    }
    if (transfer.time() != null && transfer.time().returns()) {
      Answer late = late(transfer.time());
      if (late != null) {
        return late;
      }
    }
    long limit = sizeLimit();
    if (limit > 0 && transfer.size() > limit) {
      return Answer.permanent("5.3.4", "the next host takes at most " + limit + " octets");
    }
    return null;
  }

  /// RFC 2852 §4.1.3, §4.1.4.1.
  private @Nullable Answer late(Transfer.Time time) {
    if (!dialog.offers("DELIVERBY")) {
      return Answer.permanent("5.3.3", "the next host does not know DELIVERBY");
    }
    String said = dialog.parameters("DELIVERBY");
    long shortest = said.matches("[0-9]{1,9}") ? Long.parseLong(said) : 0;
    return time.left() < Math.max(1, shortest)
        ? Answer.permanent("5.4.7", "the time is over in which it was to be delivered")
        : null;
  }

  private long sizeLimit() {
    String said = dialog.parameters("SIZE");
    return said.matches("[0-9]{1,18}") ? Long.parseLong(said) : 0;
  }

  private String mail() {
    StringBuilder line =
        new StringBuilder("MAIL FROM:<").append(transfer.reversePath()).append('>');
    if (dialog.offers("SIZE")) {
      line.append(" SIZE=").append(transfer.size());
    }
    if (transfer.binary()) {
      line.append(" BODY=BINARYMIME");
    } else if (transfer.eightBit() && dialog.offers("8BITMIME")) {
      line.append(" BODY=8BITMIME");
    }
    if (transfer.utf8()) {
      line.append(" SMTPUTF8");
    }
    if (transfer.requireTls()) {
      line.append(" REQUIRETLS");
    }
    Transfer.Time time = transfer.time();
    if (time != null && dialog.offers("DELIVERBY")) {
      line.append(" BY=").append(time.left()).append(time.returns() ? ";R" : ";N");
      line.append(time.trace() ? "T" : "");
    }
    if (transfer.priority() != 0 && dialog.offers("MT-PRIORITY")) {
      line.append(" MT-PRIORITY=").append(transfer.priority());
    }
    if (dialog.offers("DSN")) {
      if (!transfer.ret().isEmpty()) {
        line.append(" RET=").append(transfer.ret());
      }
      if (!transfer.envelopeId().isEmpty()) {
        line.append(" ENVID=").append(Xtext.encode(transfer.envelopeId()));
      }
    }
    return line.toString();
  }

  private String rcpt(Transfer.Recipient recipient) {
    StringBuilder line = new StringBuilder("RCPT TO:<").append(recipient.path()).append('>');
    if (dialog.offers("DSN")) {
      String reports = reports(recipient.reports());
      if (!reports.isEmpty()) {
        line.append(" NOTIFY=").append(reports);
      }
      int semicolon = recipient.original().indexOf(';');
      if (semicolon > 0) {
        String address = recipient.original().substring(semicolon + 1);
        line.append(" ORCPT=")
            .append(recipient.original(), 0, semicolon + 1)
            .append(
                recipient.original().regionMatches(true, 0, "utf-8;", 0, 6)
                    ? InternationalAddress.encode(address, !transfer.utf8())
                    : Xtext.encode(address));
      }
    }
    return line.toString();
  }

  /// A host that does not know of the time is to tell of delays (RFC 2852 §4.1.4.2).
  private String reports(String asked) {
    Transfer.Time time = transfer.time();
    if (time == null || dialog.offers("DELIVERBY") || time.left() <= 0) {
      return asked;
    }
    if (asked.isEmpty()) {
      return "FAILURE,DELAY";
    }
    return asked.equals("NEVER") || asked.contains("DELAY") ? asked : asked + ",DELAY";
  }

  private void stepwise(boolean chunks) throws IOException {
    HostReply mail = dialog.command(mail(), dialog.times().command());
    if (!mail.isPositive()) {
      rest(Answer.of(mail));
      return;
    }
    open = true;
    for (int i = 0; i < answers.length; i++) {
      recipient(i, dialog.command(rcpt(transfer.recipients().get(i)), dialog.times().command()));
    }
    if (nobody()) {
      return;
    }
    if (chunks) {
      chunks();
      return;
    }
    data(dialog.command("DATA", dialog.times().dataBegin()));
  }

  /// MAIL, all RCPT and DATA in one write; the replies come in the same order (RFC 2920 §3.1).
  private void pipelined(boolean chunks) throws IOException {
    dialog.say(mail());
    for (Transfer.Recipient recipient : transfer.recipients()) {
      dialog.say(rcpt(recipient));
    }
    if (!chunks) {
      dialog.say("DATA");
    }
    dialog.flush();
    HostReply mail = dialog.reply(dialog.times().command());
    open = mail.isPositive();
    for (int i = 0; i < answers.length; i++) {
      HostReply reply = dialog.reply(dialog.times().command());
      if (mail.isPositive()) {
        recipient(i, reply);
      }
    }
    if (!mail.isPositive()) {
      rest(Answer.of(mail));
    }
    if (chunks) {
      if (!nobody()) {
        chunks();
      }
      return;
    }
    HostReply data = dialog.reply(dialog.times().dataBegin());
    if (nobody()) {
      if (data.isIntermediate()) {
        // Nobody is to get it, and yet the host waits for it: it gets an empty one.
        new DotEncoder(dialog.data()).end();
        dialog.data().flush();
        dialog.reply(dialog.times().dataEnd());
        open = false;
      }
      return;
    }
    data(data);
  }

  /// 552 means too many recipients here (RFC 5321 §4.5.3.1.10).
  private void recipient(int index, HostReply reply) {
    if (!reply.isPositive()) {
      answers[index] =
          reply.code() == 552
              ? new Answer(Answer.Kind.TRANSIENT, "4.5.3", reply.text(), true)
              : Answer.of(reply);
    }
  }

  private boolean nobody() {
    return Arrays.stream(answers).noneMatch(Objects::isNull);
  }

  private void data(HostReply go) throws IOException {
    if (!go.isIntermediate()) {
      rest(
          go.isPositive()
              ? Answer.later("4.5.0", "the host answered DATA by " + go.text())
              : Answer.of(go));
      return;
    }
    OutputStream out = dialog.data();
    DotEncoder encoder = new DotEncoder(out);
    transfer.body().writeTo(encoder::write);
    encoder.end();
    out.flush();
    dotSent = true;
    last();
  }

  /// The reply to the message's end.
  private void last() throws IOException {
    try {
      rest(Answer.of(dialog.reply(dialog.times().dataEnd())));
      open = false;
    } catch (HostException e) {
      rest(
          Answer.later(
              e.status(), "whether the message was taken is not known: " + e.getMessage()));
      dialog.abort();
    }
  }

  /// RFC 3030 §2: each chunk is answered.
  private void chunks() throws IOException {
    HostReply[] refused = new HostReply[1];
    transfer
        .body()
        .writeTo(
            (octets, offset, length) -> {
              if (refused[0] == null) {
                dialog.say("BDAT " + length);
                OutputStream out = dialog.data();
                out.write(octets, offset, length);
                out.flush();
                HostReply reply = dialog.reply(dialog.times().dataEnd());
                if (!reply.isPositive()) {
                  refused[0] = reply;
                }
              }
            });
    if (refused[0] != null) {
      rest(Answer.of(refused[0]));
      return;
    }
    dialog.say("BDAT 0 LAST");
    dialog.flush();
    dotSent = true;
    last();
  }

  private void rest(Answer answer) {
    for (int i = 0; i < answers.length; i++) {
      if (answers[i] == null) {
        answers[i] = answer;
      }
    }
  }

  /// Was the message's end sent, so that nothing may be tried elsewhere?
  public boolean dotSent() {
    return dotSent;
  }

  /// The answers that are there, in the recipients' order.
  public List<Optional<Answer>> known() {
    return Arrays.stream(answers).map(Optional::ofNullable).toList();
  }

  private List<Answer> all() {
    return known().stream().map(Optional::orElseThrow).toList();
  }
}
