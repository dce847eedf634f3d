package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.util.List;
import mailwing.store.v1.Envelope;
import mailwing.store.v1.Part;

/// Reads headers of parts and messages into structure and envelopes.
final class PartHeaders {
  // Octets of fields taken into the structure so far, of all parts.
  private long taken;

  private EnvelopeFields messageFields = new EnvelopeFields();

  /// Fills `node` from its header and decides of what kind it is.
  void read(Node node, byte[] header, int length) {
    Part.Builder part = node.part;
    boolean typed = false;
    boolean all = taken <= MimeLimits.STRUCTURE_OCTETS;
    EnvelopeFields envelope = node.message ? new EnvelopeFields() : null;
    var fields = new HeaderFields(header, 0, length);
    while (fields.next()) {
      int size = fields.nameEnd() - fields.start();
      // Of a Content- field that is there twice the first counts.
      if (size > 8 && (header[fields.start()] | 0x20) == 'c') {
        if (fields.is("content-type")) {
          typed = typed || ContentFields.type(value(header, fields), part);
        } else if (fields.is("content-transfer-encoding")) {
          if (part.getEncoding().isEmpty()) {
            part.setEncoding(ContentFields.encoding(value(header, fields)));
          }
        } else if (all) {
          other(part, header, fields);
        }
      } else if (envelope != null && all) {
        envelope.take(header, fields);
      }
    }
    if (part.getEncoding().isEmpty()) {
      part.setEncoding(ContentFields.SEVEN_BIT);
    }
    if (!typed) {
      part.clearParameters();
    }
    if (!all) {
      part.clearParameters().addAllParameters(boundaryOnly(part));
    }
    kind(node, typed);
    taken += length;
    if (envelope != null) {
      if (node.parent == null) {
        messageFields = envelope;
      } else {
        node.parent.part.setEnvelope(envelope.envelope());
      }
    }
  }

  private static List<mailwing.store.v1.Parameter> boundaryOnly(Part.Builder part) {
    return part.getParametersList().stream()
        .filter(
            parameter ->
                parameter.getName().toStringUtf8().regionMatches(true, 0, "boundary", 0, 8))
        .limit(1)
        .toList();
  }

  private static void other(Part.Builder part, byte[] header, HeaderFields fields) {
    if (fields.is("content-disposition")) {
      if (!part.hasDisposition()) {
        ContentFields.disposition(value(header, fields), part);
      }
    } else if (fields.is("content-id")) {
      if (!part.hasContentId()) {
        part.setContentId(ByteString.copyFrom(value(header, fields)));
      }
    } else if (fields.is("content-description")) {
      if (!part.hasDescription()) {
        part.setDescription(ByteString.copyFrom(value(header, fields)));
      }
    } else if (fields.is("content-md5")) {
      if (!part.hasMd5()) {
        part.setMd5(ByteString.copyFrom(value(header, fields)));
      }
    } else if (fields.is("content-language")) {
      if (part.getLanguageCount() == 0) {
        ContentFields.language(value(header, fields), part);
      }
    } else if (fields.is("content-location")) {
      if (!part.hasLocation()) {
        part.setLocation(ByteString.copyFrom(value(header, fields)));
      }
    }
  }

  private static byte[] value(byte[] header, HeaderFields fields) {
    return FieldOctets.unfold(header, fields.valueStart(), fields.end());
  }

  /// Fills in the default type and says whether there are parts within.
  private static void kind(Node node, boolean typed) {
    Part.Builder part = node.part;
    if (!typed) {
      if (node.parent != null && node.parent.isDigest()) {
        part.setType(ContentFields.MESSAGE).setSubtype(ContentFields.RFC822);
      } else {
        part.setType(ContentFields.TEXT).setSubtype(ContentFields.PLAIN);
      }
    }
    if (ContentFields.is(part.getType(), "multipart")) {
      byte[] boundary = ContentFields.boundary(part);
      if (boundary.length == 0) {
        // Nothing to find its parts by: what it holds is text at best.
        part.clearParameters().setType(ContentFields.TEXT).setSubtype(ContentFields.PLAIN);
      } else if (node.depth >= MimeLimits.DEPTH) {
        opaque(part);
      } else {
        node.kind = Node.Kind.MULTIPART;
        node.boundary = boundary;
      }
    } else if (ContentFields.is(part.getType(), "message")
        && (ContentFields.is(part.getSubtype(), "rfc822")
            || ContentFields.is(part.getSubtype(), "global"))) {
      if (node.depth >= MimeLimits.DEPTH) {
        opaque(part);
      } else {
        node.kind = Node.Kind.MESSAGE;
      }
    }
    if (ContentFields.is(part.getType(), "text")
        && ContentFields.parameter(part, "charset") == null) {
      part.addParameters(ContentFields.US_ASCII);
    }
  }

  private static void opaque(Part.Builder part) {
    part.clearParameters()
        .setType(ContentFields.APPLICATION)
        .setSubtype(ContentFields.OCTET_STREAM);
  }

  /// What is to be known of the whole message.
  ParsedMessage message(long size, Part structure, String preview) {
    Envelope envelope = messageFields.envelope();
    List<String> inReplyTo = MessageIds.all(messageFields.inReplyTo());
    List<String> references = MessageIds.all(messageFields.references());
    if (references.isEmpty() && !inReplyTo.isEmpty()) {
      references = inReplyTo.subList(0, 1);
    }
    return new ParsedMessage(
        MessageParser.PARSER_VERSION,
        size,
        structure.getBodyOffset(),
        structure,
        envelope,
        preview,
        SortKeyMaker.make(envelope),
        MessageIds.first(messageFields.messageId()),
        inReplyTo,
        references);
  }
}
