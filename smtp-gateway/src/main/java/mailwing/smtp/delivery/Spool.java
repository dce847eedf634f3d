package mailwing.smtp.delivery;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import mailwing.smtp.data.MessageSink;
import org.jspecify.annotations.Nullable;

/// What is too much to be gathered of a message that has to be known whole before it is stored: a
/// file that goes with this object, and with the process.
final class Spool implements AutoCloseable {
  private static final int PIECE = 64 * 1024;

  private @Nullable FileChannel channel;

  void write(byte[] octets, int offset, int length) throws IOException {
    FileChannel open = channel;
    if (open == null) {
      Path file = Files.createTempFile("mailwing-", ".spool");
      open =
          FileChannel.open(
              file,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      channel = open;
    }
    ByteBuffer from = ByteBuffer.wrap(octets, offset, length);
    while (from.hasRemaining()) {
      open.write(from);
    }
  }

  /// All of it from the start; may be asked for more than once.
  void copyTo(MessageSink sink) throws IOException {
    FileChannel open = channel;
    if (open == null) {
      return;
    }
    byte[] piece = new byte[PIECE];
    long at = 0;
    for (int n; (n = open.read(ByteBuffer.wrap(piece), at)) > 0; at += n) {
      sink.write(piece, 0, n);
    }
  }

  @Override
  public void close() {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // The file goes with the process at the latest.
        return;
      }
    }
  }
}
