package mailwing.gateway;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads octets from a client: lines with a limit, exact counts, or straight from the buffer.
///
/// The buffer holds 128 octets while the connection idles, grows to 16 KiB under traffic and
/// shrinks again. Before it waits for the client it flushes the connection's writer and gives up
/// the output (see {@link Connection#push}), so pipelined commands are answered in one flush and no
/// session needs to flush by itself. Only the session's own thread may use it.
public final class OctetReader {
  static final int IDLE_SIZE = 128;
  private static final int MIDDLE_SIZE = 2048;
  static final int FULL_SIZE = 16 * 1024;
  private static final int ENDLESS = 64 * 1024;

  /// What must happen around a read that may wait.
  interface Waiting {
    Waiting NONE =
        new Waiting() {
          @Override
          public void before() {}

          @Override
          public void after(int octets) {}

          @Override
          public IOException failed(IOException failure) {
            return failure;
          }
        };

    void before() throws IOException;

    /// The read gave so many octets, -1 at the stream's end; throws where our side had ended the
    /// stream.
    void after(int octets) throws IOException;

    /// The failure as the session shall see it.
    IOException failed(IOException failure);
  }

  private final Waiting waiting;
  private InputStream in;
  private byte[] buffer = new byte[IDLE_SIZE];
  private int position;
  private int limit;
  private int lastFill;
  private boolean bareLfEndsLine;

  /// A reader of any stream, without a connection.
  public OctetReader(InputStream in) {
    this(in, Waiting.NONE);
  }

  OctetReader(InputStream in, Waiting waiting) {
    this.in = in;
    this.waiting = waiting;
  }

  /// Whether a LF without CR ends a line as well (for commands; never for a message's octets). Off
  /// by default.
  public void bareLfEndsLine(boolean allowed) {
    this.bareLfEndsLine = allowed;
  }

  /// The next line without its line end, or null where the stream ended before a first octet.
  ///
  /// A lone CR, and a lone LF unless allowed, is part of the line, for the parser to refuse. A line
  /// of more than `max` octets is read to its end and thrown as {@link LineTooLongException}: the
  /// session may go on. A line that goes on for 64 KiB beyond that is thrown with {@link
  /// LineTooLongException#endless}: the session must end. A stream that ends within a line is an
  /// `EOFException`.
  public byte @Nullable [] readLine(int max) throws IOException {
    byte[] spilled = new byte[0];
    int scanned = 0;
    while (true) {
      int end = lineEnd(position + scanned);
      if (end >= 0) {
        int content = end - position;
        if (content > 0 && buffer[end - 1] == '\r') {
          content--;
        }
        byte[] line =
            spilled.length + content <= max
                ? Arrays.copyOf(spilled, spilled.length + content)
                : null;
        if (line != null) {
          System.arraycopy(buffer, position, line, spilled.length, content);
        }
        position = end + 1;
        if (line == null) {
          throw new LineTooLongException(max, false);
        }
        return line;
      }
      if (spilled.length + buffered() > max + 1) {
        skipLine(max);
      }
      if (buffered() == FULL_SIZE) {
        // All but the last octet, which may be the CR of a CRLF.
        int from = spilled.length;
        spilled = Arrays.copyOf(spilled, from + FULL_SIZE - 1);
        System.arraycopy(buffer, position, spilled, from, FULL_SIZE - 1);
        position = limit - 1;
      }
      scanned = buffered();
      if (!fill()) {
        if (scanned == 0 && spilled.length == 0) {
          return null;
        }
        throw new EOFException("stream ended within a line");
      }
    }
  }

  /// The index of the LF that ends a line, looked for from `from` on; -1 for none.
  private int lineEnd(int from) {
    for (int i = from; i < limit; i++) {
      if (buffer[i] == '\n' && (bareLfEndsLine || (i > position && buffer[i - 1] == '\r'))) {
        return i;
      }
    }
    return -1;
  }

  /// Reads on to the end of a line that is too long; never returns.
  private void skipLine(int max) throws IOException {
    int skipped = 0;
    while (true) {
      int end = lineEnd(position);
      if (end >= 0) {
        position = end + 1;
        throw new LineTooLongException(max, false);
      }
      int drop = Math.max(0, buffered() - 1);
      position += drop;
      skipped += drop;
      if (skipped > ENDLESS) {
        throw new LineTooLongException(max, true);
      }
      if (!fill()) {
        throw new EOFException("stream ended within a line");
      }
    }
  }

  /// One octet, or -1 at the end of the stream.
  public int read() throws IOException {
    if (position == limit && !fill()) {
      return -1;
    }
    return buffer[position++] & 0xFF;
  }

  /// The next octet without taking it, or -1 at the end of the stream.
  public int peek() throws IOException {
    if (position == limit && !fill()) {
      return -1;
    }
    return buffer[position] & 0xFF;
  }

  /// At least one octet into `target`, or -1 at the end of the stream. Large reads pass the buffer
  /// by.
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (position == limit) {
      if (length >= buffer.length) {
        int count = readFrom(target, offset, length);
        if (count > 0) {
          lastFill = count;
        }
        return count;
      }
      if (!fill()) {
        return -1;
      }
    }
    int count = Math.min(length, limit - position);
    System.arraycopy(buffer, position, target, offset, count);
    position += count;
    return count;
  }

  /// Exactly `length` octets; `EOFException` where the stream ends before.
  public void readFully(byte[] target, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      int count = read(target, offset + done, length - done);
      if (count < 0) {
        throw new EOFException("stream ended within a literal");
      }
      done += count;
    }
  }

  /// Exactly `length` octets in a new array; the caller has checked the limit.
  public byte[] readFully(int length) throws IOException {
    byte[] octets = new byte[length];
    readFully(octets, 0, length);
    return octets;
  }

  /// Hands exactly `length` octets to `sink` in pieces of at most 16 KiB.
  public void transferTo(OutputStream sink, long length) throws IOException {
    long left = length;
    while (left > 0) {
      if (position == limit && !fill()) {
        throw new EOFException("stream ended within a literal");
      }
      int count = (int) Math.min(left, limit - position);
      sink.write(buffer, position, count);
      position += count;
      left -= count;
    }
  }

  /// Takes exactly `length` octets and forgets them.
  public void skip(long length) throws IOException {
    transferTo(OutputStream.nullOutputStream(), length);
  }

  /// Octets that can be read without waiting.
  public int buffered() {
    return limit - position;
  }

  /// The buffer itself, for scanners that look before they take: octets from {@link #position} to
  /// {@link #limit}. Valid until the next call of any other method than {@link #consume}.
  public byte[] array() {
    return buffer;
  }

  public int position() {
    return position;
  }

  public int limit() {
    return limit;
  }

  /// Takes `count` octets of the buffer.
  public void consume(int count) {
    if (count < 0 || count > limit - position) {
      throw new IllegalArgumentException("not in the buffer: " + count);
    }
    position += count;
  }

  /// Reads more octets behind those in the buffer, waiting for the client if need be; false at the
  /// stream's end. The buffer grows up to 16 KiB; where those are full of unread octets it throws
  /// `IllegalStateException`.
  public boolean fill() throws IOException {
    makeRoom();
    int room = buffer.length - limit;
    int count = readFrom(buffer, limit, room);
    if (count <= 0) {
      return false;
    }
    limit += count;
    lastFill = count;
    return true;
  }

  /// Forgets what is in the buffer: octets that came before a handshake must not count after it
  /// (RFC 3207 §4.2). Returns how many there were.
  int discardBuffered() {
    int count = limit - position;
    position = limit;
    return count;
  }

  /// Takes what is in the buffer.
  byte[] takeBuffered() {
    byte[] octets = Arrays.copyOfRange(buffer, position, limit);
    position = limit;
    return octets;
  }

  /// Puts another stream below (TLS, inflating). What is in the buffer stays first in line.
  void replace(InputStream fresh) {
    this.in = fresh;
  }

  InputStream stream() {
    return in;
  }

  /// What the buffer occupies now, in octets.
  int capacity() {
    return buffer.length;
  }

  private void makeRoom() {
    if (position == limit) {
      position = 0;
      limit = 0;
      int wanted = lastFill <= IDLE_SIZE / 2 ? IDLE_SIZE : buffer.length;
      if (lastFill == buffer.length) {
        wanted = grown();
      }
      if (wanted != buffer.length) {
        buffer = new byte[wanted];
      }
    } else if (limit == buffer.length) {
      if (position > 0) {
        System.arraycopy(buffer, position, buffer, 0, limit - position);
        limit -= position;
        position = 0;
      }
      if (buffer.length - limit < buffer.length / 2) {
        if (buffer.length == FULL_SIZE) {
          if (limit == FULL_SIZE) {
            throw new IllegalStateException("the buffer is full");
          }
        } else {
          buffer = Arrays.copyOf(buffer, grown());
        }
      }
    }
  }

  private int grown() {
    return buffer.length < MIDDLE_SIZE ? MIDDLE_SIZE : FULL_SIZE;
  }

  private int readFrom(byte[] target, int offset, int length) throws IOException {
    waiting.before();
    int count = -1;
    IOException failure = null;
    try {
      count = in.read(target, offset, length);
    } catch (IOException e) {
      failure = e;
    }
    waiting.after(count);
    if (failure != null) {
      throw waiting.failed(failure);
    }
    return count;
  }
}
