package mailwing.imap.protocol;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import mailwing.gateway.OctetWriter;
import mailwing.store.v1.Envelope;
import org.jspecify.annotations.Nullable;

/// An ENVELOPE as it goes to clients: made once, some hundred octets, where the parsed fields take
/// several times as much.
public final class EnvelopeText {
  private final byte[] octets;

  /// The fields, where there is something in them that UTF8=ACCEPT shows otherwise.
  private final @Nullable Envelope fields;

  private EnvelopeText(byte[] octets, @Nullable Envelope fields) {
    this.octets = octets;
    this.fields = fields;
  }

  public static EnvelopeText of(Envelope envelope) {
    ByteArrayOutputStream octets = new ByteArrayOutputStream(512);
    OctetWriter out = new OctetWriter(octets);
    try {
      new StructureWriter(new TokenWriter(out)).envelope(envelope);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] text = octets.toByteArray();
    return new EnvelopeText(text, isAscii(text) ? null : envelope);
  }

  private static boolean isAscii(byte[] text) {
    for (byte octet : text) {
      if (octet < 0) {
        return false;
      }
    }
    return true;
  }

  void write(TokenWriter to, StructureWriter structures) throws IOException {
    if (fields != null && to.utf8()) {
      structures.envelope(fields);
    } else {
      to.out.write(octets);
    }
  }

  /// About what it holds in memory.
  public long octets() {
    return octets.length + 40L + (fields == null ? 0 : 8L * fields.getSerializedSize() + 200);
  }
}
