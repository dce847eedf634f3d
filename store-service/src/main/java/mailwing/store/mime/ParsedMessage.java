package mailwing.store.mime;

import java.util.List;
import mailwing.store.v1.Envelope;
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// What the store learned of a message.
///
/// @param parserVersion [MessageParser#PARSER_VERSION] of the parser that made it
/// @param size octets of the message, RFC822.SIZE
/// @param headerOctets octets of its header, the empty line included; `BODY[HEADER]` is `[0,
///   headerOctets)`
/// @param structure the tree of parts with offsets; the message itself is its root
/// @param envelope RFC 9051 section 7.5.2, sender and reply-to already defaulted
/// @param preview decoded text of the first text part, in one line (RFC 8970); empty if there is
///   none
/// @param messageId the id without the angle brackets, or null
/// @param inReplyTo ids of In-Reply-To, as messageId
/// @param references what to thread by (RFC 5256 section 3): ids of References or, if it has none,
///   the first of In-Reply-To; oldest first
public record ParsedMessage(
    int parserVersion,
    long size,
    long headerOctets,
    Part structure,
    Envelope envelope,
    String preview,
    SortKeys sortKeys,
    @Nullable String messageId,
    List<String> inReplyTo,
    List<String> references) {}
