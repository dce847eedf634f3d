package mailwing.smtp.delivery;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import mailwing.smtp.arc.ArcSealer;
import mailwing.smtp.data.AuthorAddresses;
import mailwing.smtp.data.ForgedResults;
import mailwing.smtp.data.HeaderScan;
import mailwing.smtp.data.MessageSink;
import mailwing.smtp.data.SubmittedHeader;
import mailwing.smtp.delivery.MessageIntake.Mending;
import mailwing.smtp.delivery.MessageIntake.Rules;
import mailwing.smtp.delivery.MessageIntake.Screening;
import mailwing.smtp.dkim.DkimSigner;
import mailwing.smtp.signing.Signer;
import mailwing.store.v1.DeliveryEnvelope;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is found in a message's header section before it goes to the store, and what is changed
/// there: loops, who a stranger's message is from, what submission asks for.
final class Inspection {
  private static final Logger LOG = LoggerFactory.getLogger(Inspection.class);

  /// Where quarantined mail goes; INBOX for who has no such mailbox.
  private static final String JUNK = "Junk";

  /// Results of checks that the store is told, and their length.
  private static final int RESULTS = 12;

  private static final int RESULT_LENGTH = 300;

  /// Writes the body that follows a header section.
  @FunctionalInterface
  interface Octets {
    void write(HeaderScan scan, MessageSink sink) throws IOException;
  }

  private final DeliveryEnvelope envelope;
  private final List<String> recipients;
  private final Rules rules;
  private final @Nullable Mending mending;
  private final @Nullable Screening screening;
  private final int traceLength;
  private byte[] buffer = new byte[0];
  private int count;
  private boolean junk;
  private boolean tlsOptional;
  private boolean doubtful;
  private byte[] blindCopies = new byte[0];
  private List<String> results = List.of();
  private List<Boolean> looping = List.of();

  /// @param traceLength octets before the message, of our Received
  Inspection(
      DeliveryEnvelope envelope,
      List<String> recipients,
      Rules rules,
      @Nullable Mending mending,
      @Nullable Screening screening,
      int traceLength) {
    this.envelope = envelope;
    this.recipients = recipients;
    this.rules = rules;
    this.mending = mending;
    this.screening = screening;
    this.traceLength = traceLength;
  }

  /// Hands over what was looked at, as it goes on; up to [#count].
  byte[] octets() {
    byte[] whole = buffer;
    buffer = new byte[0];
    return whole;
  }

  int count() {
    return count;
  }

  /// What was found of who the message is from, as far as it was asked.
  List<String> results() {
    return results;
  }

  /// Looks into what was gathered, and mends it: loops, what strangers say, what submission wants.
  ///
  /// @param gathered what is there, our Received before it
  /// @param limit where it ends
  /// @param signing what has been given the body that is to be signed
  /// @param more the message is longer than what is there
  Optional<Refusal> look(
      byte[] gathered, int limit, Octets body, @Nullable DkimSigner signing, boolean more) {
    this.buffer = gathered;
    this.count = limit;
    HeaderScan scan = HeaderScan.of(buffer, traceLength, count);
    if (scan.count("received") > rules.maxReceived()) {
      return Optional.of(Refusal.LOOP);
    }
    tlsOptional = !envelope.getRequireTls() && saysTlsOptional(scan);
    looping = looping(scan);
    if (!looping.isEmpty() && !looping.contains(false)) {
      return Optional.of(Refusal.LOOP);
    }
    if (screening != null) {
      return screen(scan, screening, body, more);
    }
    if (mending != null) {
      if (!scan.complete() && count == traceLength + MessageIntake.GATHERED) {
        return Optional.of(Refusal.HEADER_TOO_LARGE);
      }
      if (!isAuthor(scan, mending.author())) {
        return Optional.of(Refusal.AUTHOR);
      }
      mend(scan, mending);
      sign(mending.signer(), signing);
    }
    return Optional.empty();
  }

  /// What goes out is signed as it is now: nothing changes it after this.
  private void sign(@Nullable Signer signer, @Nullable DkimSigner signing) {
    if (signer == null || signing == null) {
      return;
    }
    HeaderScan scan = HeaderScan.of(buffer, traceLength, count);
    prepend(signer.fields(signing, buffer, scan, count));
  }

  /// Drops what others say in our name, and says what we have found. The check sees the message as
  /// it came.
  private Optional<Refusal> screen(
      HeaderScan scan, Screening screening, Octets body, boolean more) {
    MessageIntake.Check check = screening.check();
    String found = "";
    SenderVerdict verdict = null;
    if (check != null) {
      if (!scan.complete() && more) {
        return Optional.of(Refusal.HEADER_TOO_LARGE);
      }
      try {
        verdict = check.of(buffer, scan, sink -> body.write(scan, sink));
        results = results(verdict.field());
        if (verdict.refusal().isPresent()) {
          return verdict.refusal();
        }
        junk = verdict.junk();
        doubtful = verdict.doubtful();
        found = verdict.field();
        if (screening.sealer() != null) {
          body.write(scan, screening.sealer());
        }
      } catch (IOException e) {
        LOG.warn("event=spool-failed reason=\"{}\"", e.getMessage());
        return Optional.of(Refusal.STORE_UNAVAILABLE);
      }
    }
    List<HeaderScan.Field> forged = ForgedResults.in(scan, screening.host());
    if (forged.isEmpty() && found.isEmpty()) {
      return Optional.empty();
    }
    byte[] kept = ForgedResults.without(buffer, traceLength, count, forged);
    byte[] field = found.getBytes(StandardCharsets.UTF_8);
    byte[] whole = new byte[field.length + traceLength + kept.length];
    System.arraycopy(field, 0, whole, 0, field.length);
    System.arraycopy(buffer, 0, whole, field.length, traceLength);
    System.arraycopy(kept, 0, whole, field.length + traceLength, kept.length);
    buffer = whole;
    count = whole.length;
    if (verdict != null && screening.sealer() != null) {
      seal(screening.sealer(), verdict);
    }
    return Optional.empty();
  }

  /// What goes on to elsewhere is sealed as it is now (RFC 8617 §5.1).
  private void seal(ArcSealer sealer, SenderVerdict verdict) {
    HeaderScan scan = HeaderScan.of(buffer, 0, count);
    sealer
        .fields(buffer, scan, count, verdict.results(), verdict.chain(), Instant.now())
        .ifPresent(this::prepend);
  }

  /// @param fields each octet as a character of its value
  private void prepend(String fields) {
    byte[] head = fields.getBytes(StandardCharsets.ISO_8859_1);
    byte[] whole = Arrays.copyOf(head, head.length + count);
    System.arraycopy(buffer, 0, whole, head.length, count);
    buffer = whole;
    count = whole.length;
  }

  /// What Authentication-Results says, a method each.
  private static List<String> results(String field) {
    return Arrays.stream(field.strip().split(";\\s+", RESULTS + 2))
        .skip(1)
        .limit(RESULTS)
        .map(result -> result.substring(0, Math.min(result.length(), RESULT_LENGTH)))
        .toList();
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

  /// The envelope without the recipients that have had the message already.
  DeliveryEnvelope addressed() {
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

  /// What became of each recipient, from what became of those that [#addressed] names.
  Outcome forAll(Outcome addressed) {
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
