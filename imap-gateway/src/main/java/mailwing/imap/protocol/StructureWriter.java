package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.List;
import mailwing.service.imap.Sections;
import mailwing.store.v1.Parameter;
import mailwing.store.v1.Part;

/// Writes BODY and BODYSTRUCTURE (RFC 9051 §7.5.2).
final class StructureWriter {
  private static final ByteString TEXT = ByteString.copyFromUtf8("TEXT");
  private static final ByteString PLAIN = ByteString.copyFromUtf8("PLAIN");
  private static final ByteString MIXED = ByteString.copyFromUtf8("MIXED");
  private static final ByteString SEVEN_BIT = ByteString.copyFromUtf8("7BIT");

  private final TokenWriter to;
  private boolean rev2;

  StructureWriter(TokenWriter to) {
    this.to = to;
  }

  /// Parameters as IMAP4rev2 has them.
  void rev2(boolean on) {
    rev2 = on;
  }

  /// BODY, or with extension data BODYSTRUCTURE.
  void body(Part part, boolean extended) throws IOException {
    to.raw("(");
    if (Sections.isMultipart(part)) {
      multipart(part, extended);
    } else {
      single(part, extended);
    }
    to.raw(")");
  }

  private void multipart(Part part, boolean extended) throws IOException {
    for (Part child : part.getPartsList()) {
      body(child, extended);
    }
    to.sp().string(filled(part.getSubtype(), MIXED));
    if (extended) {
      to.sp();
      parameters(part.getParametersList());
      extension(part);
    }
  }

  /// A multipart in which no part was found cannot be said as one (`1*body`): it is told as what
  /// its octets are, text.
  private void single(Part part, boolean extended) throws IOException {
    boolean empty = Sections.is(part.getType(), "MULTIPART") || part.getType().isEmpty();
    // IMAP4rev1 has no structure of message/global: there it is a part like any other (RFC 9755
    // §6).
    boolean structured =
        Sections.isMessage(part) && (to.utf8() || Sections.is(part.getSubtype(), "RFC822"));
    boolean message = structured && part.getPartsCount() == 1;
    boolean untold = structured && !message;
    to.string(empty || untold ? TEXT : part.getType()).sp();
    to.string(empty || untold ? PLAIN : filled(part.getSubtype(), PLAIN)).sp();
    parameters(empty ? List.of() : part.getParametersList());
    to.sp();
    nstring(part.hasContentId(), part.getContentId());
    to.sp();
    nstring(part.hasDescription(), part.getDescription());
    to.sp().string(filled(part.getEncoding(), SEVEN_BIT)).sp();
    to.number(Math.min(Sections.bodyLength(part), 0xffffffffL));
    if (message) {
      to.sp();
      EnvelopeWriter.write(part.getEnvelope().toByteString(), to);
      to.sp();
      body(part.getParts(0), extended);
      to.sp().number(part.getLines());
    } else if (empty || untold || Sections.isText(part)) {
      to.sp().number(part.getLines());
    }
    if (extended) {
      to.sp();
      nstring(part.hasMd5(), part.getMd5());
      extension(part);
    }
  }

  private static ByteString filled(ByteString octets, ByteString otherwise) {
    return octets.isEmpty() ? otherwise : octets;
  }

  private void parameters(List<Parameter> parameters) throws IOException {
    if (parameters.isEmpty()) {
      to.nil();
      return;
    }
    String separator = "(";
    for (Parameter parameter : rev2 ? JoinedParameters.of(parameters) : parameters) {
      to.raw(separator).string(parameter.getName()).sp().string(parameter.getValue());
      separator = " ";
    }
    to.raw(")");
  }

  /// body-fld-dsp, body-fld-lang and body-fld-loc.
  private void extension(Part part) throws IOException {
    to.sp();
    if (part.hasDisposition()) {
      to.raw("(").string(part.getDisposition()).sp();
      parameters(part.getDispositionParametersList());
      to.raw(")");
    } else {
      to.nil();
    }
    to.sp();
    languages(part.getLanguageList());
    to.sp();
    nstring(part.hasLocation(), part.getLocation());
  }

  private void languages(List<ByteString> languages) throws IOException {
    if (languages.isEmpty()) {
      to.nil();
    } else if (languages.size() == 1) {
      to.string(languages.getFirst());
    } else {
      String separator = "(";
      for (ByteString language : languages) {
        to.raw(separator).string(language);
        separator = " ";
      }
      to.raw(")");
    }
  }

  private void nstring(boolean there, ByteString octets) throws IOException {
    if (there) {
      to.string(octets);
    } else {
      to.nil();
    }
  }
}
