package mailwing.gateway;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Writes octets to a client through one buffer, which grows from 128 octets to 64 KiB and shrinks
/// again.
///
/// The session's thread owns it while it works and gives it up while it waits for input; another
/// thread writes by {@link Connection#push} only. It is flushed when it is full and before the
/// session waits for input. A client that does not read blocks its own session alone, until the
/// write timeout cuts the connection.
public final class OctetWriter {
  private static final int IDLE_SIZE = 128;
  private static final int MIDDLE_SIZE = 2048;
  private static final int LARGE_SIZE = 16 * 1024;
  private static final int FULL_SIZE = 64 * 1024;

  /// What can be reserved at most.
  public static final int MOST_ROOM = FULL_SIZE;

  private static final byte[] CRLF = {'\r', '\n'};

  /// Told when the socket starts and stops being written to.
  interface Watch {
    Watch NONE = writing -> {};

    void writing(boolean writing);
  }

  private final Watch watch;
  private OutputStream out;
  private byte[] buffer = new byte[IDLE_SIZE];
  private int count;
  private int largest;
  private long written;

  /// A writer to any stream, without a connection.
  public OctetWriter(OutputStream out) {
    this(out, Watch.NONE);
  }

  OctetWriter(OutputStream out, Watch watch) {
    this.out = out;
    this.watch = watch;
  }

  /// One octet.
  public OctetWriter write(int octet) throws IOException {
    if (count == buffer.length) {
      room(1);
    }
    buffer[count++] = (byte) octet;
    return this;
  }

  public OctetWriter write(byte[] octets) throws IOException {
    return write(octets, 0, octets.length);
  }

  public OctetWriter write(byte[] octets, int offset, int length) throws IOException {
    if (length > buffer.length - count) {
      if (length >= LARGE_SIZE) {
        drain();
        send(octets, offset, length);
        return this;
      }
      room(length);
    }
    System.arraycopy(octets, offset, buffer, count, length);
    count += length;
    return this;
  }

  /// The buffer, in which `most` octets may be written from [#buffered] on; [#reached] must follow.
  ///
  /// @param most up to [#MOST_ROOM]
  public byte[] reserve(int most) throws IOException {
    if (most > buffer.length - count) {
      room(most);
    }
    return buffer;
  }

  /// The buffer is written up to there.
  public void reached(int end) {
    count = end;
  }

  public OctetWriter write(ByteString octets) throws IOException {
    int length = octets.size();
    if (length >= LARGE_SIZE) {
      // Its arrays are written as they are, and by nobody changed.
      UnsafeByteOperations.unsafeWriteTo(octets, new Straight());
      return this;
    }
    if (length > buffer.length - count) {
      room(length);
    }
    octets.copyTo(buffer, count);
    count += length;
    return this;
  }

  /// Characters up to U+00FF as one octet each; protocol text is ASCII.
  @SuppressWarnings("deprecation") // The one String method that copies Latin-1 without an encoder.
  public OctetWriter ascii(String text) throws IOException {
    int length = text.length();
    if (length > buffer.length - count) {
      if (length > FULL_SIZE) {
        return write(text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
      }
      room(length);
    }
    text.getBytes(0, length, buffer, count);
    count += length;
    return this;
  }

  /// UTF-8.
  public OctetWriter utf8(String text) throws IOException {
    return write(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /// An integer in decimal, without a String.
  public OctetWriter decimal(long value) throws IOException {
    if (buffer.length - count < 20) {
      room(20);
    }
    if (value < 0) {
      return ascii(Long.toString(value));
    }
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      digits++;
    }
    long rest = value;
    for (int i = count + digits - 1; i >= count; i--) {
      buffer[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    count += digits;
    return this;
  }

  public OctetWriter crlf() throws IOException {
    return write(CRLF, 0, 2);
  }

  /// Sends what is in the buffer.
  public void flush() throws IOException {
    drain();
    out.flush();
    shrink();
  }

  /// Octets that wait for a flush.
  public int buffered() {
    return count;
  }

  /// Octets written since the connection began, before compression and TLS.
  public long written() {
    return written + count;
  }

  /// An OutputStream view of this writer; closing it does nothing.
  public OutputStream asStream() {
    return new OutputStream() {
      @Override
      public void write(int octet) throws IOException {
        OctetWriter.this.write(octet);
      }

      @Override
      public void write(byte[] octets, int offset, int length) throws IOException {
        OctetWriter.this.write(octets, offset, length);
      }
    };
  }

  /// Puts another stream below (TLS, deflating). What is in the buffer must have been flushed.
  void replace(OutputStream fresh) {
    if (count > 0) {
      throw new IllegalStateException("not flushed");
    }
    this.out = fresh;
  }

  OutputStream stream() {
    return out;
  }

  int capacity() {
    return buffer.length;
  }

  private void room(int needed) throws IOException {
    int size = buffer.length;
    while (size - count < needed && size < FULL_SIZE) {
      size = size < MIDDLE_SIZE ? MIDDLE_SIZE : size < LARGE_SIZE ? LARGE_SIZE : FULL_SIZE;
    }
    if (size != buffer.length) {
      buffer = Arrays.copyOf(buffer, size);
    }
    if (buffer.length - count < needed) {
      drain();
    }
  }

  private void drain() throws IOException {
    if (count > 0) {
      largest = Math.max(largest, count);
      int length = count;
      count = 0;
      send(buffer, 0, length);
    }
  }

  private void send(byte[] octets, int offset, int length) throws IOException {
    watch.writing(true);
    try {
      out.write(octets, offset, length);
      written += length;
    } finally {
      watch.writing(false);
    }
  }

  /// Back to a small buffer once a flush had little to send.
  private void shrink() {
    if (buffer.length > IDLE_SIZE && largest <= IDLE_SIZE) {
      buffer = new byte[IDLE_SIZE];
    }
    largest = 0;
  }

  /// Writes what a ByteString holds without a copy of its own.
  private final class Straight extends ByteOutput {
    @Override
    public void write(byte value) throws IOException {
      OctetWriter.this.write(value);
    }

    @Override
    public void write(byte[] value, int offset, int length) throws IOException {
      OctetWriter.this.write(value, offset, length);
    }

    @Override
    public void writeLazy(byte[] value, int offset, int length) throws IOException {
      OctetWriter.this.write(value, offset, length);
    }

    @Override
    public void write(ByteBuffer value) throws IOException {
      byte[] copy = new byte[value.remaining()];
      value.get(copy);
      OctetWriter.this.write(copy, 0, copy.length);
    }

    @Override
    public void writeLazy(ByteBuffer value) throws IOException {
      write(value);
    }
  }
}
