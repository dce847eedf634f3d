package mailwing.smtp.delivery;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import mailwing.gateway.StoreException;
import mailwing.smtp.arc.ArcSealer;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.data.MessageSink;
import mailwing.smtp.data.OctetAudit;
import mailwing.smtp.dkim.DkimSigner;
import mailwing.smtp.dkim.DkimVerifier;
import mailwing.smtp.signing.Signer;
import mailwing.store.v1.DeliverRequest;
import mailwing.store.v1.DeliveryEnvelope;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One message between the socket and the store. Up to 256 KiB are gathered and go in one frame; a
/// larger one flows in frames of 64 KiB while it is read. A message that turns out not to be wanted
/// is read to its end all the same, and forgotten.
public final class MessageIntake implements MessageSink {
  /// A message of at most this size goes in one frame. The header section has to lie within so many
  /// octets where it is looked into.
  static final int GATHERED = 256 * 1024;

  private static final Logger LOG = LoggerFactory.getLogger(MessageIntake.class);

  private static final int FRAME = 64 * 1024;
  private static final int FIRST_SIZE = 8 * 1024;

  /// What holds for a message.
  ///
  /// @param maxOctets the largest message taken
  /// @param bareLineEnds take CR and LF that are not CRLF, and keep them as they are
  /// @param binary take every octet (BINARYMIME, RFC 3030 §3)
  /// @param maxReceived Received fields beyond which a message loops (RFC 5321 §6.3)
  /// @param reading the time that reading it may take
  public record Rules(
      long maxOctets, boolean bareLineEnds, boolean binary, int maxReceived, Duration reading) {}

  /// What a stranger's message goes through before it is stored.
  ///
  /// @param host whose Authentication-Results are not taken from others
  /// @param check who the message is from; null where nobody asks
  /// @param sealer what seals the message, since it goes on to elsewhere; null where nothing does
  public record Screening(String host, @Nullable Check check, @Nullable ArcSealer sealer) {}

  /// Finds out who a message is from.
  @FunctionalInterface
  public interface Check {
    /// Looks at a message: `octets` are what `header` is of.
    SenderVerdict of(byte[] octets, HeaderScan header, DkimVerifier.Body body) throws IOException;
  }

  /// What submission asks of a header section, and adds where it misses (RFC 6409 §6.1, §8).
  ///
  /// @param author whether the user may write as an address
  /// @param signer what signs the message; null where nothing does
  public record Mending(
      String date, String id, String host, Predicate<String> author, @Nullable Signer signer) {}

  private final Deliveries deliveries;
  private final List<String> recipients;
  private final Rules rules;
  private final @Nullable Mending mending;
  private final @Nullable Screening screening;
  private final Inspection inspection;
  private final OctetAudit audit = new OctetAudit();
  private final int traceLength;
  private byte[] buffer;
  private int count;
  private long size;
  private Deliveries.@Nullable Flow flow;
  private @Nullable Spool spool;
  private @Nullable DkimSigner signing;
  private @Nullable Refusal refusal;

  /// A message that is about to come.
  ///
  /// @param recipients as the client named them, unquoted; in the envelope's order
  /// @param received the Received field to put before the message
  /// @param expected the declared size in octets, 0 if unknown
  /// @param mending what submission mends, else null
  /// @param screening what a stranger's message goes through, else null
  public MessageIntake(
      Deliveries deliveries,
      DeliveryEnvelope envelope,
      List<String> recipients,
      byte[] received,
      long expected,
      Rules rules,
      @Nullable Mending mending,
      @Nullable Screening screening) {
    this.deliveries = deliveries;
    this.recipients = List.copyOf(recipients);
    this.rules = rules;
    this.mending = mending;
    this.screening = screening;
    this.traceLength = received.length;
    this.inspection =
        new Inspection(envelope, this.recipients, rules, mending, screening, traceLength);
    int room = expected > 0 && expected <= GATHERED ? (int) expected : FIRST_SIZE;
    this.buffer = Arrays.copyOf(received, received.length + room);
    this.count = received.length;
  }

  @Override
  public void write(byte[] octets, int offset, int length) {
    size += length;
    if (refusal != null) {
      return;
    }
    audit.look(octets, offset, length);
    if (size > rules.maxOctets) {
      refuse(Refusal.TOO_LARGE);
      return;
    }
    take(octets, offset, length);
  }

  private void take(byte[] octets, int offset, int length) {
    int at = offset;
    int left = length;
    while (left > 0 && refusal == null) {
      if (spool != null) {
        spool(octets, at, left);
        return;
      }
      int limit = flow == null ? traceLength + GATHERED : FRAME;
      if (count == limit) {
        if (flow != null) {
          sendFrame();
        } else if (checks() || beginSigning()) {
          spool = new Spool();
        } else if (refusal == null) {
          begin();
        }
        continue;
      }
      int part = Math.min(left, limit - count);
      if (buffer.length - count < part) {
        buffer = Arrays.copyOf(buffer, Math.min(limit, Math.max(count + part, 2 * buffer.length)));
      }
      System.arraycopy(octets, at, buffer, count, part);
      count += part;
      at += part;
      left -= part;
    }
  }

  private boolean checks() {
    return screening != null && screening.check() != null;
  }

  /// Finds out by what the message is signed, and hashes what is there of its body; what follows is
  /// hashed as it comes. True where it has to be known whole before it goes on.
  private boolean beginSigning() {
    if (mending == null || mending.signer() == null) {
      return false;
    }
    try {
      HeaderScan scan = HeaderScan.of(buffer, traceLength, count);
      signing = mending.signer().of(scan).orElse(null);
      if (signing != null) {
        body(scan, signing);
      }
    } catch (StoreException | IOException e) {
      LOG.warn("event=keys-not-to-be-had reason=\"{}\"", e.getMessage());
      refuse(Refusal.STORE_UNAVAILABLE);
    }
    return signing != null;
  }

  private void spool(byte[] octets, int offset, int length) {
    if (signing != null) {
      signing.write(octets, offset, length);
    }
    try {
      Objects.requireNonNull(spool).write(octets, offset, length);
    } catch (IOException e) {
      LOG.warn("event=spool-failed reason=\"{}\"", e.getMessage());
      refuse(Refusal.STORE_FULL);
    }
  }

  /// More has come than is gathered: what is there goes out as the first frame, the rest will
  /// follow.
  private void begin() {
    Optional<Refusal> found = inspect();
    if (found.isPresent()) {
      refuse(found.get());
      return;
    }
    DeliveryEnvelope addressed = inspection.addressed();
    Deliveries.Flow opened = deliveries.open(addressed.getRecipientsCount(), rules.reading);
    flow = opened;
    opened
        .send(DeliverRequest.newBuilder().setEnvelope(addressed).setData(gathered()).build())
        .ifPresent(this::refuse);
    fresh();
  }

  private void sendFrame() {
    if (count > 0) {
      Objects.requireNonNull(flow)
          .send(DeliverRequest.newBuilder().setData(gathered()).build())
          .ifPresent(this::refuse);
      fresh();
    }
  }

  /// The array is handed over, not copied: it is not touched any more.
  private ByteString gathered() {
    return UnsafeByteOperations.unsafeWrap(buffer, 0, count);
  }

  private void fresh() {
    buffer = new byte[refusal == null ? FRAME : 0];
    count = 0;
  }

  /// Looks into what was gathered, and mends it. A message so far that the audit objects to need
  /// not go on.
  private Optional<Refusal> inspect() {
    Optional<Refusal> audited = audited(false);
    if (audited.isPresent()) {
      return audited;
    }
    Optional<Refusal> found = inspection.look(buffer, count, this::body, signing, spool != null);
    buffer = inspection.octets();
    count = inspection.count();
    return found;
  }

  /// What was found of who the message is from, as far as it was asked.
  public List<String> authenticationResults() {
    return inspection.results();
  }

  private void body(HeaderScan scan, MessageSink sink) throws IOException {
    int start = scan.end();
    if (start + 1 < count && buffer[start] == '\r' && buffer[start + 1] == '\n') {
      start += 2;
    }
    sink.write(buffer, start, count - start);
    if (spool != null) {
      spool.copyTo(sink);
    }
  }

  private Optional<Refusal> audited(boolean atEnd) {
    if (rules.binary) {
      return Optional.empty();
    }
    if (audit.nul()) {
      return Optional.of(Refusal.NUL);
    }
    boolean bare = atEnd ? audit.bareLineEnd() : audit.bareLineEndSoFar();
    return bare && !rules.bareLineEnds ? Optional.of(Refusal.BARE_LINE_END) : Optional.empty();
  }

  private void refuse(Refusal reason) {
    if (refusal == null) {
      refusal = reason;
      buffer = new byte[0];
      count = 0;
      discard();
    }
  }

  /// The transaction is over before the message is: nothing is stored.
  public void discard() {
    if (flow != null) {
      flow.cancel();
      flow = null;
    }
    if (spool != null) {
      spool.close();
      spool = null;
    }
  }

  /// Octets read so far, wanted or not.
  public long size() {
    return size;
  }

  /// Why the message will not be taken, as far as it is known yet.
  public Optional<Refusal> refusal() {
    return Optional.ofNullable(refusal);
  }

  /// The last octet has come: the message is stored, or why it is not.
  public Outcome finish() throws InterruptedException {
    if (refusal == null) {
      audited(true).ifPresent(this::refuse);
    }
    if (refusal == null && spool != null) {
      return finishSpooled(spool);
    }
    if (refusal == null && flow == null) {
      beginSigning();
    }
    if (refusal == null && flow == null) {
      inspect().ifPresent(this::refuse);
    }
    if (refusal != null) {
      return Outcome.refused(refusal, recipients.size());
    }
    Deliveries.Flow open = flow;
    if (open == null) {
      return inspection.forAll(
          deliveries.deliver(
              DeliverRequest.newBuilder()
                  .setEnvelope(inspection.addressed().toBuilder().setSize(count))
                  .setData(gathered())
                  .build()));
    }
    sendFrame();
    return refusal == null
        ? inspection.forAll(open.finish())
        : Outcome.refused(refusal, recipients.size());
  }

  /// It was too large to be gathered, and had to be known whole: now it flows.
  private Outcome finishSpooled(Spool rest) {
    try (rest) {
      begin();
      spool = null;
      if (refusal == null) {
        rest.copyTo(this::take);
      }
      if (refusal == null) {
        sendFrame();
      }
      Deliveries.Flow open = flow;
      return refusal == null && open != null
          ? inspection.forAll(open.finish())
          : Outcome.refused(
              Objects.requireNonNullElse(refusal, Refusal.STORE_UNAVAILABLE), recipients.size());
    } catch (IOException e) {
      LOG.warn("event=spool-failed reason=\"{}\"", e.getMessage());
      discard();
      return Outcome.refused(Refusal.STORE_UNAVAILABLE, recipients.size());
    }
  }
}
