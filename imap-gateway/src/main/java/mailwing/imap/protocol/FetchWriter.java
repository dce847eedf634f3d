package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.List;
import mailwing.gateway.OctetWriter;
import mailwing.imap.command.FetchItem;
import mailwing.imap.command.InternalDate;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.Partial;
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// One FETCH response, item after item (RFC 9051 §7.5.2). At least one item must be written.
public final class FetchWriter {
  private final TokenWriter to;
  private final StructureWriter structures;
  private boolean first = true;

  FetchWriter(TokenWriter to, StructureWriter structures) {
    this.to = to;
    this.structures = structures;
  }

  private TokenWriter item(String name) throws IOException {
    separator();
    return to.raw(name);
  }

  private void separator() throws IOException {
    if (!first) {
      to.sp();
    }
    first = false;
  }

  public FetchWriter uid(long uid) throws IOException {
    item("UID ").number(uid);
    return this;
  }

  /// Flags: the bits of FlagList, \Recent, and keywords.
  public FetchWriter flags(int system, boolean recent, Iterable<String> keywords)
      throws IOException {
    item("FLAGS ").flags(system, recent, keywords);
    return this;
  }

  public FetchWriter internalDate(InternalDate date) throws IOException {
    item("INTERNALDATE ");
    dateTime(date);
    return this;
  }

  private void dateTime(InternalDate date) throws IOException {
    byte[] text = new byte[28];
    text[0] = '"';
    Dates.write(date, text, 1);
    text[27] = '"';
    to.out.write(text, 0, 28);
  }

  /// RFC822.SIZE in octets.
  public FetchWriter size(long octets) throws IOException {
    item("RFC822.SIZE ").number(octets);
    return this;
  }

  /// An Envelope, serialized.
  public FetchWriter envelope(ByteString envelope) throws IOException {
    EnvelopeWriter.write(envelope, item("ENVELOPE "));
    return this;
  }

  /// BODY without extension data.
  public FetchWriter body(Part structure) throws IOException {
    item("BODY ");
    structures.body(structure, false);
    return this;
  }

  public FetchWriter bodyStructure(Part structure) throws IOException {
    item("BODYSTRUCTURE ");
    structures.body(structure, true);
    return this;
  }

  /// RFC 7162 §3.1.5.
  public FetchWriter modSeq(long modSeq) throws IOException {
    item("MODSEQ (").number(modSeq).raw(")");
    return this;
  }

  /// RFC 8474 §5.
  public FetchWriter emailId(String id) throws IOException {
    item("EMAILID (").raw(id).raw(")");
    return this;
  }

  /// RFC 8474 §5; null where there is none.
  public FetchWriter threadId(@Nullable String id) throws IOException {
    item("THREADID ").raw(id == null ? "NIL" : "(" + id + ")");
    return this;
  }

  /// RFC 8514 §4.3; null where there is none.
  public FetchWriter saveDate(@Nullable InternalDate date) throws IOException {
    item("SAVEDATE ");
    if (date == null) {
      to.nil();
    } else {
      dateTime(date);
    }
    return this;
  }

  /// RFC 8970 §3.2; null where there is none yet.
  public FetchWriter preview(@Nullable String text) throws IOException {
    item("PREVIEW ").nstring(text);
    return this;
  }

  /// BINARY.SIZE[part] (RFC 9051 §7.5.2).
  public FetchWriter binarySize(FetchItem.BinarySize item, long octets) throws IOException {
    separator();
    to.raw("BINARY.SIZE[").raw(part(item.part())).raw("] ").number(octets);
    return this;
  }

  /// Begins the octets, without a NUL, of BODY[...], RFC822, RFC822.HEADER, RFC822.TEXT or
  /// BINARY[...]: exactly `length` octets must be written to the writer returned before anything
  /// else.
  public OctetWriter octets(FetchItem item, long length) throws IOException {
    name(item);
    to.sp().literalHeader(length);
    return to.out;
  }

  /// The octets of BINARY[...] where they hold a NUL: a literal8.
  public OctetWriter octets8(FetchItem item, long length) throws IOException {
    name(item);
    to.raw(" ~").literalHeader(length);
    return to.out;
  }

  /// Octets that are at hand; a NUL among them is substituted.
  public FetchWriter octets(FetchItem item, ByteString octets) throws IOException {
    octets(item, octets.size()).write(Nuls.substituted(octets));
    return this;
  }

  /// What is not there (RFC 9051 §6.4.5).
  public FetchWriter nil(FetchItem item) throws IOException {
    name(item);
    to.raw(" NIL");
    return this;
  }

  public void end() throws IOException {
    to.raw(")").crlf();
  }

  /// The item's name as a response says it: without PEEK, with the offset alone of a partial.
  private void name(FetchItem item) throws IOException {
    separator();
    switch (item) {
      case FetchItem.Attribute attribute -> to.raw(attribute.wire());
      case FetchItem.Body body -> {
        to.raw("BODY[");
        section(body.section());
        to.raw("]");
        offset(body.partial());
      }
      case FetchItem.Binary binary -> {
        to.raw("BINARY[").raw(part(binary.part())).raw("]");
        offset(binary.partial());
      }
      default -> throw new IllegalArgumentException("holds no octets: " + item);
    }
  }

  private void offset(@Nullable Partial partial) throws IOException {
    if (partial != null) {
      to.raw("<").number(partial.offset()).raw(">");
    }
  }

  private void section(BodySection section) throws IOException {
    String part = part(section.part());
    to.raw(part);
    String text =
        switch (section.text()) {
          case CONTENT -> "";
          case HEADER -> "HEADER";
          case TEXT -> "TEXT";
          case MIME -> "MIME";
          case HEADER_FIELDS -> "HEADER.FIELDS";
          case HEADER_FIELDS_NOT -> "HEADER.FIELDS.NOT";
        };
    to.raw(part.isEmpty() || text.isEmpty() ? text : "." + text);
    if (section.fields().isEmpty()) {
      return;
    }
    String separator = " (";
    for (String field : section.fields()) {
      to.raw(separator).octetAstring(field);
      separator = " ";
    }
    to.raw(")");
  }

  private static String part(List<Integer> numbers) {
    if (numbers.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    for (int number : numbers) {
      text.append(text.isEmpty() ? "" : ".").append(number);
    }
    return text.toString();
  }
}
