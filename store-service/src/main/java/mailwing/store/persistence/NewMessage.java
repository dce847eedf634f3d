package mailwing.store.persistence;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A message on its way into a mailbox.
///
/// @param deliveryId under which a repeat is recognised
/// @param flags SystemFlag bits
/// @param firstChunkOctets the octets of chunk 0
/// @param body the whole body; null where its chunks were uploaded under blobId
/// @param trace what is told of it later; null where it is not traced
/// @param rest what else of its delivery is still to be stored: durable with it or not at all
/// @param reports what senders are told once it is stored: durable with it or not at all
@SuppressWarnings("ArrayRecordComponent") // never compared; the octets are not to be copied
public record NewMessage(
    byte[] deliveryId,
    int flags,
    List<String> keywords,
    long internalDate,
    int zoneMinutes,
    long size,
    int firstChunkOctets,
    UUID blobId,
    byte @Nullable [] body,
    MessageFacts facts,
    @Nullable Traced trace,
    List<DeliveryRetries.Retry> rest,
    List<NewReport> reports) {}
