package mailwing.imap.protocol;

import java.io.IOException;
import mailwing.gateway.OctetWriter;
import mailwing.store.v1.Part;

/// One URLFETCH response, URL after URL (RFC 4467 §8, RFC 5524 §3.2). [#end] must follow.
public final class UrlFetchWriter {
  private final TokenWriter to;
  private final StructureWriter structures;

  UrlFetchWriter(TokenWriter to, StructureWriter structures) {
    this.to = to;
    this.structures = structures;
  }

  /// Names the URL that what follows is of.
  public void url(String url) throws IOException {
    to.sp();
    byte[] octets = Octets.latin1(url);
    to.string(octets, 0, octets.length);
  }

  /// The URL is not valid.
  public void nil() throws IOException {
    to.raw(" NIL");
  }

  /// Begins the URL's octets, without a NUL: exactly `length` must be written to the writer
  /// returned.
  public OctetWriter octets(long length) throws IOException {
    to.sp().literalHeader(length);
    return to.out;
  }

  /// BODYPARTSTRUCTURE, a metadata element of its own.
  public void structure(Part part) throws IOException {
    to.raw(" (BODYPARTSTRUCTURE ");
    structures.body(part, false);
    to.raw(")");
  }

  /// Begins the element BODY, as [#octets]; [#endElement] must follow.
  public OctetWriter body(long length) throws IOException {
    to.raw(" (BODY").sp().literalHeader(length);
    return to.out;
  }

  /// Begins the element BINARY, as [#octets]; [#endElement] must follow.
  ///
  /// @param nul there is a NUL among them: a literal8
  public OctetWriter binary(long length, boolean nul) throws IOException {
    to.raw(nul ? " (BINARY ~" : " (BINARY ").literalHeader(length);
    return to.out;
  }

  public void endElement() throws IOException {
    to.raw(")");
  }

  /// BINARY that cannot be decoded.
  public void noBinary() throws IOException {
    to.raw(" (BINARY NIL)");
  }

  public void end() throws IOException {
    to.crlf();
  }
}
