package mailwing.imap.cache;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.util.Set;
import mailwing.store.v1.FetchedMessage;
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// What is known of a message that cannot change, as the store told it; null for what was not asked
/// for.
///
/// @param envelope an Envelope, serialized: a fraction of what its fields take in memory
public record KnownMessage(
    @Nullable Dates dates,
    @Nullable ByteString envelope,
    @Nullable Part structure,
    @Nullable ByteString header,
    @Nullable ByteString body,
    @Nullable String preview,
    @Nullable Ids ids) {
  public static final KnownMessage NOTHING =
      new KnownMessage(null, null, null, null, null, null, null);

  /// INTERNALDATE: milliseconds since 1970, and the zone in minutes east of UTC.
  public record Dates(long internalMillis, int zoneMinutes) {}

  /// RFC 8474 and RFC 8514.
  public record Ids(long messageId, long threadId, long saveDateMillis) {}

  /// Takes what was asked for; a body that was larger than asked for stays unknown.
  public static KnownMessage of(FetchedMessage message, Set<Need> needs) {
    return new KnownMessage(
        needs.contains(Need.INTERNAL_DATE)
            ? new Dates(message.getInternalDateMillis(), message.getInternalDateZoneMinutes())
            : null,
        needs.contains(Need.ENVELOPE) ? envelope(message) : null,
        needs.contains(Need.STRUCTURE) ? message.getStructure() : null,
        message.hasHeader() ? message.getHeader() : null,
        message.hasBody() ? message.getBody() : null,
        message.hasPreview() ? message.getPreview() : null,
        needs.contains(Need.IDS)
            ? new Ids(message.getMessageId(), message.getThreadId(), message.getSaveDateMillis())
            : null);
  }

  /// An Envelope, serialized.
  public static KnownMessage ofEnvelope(ByteString envelope) {
    return new KnownMessage(null, envelope, null, null, null, null, null);
  }

  private static ByteString envelope(FetchedMessage message) {
    return message.hasEncodedEnvelope()
        ? message.getEncodedEnvelope()
        : message.getEnvelope().toByteString();
  }

  public boolean knows(Need need) {
    return switch (need) {
      case INTERNAL_DATE -> dates != null;
      case ENVELOPE -> envelope != null;
      case STRUCTURE -> structure != null;
      case HEADER -> header != null;
      case BODY -> body != null;
      case PREVIEW -> preview != null;
      case IDS -> ids != null;
    };
  }

  public boolean knowsAll(Need... needs) {
    for (Need need : needs) {
      if (!knows(need)) {
        return false;
      }
    }
    return true;
  }

  /// All that either knows.
  public KnownMessage with(KnownMessage other) {
    return new KnownMessage(
        other.dates != null ? other.dates : dates,
        other.envelope != null ? other.envelope : envelope,
        other.structure != null ? other.structure : structure,
        other.header != null ? other.header : header,
        other.body != null ? other.body : body,
        other.preview != null ? other.preview : preview,
        other.ids != null ? other.ids : ids);
  }

  /// The same, to be kept: an envelope of which the octets lie among those of others, as they were
  /// read, keeps all of these.
  KnownMessage alone() {
    return envelope == null
        ? this
        : new KnownMessage(
            dates,
            UnsafeByteOperations.unsafeWrap(envelope.toByteArray()),
            structure,
            header,
            body,
            preview,
            ids);
  }

  /// About what it holds in memory; parsed messages take several times their encoded size.
  public long octets() {
    long octets = 60;
    octets += dates == null ? 0 : 24;
    octets += ids == null ? 0 : 32;
    octets += envelope == null ? 0 : envelope.size() + 32L;
    octets += structure == null ? 0 : 6L * structure.getSerializedSize() + 200;
    octets += header == null ? 0 : header.size() + 32L;
    octets += body == null ? 0 : body.size() + 32L;
    octets += preview == null ? 0 : preview.length() * 2L + 40;
    return octets;
  }
}
