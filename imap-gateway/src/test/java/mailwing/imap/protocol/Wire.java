package mailwing.imap.protocol;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import mailwing.gateway.OctetReader;
import mailwing.gateway.OctetWriter;
import mailwing.imap.command.Command;
import mailwing.testkit.imap.ImapResponse;
import mailwing.testkit.imap.ImapResponseReader;
import org.jspecify.annotations.Nullable;

/// A parser over octets in memory, and what it asked for.
final class Wire {
  int continuations;
  final CommandParser parser;

  Wire(String octets) {
    this(octets.getBytes(StandardCharsets.ISO_8859_1), ParserLimits.AFTER_LOGIN);
  }

  Wire(byte[] octets, ParserLimits limits) {
    parser =
        new CommandParser(
            new OctetReader(new ByteArrayInputStream(octets)), () -> continuations++, limits);
    parser.allow(EnumSet.allOf(Grammar.class));
  }

  Parsed next() {
    try {
      return parser.next();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The only command in a line without its CRLF; fails where it was refused.
  static Command command(String line) {
    Parsed parsed = new Wire("t " + line + "\r\n").next();
    if (parsed instanceof Parsed.Ok ok) {
      return ok.command();
    }
    throw new AssertionError(line + ": " + parsed);
  }

  static Parsed.Refused refused(String octets) {
    return (Parsed.Refused) new Wire(octets).next();
  }

  /// All that the octets hold, up to their end or a lost stream.
  List<Parsed> all() {
    List<Parsed> all = new ArrayList<>();
    while (true) {
      Parsed parsed = next();
      all.add(parsed);
      if (parsed instanceof Parsed.EndOfInput
          || (parsed instanceof Parsed.Refused refused && refused.close())) {
        return all;
      }
    }
  }

  /// Writes responses.
  interface Writing {
    void to(ResponseWriter writer) throws IOException;
  }

  static String written(boolean utf8, Writing writing) {
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    OctetWriter out = new OctetWriter(octets);
    ResponseWriter writer = new ResponseWriter(out);
    writer.utf8(utf8);
    try {
      writing.to(writer);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return octets.toString(StandardCharsets.ISO_8859_1);
  }

  static String written(Writing writing) {
    return written(false, writing);
  }

  /// What was written, read by the strict reader.
  static List<ImapResponse> read(boolean utf8, String octets) {
    ImapResponseReader reader =
        new ImapResponseReader(
            new ByteArrayInputStream(octets.getBytes(StandardCharsets.ISO_8859_1)));
    reader.utf8(utf8);
    List<ImapResponse> responses = new ArrayList<>();
    for (@Nullable ImapResponse r = reader.next(); r != null; r = reader.next()) {
      responses.add(r);
    }
    return responses;
  }
}
