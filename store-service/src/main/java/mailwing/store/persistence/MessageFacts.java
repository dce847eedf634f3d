package mailwing.store.persistence;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the columns keep of a parsed message.
///
/// @param envelope the contract's Envelope, serialized
/// @param structure the contract's Part, serialized
/// @param sentMillis the Date field in UTC; null where there is none that can be read
/// @param sentDay the Date field's day in its own zone, since 1970
/// @param references Message-IDs, oldest first
/// @param threadHashes of the message's own id and its references
@SuppressWarnings("ArrayRecordComponent") // never compared; three arrays on their way to SQL
public record MessageFacts(
    int parserVersion,
    long headerOctets,
    byte[] envelope,
    byte[] structure,
    String preview,
    @Nullable Long sentMillis,
    @Nullable Integer sentDay,
    String baseSubject,
    String sortFrom,
    String sortTo,
    String sortCc,
    String displayFrom,
    String displayTo,
    @Nullable String messageId,
    List<String> references,
    long[] threadHashes) {}
