package mailwing.smtp.delivery;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import mailwing.gateway.StoreException;
import mailwing.smtp.data.AuthorAddresses;
import mailwing.smtp.data.ForgedResults;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.data.MessageSink;
import mailwing.smtp.data.OctetAudit;
import mailwing.smtp.data.SubmittedHeader;
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

  /// Where quarantined mail goes; INBOX for who has no such mailbox.
  private static final String JUNK = "Junk";

  private static final int FRAME = 64 * 1024;
  private static final int FIRST_SIZE = 8 * 1024;

  /// Results of checks that the store is told, and their length.
  private static final int RESULTS = 12;

  private static final int RESULT_LENGTH = 300;

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
  public record Screening(String host, @Nullable Check check) {}

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
  private final DeliveryEnvelope envelope;
  private final List<String> recipients;
  private final Rules rules;
  private final @Nullable Mending mending;
  private final @Nullable Screening screening;
  private final OctetAudit audit = new OctetAudit();
  private final int traceLength;
  private byte[] buffer;
  private int count;
  private long size;
  private Deliveries.@Nullable Flow flow;
  private @Nullable Spool spool;
  private @Nullable DkimSigner signing;
  private boolean junk;
  private boolean tlsOptional;
  private boolean doubtful;
  private byte[] blindCopies = new byte[0];
  private List<String> results = List.of();
  private @Nullable Refusal refusal;
  private List<Boolean> looping = List.of();

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
    this.envelope = envelope;
    this.recipients = List.copyOf(recipients);
    this.rules = rules;
    this.mending = mending;
    this.screening = screening;
    this.traceLength = received.length;
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
    DeliveryEnvelope addressed = addressed();
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

  /// Looks into what was gathered, and mends it: loops, and what submission wants. A message so far
  /// that the audit objects to need not go on.
  private Optional<Refusal> inspect() {
    Optional<Refusal> audited = audited(false);
    if (audited.isPresent()) {
      return audited;
    }
    HeaderScan scan = HeaderScan.of(buffer, traceLength, count);
    if (scan.count("received") > rules.maxReceived) {
      return Optional.of(Refusal.LOOP);
    }
    tlsOptional = !envelope.getRequireTls() && saysTlsOptional(scan);
    looping = looping(scan);
    if (!looping.isEmpty() && !looping.contains(false)) {
      return Optional.of(Refusal.LOOP);
    }
    if (screening != null) {
      return screen(scan, screening);
    }
    if (mending != null) {
      if (!scan.complete() && count == traceLength + GATHERED) {
        return Optional.of(Refusal.HEADER_TOO_LARGE);
      }
      if (!isAuthor(scan, mending.author())) {
        return Optional.of(Refusal.AUTHOR);
      }
      mend(scan, mending);
      sign(mending.signer());
    }
    return Optional.empty();
  }

  /// What goes out is signed as it is now: nothing changes it after this.
  private void sign(@Nullable Signer signer) {
    if (signer == null || signing == null) {
      return;
    }
    HeaderScan scan = HeaderScan.of(buffer, traceLength, count);
    byte[] fields = signer.fields(signing, buffer, scan, count).getBytes(StandardCharsets.US_ASCII);
    byte[] whole = Arrays.copyOf(fields, fields.length + count);
    System.arraycopy(buffer, 0, whole, fields.length, count);
    buffer = whole;
    count = whole.length;
  }

  /// Drops what others say in our name, and says what we have found. The check sees the message as
  /// it came.
  private Optional<Refusal> screen(HeaderScan scan, Screening screening) {
    Check check = screening.check();
    String found = "";
    if (check != null) {
      if (!scan.complete() && spool != null) {
        return Optional.of(Refusal.HEADER_TOO_LARGE);
      }
      try {
        SenderVerdict verdict = check.of(buffer, scan, sink -> body(scan, sink));
        results = results(verdict.field());
        if (verdict.refusal().isPresent()) {
          return verdict.refusal();
        }
        junk = verdict.junk();
        doubtful = verdict.doubtful();
        found = verdict.field();
      } catch (IOException e) {
        LOG.warn("event=spool-failed reason=\"{}\"", e.getMessage());
        return Optional.of(Refusal.STORE_UNAVAILABLE);
      }
    }
    byte[] kept = ForgedResults.without(buffer, traceLength, count, scan, screening.host());
    if (kept.length == count - traceLength && found.isEmpty()) {
      return Optional.empty();
    }
    byte[] field = found.getBytes(StandardCharsets.UTF_8);
    byte[] whole = new byte[field.length + traceLength + kept.length];
    System.arraycopy(field, 0, whole, 0, field.length);
    System.arraycopy(buffer, 0, whole, field.length, traceLength);
    System.arraycopy(kept, 0, whole, field.length + traceLength, kept.length);
    buffer = whole;
    count = whole.length;
    return Optional.empty();
  }

  /// What Authentication-Results says, a method each.
  private static List<String> results(String field) {
    return Arrays.stream(field.strip().split(";\\s+", RESULTS + 2))
        .skip(1)
        .limit(RESULTS)
        .map(result -> result.substring(0, Math.min(result.length(), RESULT_LENGTH)))
        .toList();
  }

  /// What was found of who the message is from, as far as it was asked.
  public List<String> authenticationResults() {
    return results;
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

  /// May the user write as each address of From?
  private static boolean isAuthor(HeaderScan scan, Predicate<String> author) {
    return scan.fields().stream()
        .filter(field -> scan.isNamed(field, "from"))
        .flatMap(field -> AuthorAddresses.of(scan.value(field)).stream())
        .allMatch(author);
  }

  private void mend(HeaderScan scan, Mending mending) {
    String missing = SubmittedHeader.missing(scan, mending.date(), mending.id(), mending.host());
    if (missing.isEmpty() && !SubmittedHeader.hasBlindCopy(scan)) {
      return;
    }
    blindCopies = SubmittedHeader.blindCopies(buffer, scan);
    byte[] mended = SubmittedHeader.mend(buffer, traceLength, count, scan, missing);
    byte[] whole = Arrays.copyOf(buffer, traceLength + mended.length);
    System.arraycopy(mended, 0, whole, traceLength, mended.length);
    buffer = whole;
    count = whole.length;
  }

  /// `TLS-Required: No`, once (RFC 8689 §3).
  private static boolean saysTlsOptional(HeaderScan scan) {
    return scan.count("tls-required") == 1
        && scan.fields().stream()
            .anyMatch(
                field ->
                    scan.isNamed(field, "tls-required")
                        && scan.value(field).equalsIgnoreCase("No"));
  }

  /// Which recipients' own Delivered-To is there already: they have had the message, and a copy
  /// more would loop. Empty where none has.
  private List<Boolean> looping(HeaderScan scan) {
    List<String> seen = new ArrayList<>();
    for (HeaderScan.Field field : scan.fields()) {
      if (scan.isNamed(field, "delivered-to")) {
        seen.add(scan.value(field));
      }
    }
    if (seen.isEmpty()) {
      return List.of();
    }
    List<Boolean> found =
        recipients.stream()
            .map(recipient -> seen.stream().anyMatch(recipient::equalsIgnoreCase))
            .toList();
    return found.contains(true) ? found : List.of();
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
      return forAll(
          deliveries.deliver(
              DeliverRequest.newBuilder()
                  .setEnvelope(addressed().toBuilder().setSize(count))
                  .setData(gathered())
                  .build()));
    }
    sendFrame();
    return refusal == null ? forAll(open.finish()) : Outcome.refused(refusal, recipients.size());
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
          ? forAll(open.finish())
          : Outcome.refused(
              Objects.requireNonNullElse(refusal, Refusal.STORE_UNAVAILABLE), recipients.size());
    } catch (IOException e) {
      LOG.warn("event=spool-failed reason=\"{}\"", e.getMessage());
      discard();
      return Outcome.refused(Refusal.STORE_UNAVAILABLE, recipients.size());
    }
  }

  /// The envelope without the recipients that have had the message already.
  private DeliveryEnvelope addressed() {
    if (looping.isEmpty()
        && !junk
        && !doubtful
        && !tlsOptional
        && blindCopies.length == 0
        && results.isEmpty()) {
      return envelope;
    }
    DeliveryEnvelope.Builder rest = envelope.toBuilder().setTlsOptional(tlsOptional);
    if (blindCopies.length > 0 && envelope.hasSubmission()) {
      rest.getSubmissionBuilder().setBlindCopies(ByteString.copyFrom(blindCopies));
    }
    if (doubtful) {
      rest.clearReporting();
    }
    if (junk) {
      rest.setMailbox(JUNK);
    }
    rest.getTraceBuilder().addAllAuthenticationResults(results);
    if (looping.isEmpty()) {
      return rest.build();
    }
    rest.clearRecipients();
    for (int i = 0; i < looping.size(); i++) {
      if (!looping.get(i)) {
        rest.addRecipients(envelope.getRecipients(i));
      }
    }
    return rest.build();
  }

  private Outcome forAll(Outcome addressed) {
    if (looping.isEmpty()) {
      return addressed;
    }
    Iterator<Optional<Refusal>> results = addressed.recipients().iterator();
    List<Optional<Refusal>> all = new ArrayList<>(looping.size());
    for (boolean loops : looping) {
      all.add(loops ? Optional.of(Refusal.LOOP) : results.next());
    }
    return new Outcome(all);
  }
}
