package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.util.List;
import mailwing.store.v1.Address;
import mailwing.store.v1.Envelope;
import org.jspecify.annotations.Nullable;

/// The fields of a message's header that make its envelope and place it in a thread.
final class EnvelopeFields {
  private final Envelope.Builder envelope = Envelope.newBuilder();
  private byte @Nullable [] references;

  /// Takes a field if it is one of them. Of several of one name the last counts, which is the one
  /// that signatures cover and JMAP shows (RFC 8621 section 4.1.3); addresses add up.
  void take(byte[] header, HeaderFields fields) {
    int length = fields.nameEnd() - fields.start();
    switch (length) {
      case 2 -> {
        if (fields.is("to")) {
          envelope.addAllTo(more(envelope.getToCount(), header, fields));
        } else if (fields.is("cc")) {
          envelope.addAllCc(more(envelope.getCcCount(), header, fields));
        }
      }
      case 3 -> {
        if (fields.is("bcc")) {
          envelope.addAllBcc(more(envelope.getBccCount(), header, fields));
        }
      }
      case 4 -> {
        if (fields.is("from")) {
          envelope.addAllFrom(more(envelope.getFromCount(), header, fields));
        } else if (fields.is("date")) {
          envelope.setDate(text(header, fields));
        }
      }
      case 6 -> {
        if (fields.is("sender")) {
          envelope.addAllSender(more(envelope.getSenderCount(), header, fields));
        }
      }
      case 7 -> {
        if (fields.is("subject")) {
          envelope.setSubject(text(header, fields));
        }
      }
      case 8 -> {
        if (fields.is("reply-to")) {
          envelope.addAllReplyTo(more(envelope.getReplyToCount(), header, fields));
        }
      }
      case 10 -> {
        if (fields.is("message-id")) {
          envelope.setMessageId(text(header, fields));
        } else if (fields.is("references")) {
          references = value(header, fields);
        }
      }
      case 11 -> {
        if (fields.is("in-reply-to")) {
          envelope.setInReplyTo(text(header, fields));
        }
      }
      default -> {
        // Not in the envelope.
      }
    }
  }

  private static List<Address> more(int have, byte[] header, HeaderFields fields) {
    return have >= MimeLimits.ADDRESSES ? List.of() : addresses(header, fields);
  }

  private static List<Address> addresses(byte[] header, HeaderFields fields) {
    return AddressList.parse(value(header, fields));
  }

  private static ByteString text(byte[] header, HeaderFields fields) {
    return ByteString.copyFrom(value(header, fields));
  }

  private static byte[] value(byte[] header, HeaderFields fields) {
    return FieldOctets.unfold(header, fields.valueStart(), fields.end());
  }

  /// RFC 9051 section 7.5.2: From stands in for a Sender or Reply-To that is absent or empty.
  Envelope envelope() {
    if (envelope.getSenderCount() == 0) {
      envelope.addAllSender(envelope.getFromList());
    }
    if (envelope.getReplyToCount() == 0) {
      envelope.addAllReplyTo(envelope.getFromList());
    }
    return envelope.build();
  }

  ByteString messageId() {
    return envelope.getMessageId();
  }

  ByteString inReplyTo() {
    return envelope.getInReplyTo();
  }

  ByteString references() {
    return references == null ? ByteString.EMPTY : ByteString.copyFrom(references);
  }
}
