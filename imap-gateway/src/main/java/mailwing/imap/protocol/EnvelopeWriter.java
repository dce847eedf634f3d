package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import mailwing.gateway.OctetWriter;
import mailwing.service.mime.OctetSpan;
import mailwing.store.v1.Address;
import mailwing.store.v1.Envelope;

/// Writes an ENVELOPE (RFC 9051 §7.5.2) from the octets that an Envelope is serialized to, in one
/// pass from those to the output's buffer: no object is made of its fields, of which a list of
/// messages has many.
///
/// The fields are in ascending order, as protobuf writes them and as ENVELOPE has them.
final class EnvelopeWriter {
  private static final int LAST = Envelope.MESSAGE_ID_FIELD_NUMBER;
  private static final int LAST_OF_ADDRESS = Address.HOST_FIELD_NUMBER;

  /// What two octets, an address without anything, become: `(NIL NIL NIL NIL)` and more.
  private static final int GROWTH = 10;

  /// An envelope of nothing, and what begins and ends lists.
  private static final int FRAME = 64;

  private final boolean utf8;
  private final byte[] to;
  private int at;

  private final byte[] octets;
  private final int limit;
  private int from;

  private EnvelopeWriter(OctetSpan its, boolean utf8, byte[] to, int at) {
    octets = its.array();
    from = its.from();
    limit = its.to();
    this.utf8 = utf8;
    this.to = to;
    this.at = at;
  }

  static void write(ByteString envelope, TokenWriter to) throws IOException {
    OctetWriter out = to.out;
    OctetSpan octets = OctetSpan.of(envelope);
    int most = Math.addExact(Math.multiplyExact(envelope.size(), GROWTH), FRAME);
    if (most <= OctetWriter.MOST_ROOM) {
      byte[] buffer = out.reserve(most);
      out.reached(new EnvelopeWriter(octets, to.utf8(), buffer, out.buffered()).envelope());
    } else {
      byte[] own = new byte[most];
      out.write(own, 0, new EnvelopeWriter(octets, to.utf8(), own, 0).envelope());
    }
  }

  /// Where it ends.
  private int envelope() throws InvalidProtocolBufferException {
    to[at++] = '(';
    int next = Envelope.DATE_FIELD_NUMBER;
    int list = 0;
    while (from < limit) {
      int tag = varint(limit);
      int field = WireFormat.getTagFieldNumber(tag);
      if (list != 0 && field != list) {
        to[at++] = ')';
        list = 0;
      }
      int end = end(tag, LAST, limit);
      if (field > LAST) {
        from = end;
      } else if (list != 0) {
        address(end);
      } else {
        next = upTo(field, next);
        if (isList(field)) {
          to[at++] = '(';
          list = field;
          address(end);
        } else {
          string(end);
        }
      }
    }
    if (list != 0) {
      to[at++] = ')';
    }
    nils(next, LAST + 1);
    to[at++] = ')';
    return at;
  }

  private static boolean isList(int field) {
    return field >= Envelope.FROM_FIELD_NUMBER && field <= Envelope.BCC_FIELD_NUMBER;
  }

  private void address(int limit) throws InvalidProtocolBufferException {
    to[at++] = '(';
    int next = Address.NAME_FIELD_NUMBER;
    while (from < limit) {
      int tag = varint(limit);
      int field = WireFormat.getTagFieldNumber(tag);
      int end = end(tag, LAST_OF_ADDRESS, limit);
      if (field > LAST_OF_ADDRESS) {
        from = end;
      } else {
        next = upTo(field, next);
        string(end);
      }
    }
    nils(next, LAST_OF_ADDRESS + 1);
    to[at++] = ')';
  }

  /// NIL for what is absent before a field, which is written then; what is next after it.
  private int upTo(int field, int next) throws InvalidProtocolBufferException {
    if (field < next) {
      throw new InvalidProtocolBufferException("an envelope's fields are in disorder");
    }
    nils(next, field);
    separate(field);
    return field + 1;
  }

  private void nils(int first, int end) {
    for (int field = first; field < end; field++) {
      separate(field);
      to[at++] = 'N';
      to[at++] = 'I';
      to[at++] = 'L';
    }
  }

  private void separate(int field) {
    if (field > 1) {
      to[at++] = ' ';
    }
  }

  private void string(int end) {
    at = Strings.put(octets, from, end, utf8, to, at);
    from = end;
  }

  /// Where a field's octets end, the first of which is at `from` then. Those that are written have
  /// a length; of others, which are passed over, any kind will do.
  private int end(int tag, int last, int limit) throws InvalidProtocolBufferException {
    int type = WireFormat.getTagWireType(tag);
    int length =
        type == WireFormat.WIRETYPE_LENGTH_DELIMITED
            ? varint(limit)
            : unknownLength(tag, last, limit);
    if (length < 0 || length > limit - from) {
      throw damaged();
    }
    return from + length;
  }

  private int unknownLength(int tag, int last, int limit) throws InvalidProtocolBufferException {
    if (WireFormat.getTagFieldNumber(tag) <= last) {
      throw damaged();
    }
    return switch (WireFormat.getTagWireType(tag)) {
      case WireFormat.WIRETYPE_FIXED64 -> Long.BYTES;
      case WireFormat.WIRETYPE_FIXED32 -> Integer.BYTES;
      case WireFormat.WIRETYPE_VARINT -> number(limit);
      default -> throw damaged();
    };
  }

  /// How many octets a number has.
  private int number(int limit) {
    int length = 1;
    while (from + length <= limit && octets[from + length - 1] < 0) {
      length++;
    }
    return length;
  }

  /// Of one octet nearly always.
  private int varint(int limit) throws InvalidProtocolBufferException {
    if (from < limit && octets[from] >= 0) {
      return octets[from++];
    }
    return longVarint(limit);
  }

  private int longVarint(int limit) throws InvalidProtocolBufferException {
    int number = 0;
    for (int shift = 0; shift < Integer.SIZE && from < limit; shift += 7) {
      byte some = octets[from++];
      number |= (some & 0x7f) << shift;
      if (some >= 0) {
        return number;
      }
    }
    throw damaged();
  }

  private static InvalidProtocolBufferException damaged() {
    return new InvalidProtocolBufferException("an envelope is damaged");
  }
}
