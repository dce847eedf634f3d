package mailwing.service.mime;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// What a ByteString holds, in its own array nearly always: it is read from there and not copied.
/// Nobody may write to the array.
public final class OctetSpan extends ByteOutput {
  private static final byte[] NOTHING = {};

  private byte[] array = NOTHING;
  private int from;
  private int to;

  private OctetSpan() {}

  /// Where the octets lie.
  public static OctetSpan of(ByteString octets) {
    OctetSpan span = new OctetSpan();
    try {
      UnsafeByteOperations.unsafeWriteTo(octets, span);
    } catch (IOException e) {
      // This output throws nothing.
      throw new UncheckedIOException(e);
    }
    return span;
  }

  /// The octets, and maybe others before and behind them.
  public byte[] array() {
    return array;
  }

  /// Where they begin in the array.
  public int from() {
    return from;
  }

  /// Where they end in the array.
  public int to() {
    return to;
  }

  @Override
  public void write(byte[] value, int offset, int length) {
    if (from == to) {
      array = value;
      from = offset;
      to = offset + length;
    } else {
      byte[] all = Arrays.copyOfRange(array, from, to + length);
      System.arraycopy(value, offset, all, to - from, length);
      to = to - from + length;
      from = 0;
      array = all;
    }
  }

  @Override
  public void write(byte value) {
    write(new byte[] {value}, 0, 1);
  }

  @Override
  public void writeLazy(byte[] value, int offset, int length) {
    write(value, offset, length);
  }

  @Override
  public void write(ByteBuffer value) {
    byte[] copy = new byte[value.remaining()];
    value.get(copy);
    write(copy, 0, copy.length);
  }

  @Override
  public void writeLazy(ByteBuffer value) {
    write(value);
  }
}
