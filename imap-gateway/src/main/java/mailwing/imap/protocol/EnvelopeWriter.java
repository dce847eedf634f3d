package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import mailwing.store.v1.Address;
import mailwing.store.v1.Envelope;

/// Writes an ENVELOPE (RFC 9051 §7.5.2) from the octets that an Envelope is serialized to, string
/// by string as they lie there: no object is made of its fields, of which a list of messages has
/// many.
///
/// The fields are in ascending order, as protobuf writes them and as ENVELOPE has them.
final class EnvelopeWriter {
  private static final int LAST = Envelope.MESSAGE_ID_FIELD_NUMBER;
  private static final int LAST_OF_ADDRESS = Address.HOST_FIELD_NUMBER;

  private final TokenWriter to;
  private final byte[] octets;
  private final CodedInputStream in;

  /// What is written next: a field's number.
  private int next = Envelope.DATE_FIELD_NUMBER;

  private EnvelopeWriter(TokenWriter to, byte[] octets) {
    this.to = to;
    this.octets = octets;
    this.in = CodedInputStream.newInstance(octets);
  }

  static void write(ByteString envelope, TokenWriter to) throws IOException {
    new EnvelopeWriter(to, envelope.toByteArray()).envelope();
  }

  private void envelope() throws IOException {
    to.raw("(");
    int list = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int field = WireFormat.getTagFieldNumber(tag);
      if (list != 0 && field != list) {
        to.raw(")");
        list = 0;
      }
      if (field > LAST) {
        in.skipField(tag);
      } else if (isList(field)) {
        if (list == 0) {
          upTo(field, LAST);
          to.raw("(");
          list = field;
        }
        address();
      } else {
        upTo(field, LAST);
        string();
      }
    }
    if (list != 0) {
      to.raw(")");
    }
    nils(LAST + 1);
    to.raw(")");
  }

  private static boolean isList(int field) {
    return field >= Envelope.FROM_FIELD_NUMBER && field <= Envelope.BCC_FIELD_NUMBER;
  }

  private void address() throws IOException {
    int outer = next;
    int limit = in.pushLimit(in.readRawVarint32());
    next = Address.NAME_FIELD_NUMBER;
    to.raw("(");
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      int field = WireFormat.getTagFieldNumber(tag);
      if (field > LAST_OF_ADDRESS) {
        in.skipField(tag);
      } else {
        upTo(field, LAST_OF_ADDRESS);
        string();
      }
    }
    nils(LAST_OF_ADDRESS + 1);
    to.raw(")");
    in.popLimit(limit);
    next = outer;
  }

  /// NIL for what is absent before a field, which is written then.
  private void upTo(int field, int last) throws IOException {
    if (field < next || field > last) {
      throw new InvalidProtocolBufferException("an envelope's fields are in disorder");
    }
    nils(field);
    separate(field);
    next = field + 1;
  }

  private void nils(int end) throws IOException {
    for (; next < end; next++) {
      separate(next);
      to.nil();
    }
  }

  private void separate(int field) throws IOException {
    if (field > 1) {
      to.sp();
    }
  }

  private void string() throws IOException {
    int length = in.readRawVarint32();
    int start = in.getTotalBytesRead();
    in.skipRawBytes(length);
    to.string(octets, start, start + length);
  }
}
