package mailwing.store.persistence;

import java.util.List;
import java.util.UUID;
import mailwing.store.v1.DeliveryEnvelope;
import org.jspecify.annotations.Nullable;

/// A message on its way into the outbound queue.
///
/// @param deliveryId under which a repeat is recognised
/// @param queueId what its sender was told
/// @param reversePath in SMTP's grammar; empty for the null reverse-path
/// @param ret RFC 3461: 0 not given, 1 FULL, 2 HDRS
/// @param deliverBy milliseconds since 1970; 0 for none
/// @param content what its octets ask of the transfer
/// @param body the whole body; null where its chunks were uploaded under the place's blob
/// @param origin ClientInfoForTrace, serialized
/// @param messageId its Message-ID; null for none
/// @param through the address of ours that sends it on; null: who submits it sends it
/// @param notice we have made it, of what became of another one
/// @param traceKeys as [TraceKeys#text] has them; null where it is not traced
/// @param hold how long it is held
/// @param expiresAt when it is given up
/// @param rest what else of its delivery is still to be stored: durable with it or not at all
@SuppressWarnings("ArrayRecordComponent") // never compared; the octets are not to be copied
public record NewQueued(
    long accountId,
    byte[] deliveryId,
    String queueId,
    String reversePath,
    int ret,
    String envelopeId,
    boolean smtpUtf8,
    Tls tls,
    int priority,
    long deliverBy,
    int deliverByMode,
    boolean deliverByTrace,
    int content,
    Blobs.Place place,
    long headerOctets,
    byte @Nullable [] body,
    byte[] origin,
    @Nullable String messageId,
    @Nullable String through,
    boolean notice,
    @Nullable String traceKeys,
    Hold hold,
    long expiresAt,
    List<Recipient> recipients,
    List<DeliveryRetries.Retry> rest) {
  public static final int EIGHT_BIT_HEADER = 1;
  public static final int EIGHT_BIT_BODY = 2;
  public static final int BINARY = 4;

  public NewQueued {
    recipients = List.copyOf(recipients);
    rest = List.copyOf(rest);
  }

  /// That it is not tried before a time (RFC 4865).
  ///
  /// @param until milliseconds since 1970; 0: it is not held
  /// @param request what was asked for, as a notification tells it; empty: nothing was
  /// @param most messages that the account may have asked for; 0: any number
  public record Hold(long until, String request, int most) {
    public static final Hold NONE = new Hold(0, "", 0);
  }

  /// What it asks of the TLS on its way (RFC 8689).
  public enum Tls {
    /// What the receiving domain wants.
    USUAL,
    /// Verified hosts that ask for the same.
    REQUIRED,
    /// None, whatever the receiving domain wants.
    OPTIONAL;

    /// As a message's envelope has it.
    public static Tls of(DeliveryEnvelope envelope) {
      if (envelope.getRequireTls() || envelope.getSubmission().getRequireTls()) {
        return REQUIRED;
      }
      return envelope.getTlsOptional() ? OPTIONAL : USUAL;
    }
  }

  /// Whom it is for.
  ///
  /// @param domain lower case, A-labels; or an address literal
  /// @param path in SMTP's grammar
  /// @param notifyOn RFC 3461: 1 NEVER, 2 SUCCESS, 4 FAILURE, 8 DELAY; 0 not given
  /// @param local one of ours, to whom the store delivers by itself
  public record Recipient(
      String domain, String path, int notifyOn, String originalRecipient, boolean local) {}

  public UUID blobId() {
    return place.blobId();
  }
}
