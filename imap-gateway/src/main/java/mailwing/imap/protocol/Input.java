package mailwing.imap.protocol;

import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import mailwing.gateway.OctetReader;
import org.jspecify.annotations.Nullable;

/// A command's lines, one at a time in one buffer, and the literals between them.
///
/// The current line is complete and stands without its line end; what it announces as a literal at
/// its end has not been read. A line ends with CRLF, or with a bare LF, since people type to
/// servers through tools that send it; a bare CR ends nothing and is no character of any grammar
/// rule.
final class Input {
  private static final int SMALL = 128;
  private static final byte[] NOTHING = {};

  private final OctetReader source;
  private final Continuation continuation;
  private ParserLimits limits;
  private byte[] line = new byte[SMALL];
  private int position;
  private int end;
  private boolean tooLong;
  private byte[] head = NOTHING;
  private long spent;

  Input(OctetReader source, Continuation continuation, ParserLimits limits) {
    this.source = source;
    this.continuation = continuation;
    this.limits = limits;
  }

  void limits(ParserLimits newLimits) {
    limits = newLimits;
  }

  ParserLimits limits() {
    return limits;
  }

  /// Begins a command; false at the end of the stream. The buffer of a long command is given back
  /// first, so that a client that waits costs little.
  boolean firstLine() throws IOException {
    if (line.length > SMALL) {
      line = new byte[SMALL];
    }
    spent = 0;
    head = NOTHING;
    return readLine();
  }

  /// The line after a literal.
  void nextLine() throws IOException, SyntaxError {
    if (!readLine()) {
      throw new EOFException("end of stream within a command");
    }
    checkSize();
  }

  /// The beginning of the command's line, where the line itself was too long to be kept.
  byte[] head() {
    return head;
  }

  void checkSize() throws SyntaxError {
    if (tooLong) {
      throw SyntaxError.bad("Line too long");
    }
    spend(end);
  }

  private void spend(int octets) throws SyntaxError {
    spent += octets;
    if (spent > limits.command()) {
      throw SyntaxError.bad("Command too long");
    }
  }

  /// Reads a line of a command that is dropped; false at the end of the stream.
  boolean anyLine() throws IOException {
    return readLine();
  }

  /// False at the end of the stream, also within a line.
  private boolean readLine() throws IOException {
    position = 0;
    end = 0;
    tooLong = false;
    while (true) {
      int octet = source.read();
      if (octet < 0) {
        return false;
      }
      if (octet == '\n') {
        if (end > 0 && line[end - 1] == '\r') {
          end--;
        }
        return true;
      }
      if (end == line.length) {
        makeRoom();
      }
      line[end++] = (byte) octet;
    }
  }

  /// Grows the buffer up to the limit; then drops what is before the last octets, which alone say
  /// whether a literal follows.
  private void makeRoom() throws IOException {
    int limit = limits.line() + 2;
    if (line.length < limit) {
      line = Arrays.copyOf(line, Math.min(limit, line.length * 4));
      return;
    }
    if (!tooLong) {
      tooLong = true;
      head = Arrays.copyOf(line, 64);
    }
    spent += end;
    if (spent > limits.swallow()) {
      throw new StreamLost();
    }
    System.arraycopy(line, end - 64, line, 0, 64);
    end = 64;
  }

  int peek() {
    return position < end ? line[position] & 0xff : -1;
  }

  int peek(int ahead) {
    return position + ahead < end ? line[position + ahead] & 0xff : -1;
  }

  void skip(int octets) {
    position += octets;
  }

  int position() {
    return position;
  }

  void position(int newPosition) {
    position = newPosition;
  }

  int length() {
    return end;
  }

  byte[] buffer() {
    return line;
  }

  boolean atEnd() {
    return position == end;
  }

  /// Asks for a synchronising literal, and gives the octets of any.
  LiteralStream open(Announced literal) throws IOException {
    if (literal.synchronizing()) {
      continuation.request();
    }
    return new LiteralStream(source, literal.size());
  }

  /// Reads a literal into memory and goes to the line after it.
  byte[] take(Announced literal) throws IOException, SyntaxError {
    if (literal.size() > limits.literal()) {
      throw SyntaxError.no(ResponseCode.Name.TOOBIG, "Literal too long");
    }
    spend((int) literal.size());
    LiteralStream stream = open(literal);
    byte[] octets = stream.readNBytes((int) literal.size());
    nextLine();
    if (stream.holdsNul() && !literal.binary()) {
      throw SyntaxError.bad("NUL in a literal");
    }
    return octets;
  }

  /// The literal that the end of the current line announces, whatever stands before it; null if
  /// none.
  @Nullable Announced announced() {
    int at = end - 1;
    if (at < 2 || line[at] != '}') {
      return null;
    }
    at--;
    boolean plus = line[at] == '+';
    if (plus) {
      at--;
    }
    int digits = at;
    while (at >= 0 && line[at] >= '0' && line[at] <= '9') {
      at--;
    }
    if (at < 0 || line[at] != '{' || at == digits || digits - at > 19) {
      return null;
    }
    long size = 0;
    for (int i = at + 1; i <= digits; i++) {
      size = size > Long.MAX_VALUE / 16 ? size : size * 10 + line[i] - '0';
    }
    boolean binary = at > 0 && line[at - 1] == '~';
    return new Announced(binary ? at - 1 : at, size, !plus, binary);
  }

  /// Drops the rest of the command: nothing that the client waits to send, all that it sends
  /// anyway.
  void dropRest() throws IOException {
    dropRest(announced());
  }

  /// Drops what a literal that was announced, and not read, is followed by.
  void dropRest(@Nullable Announced literal) throws IOException {
    Announced next = literal;
    while (next != null && !next.synchronizing()) {
      drop(next.size());
      if (!readLine()) {
        throw new EOFException("end of stream within a command");
      }
      next = announced();
    }
    position = end;
  }

  /// Reads and forgets octets.
  void drop(long octets) throws IOException {
    spent += octets;
    if (spent > limits.swallow()) {
      throw new StreamLost();
    }
    byte[] to = new byte[(int) Math.min(octets, 8192)];
    long left = octets;
    while (left > 0) {
      int count = source.read(to, 0, (int) Math.min(left, to.length));
      if (count < 0) {
        throw new EOFException("end of stream within a literal");
      }
      left -= count;
    }
  }

  /// A literal's announcement; `start` is where it begins in the line.
  record Announced(int start, long size, boolean synchronizing, boolean binary) {}

  /// More would have to be dropped than the limits allow.
  static final class StreamLost extends IOException {
    private static final long serialVersionUID = 1;

    StreamLost() {
      super("too much to drop");
    }
  }
}
