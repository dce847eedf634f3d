package mailwing.gateway;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/// The server's side of TLS over a blocking socket's streams.
///
/// It differs from the JDK's `SSLSocket` in what it keeps while the client is silent: a few octets
/// that the next record begins with. The buffers of a whole record are lent by a pool, and given
/// back as soon as nothing is in them, so thousands of sessions that wait need none.
///
/// One thread reads; another may write meanwhile. What the reader has to send by itself (an answer
/// to a key update, an alert) goes between the writer's records.
final class TlsConnection {
  /// A record of 16 KiB with all that TLS adds.
  private static final int RECORD = 17 * 1024;

  /// Enough for the record of a usual command: then one read is all it takes.
  private static final int BEGINNING = 160;

  /// A record's type, version and length.
  private static final int HEADER = 5;

  private static final int MAX_PLAIN = 16 * 1024;

  /// Key agreement and signatures of so many handshakes at a time, in the order they came: a rush
  /// of clients after a restart must not hold up those that are there.
  private static final Semaphore TURNS =
      new Semaphore(Runtime.getRuntime().availableProcessors(), true);

  private static final ArrayBlockingQueue<byte[]> POOL = new ArrayBlockingQueue<>(64);
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final SSLEngine engine;
  private final InputStream socketIn;
  private final OutputStream socketOut;
  private final ReentrantLock sending = new ReentrantLock();

  private final byte[] beginning = new byte[BEGINNING];

  /// What was received and not decrypted: in `beginning` or in a lent buffer.
  private byte[] received = beginning;

  private boolean lent;

  private int receivedFrom;
  private int receivedTo;

  /// What was decrypted and not read, in a lent buffer; null for nothing.
  private byte @Nullable [] plain;

  private int plainFrom;
  private int plainTo;
  private boolean ended;

  /// @param engine in server mode, all parameters set
  TlsConnection(SSLEngine engine, InputStream socketIn, OutputStream socketOut) {
    this.engine = engine;
    this.socketIn = socketIn;
    this.socketOut = socketOut;
  }

  /// Shakes hands; a failure was told to the client as far as possible.
  void handshake() throws IOException {
    try {
      engine.beginHandshake();
      byte[] unexpected = lend();
      try {
        settle(ByteBuffer.wrap(unexpected));
      } finally {
        giveBack(unexpected);
      }
    } catch (SSLException e) {
      alert();
      throw e;
    } finally {
      rest();
    }
  }

  SSLSession session() {
    return engine.getSession();
  }

  InputStream input() {
    return new Input();
  }

  OutputStream output() {
    return new Output();
  }

  /// Tells the client that nothing more comes. The socket stays open.
  void close() throws IOException {
    if (!engine.isOutboundDone()) {
      engine.closeOutbound();
      sendPending();
    }
  }

  /// Does what the engine wants until data can go on.
  private void settle(ByteBuffer to) throws IOException {
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> runTasks();
        case NEED_WRAP -> sendPending();
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (!unwrap(to)) {
            throw new EOFException("the client went away within the handshake");
          }
        }
        case NOT_HANDSHAKING, FINISHED -> {
          return;
        }
      }
    }
  }

  private void runTasks() throws IOException {
    try {
      TURNS.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    try {
      for (Runnable task = engine.getDelegatedTask();
          task != null;
          task = engine.getDelegatedTask()) {
        task.run();
      }
    } finally {
      TURNS.release();
    }
  }

  /// Decrypts one record into `to`, reading as much as it takes; false at the stream's end.
  private boolean unwrap(ByteBuffer to) throws IOException {
    while (true) {
      ByteBuffer from = ByteBuffer.wrap(received, receivedFrom, receivedTo - receivedFrom);
      SSLEngineResult result = engine.unwrap(from, to);
      receivedFrom = from.position();
      switch (result.getStatus()) {
        case OK -> {
          return true;
        }
        case CLOSED -> {
          return false;
        }
        case BUFFER_UNDERFLOW -> {
          if (!receive()) {
            return false;
          }
        }
        case BUFFER_OVERFLOW -> throw new SSLException("a record is too long");
      }
    }
  }

  /// Reads what there is behind what was received; false at the stream's end.
  private boolean receive() throws IOException {
    int held = receivedTo - receivedFrom;
    if (held == 0) {
      rest();
    } else if (!lent) {
      byte[] whole = lend();
      System.arraycopy(received, receivedFrom, whole, 0, held);
      received = whole;
      lent = true;
    } else {
      System.arraycopy(received, receivedFrom, received, 0, held);
    }
    receivedFrom = 0;
    receivedTo = held;
    if (held == received.length) {
      throw new SSLException("a record is too long");
    }
    int count = socketIn.read(received, held, received.length - held);
    if (count < 0) {
      return false;
    }
    receivedTo += count;
    return true;
  }

  /// Gives back what holds nothing.
  private void rest() {
    if (receivedFrom == receivedTo) {
      receivedFrom = 0;
      receivedTo = 0;
      if (lent) {
        giveBack(received);
        received = beginning;
        lent = false;
      }
    }
  }

  /// Sends what the engine has to say by itself: nothing, where the writer has sent it meanwhile.
  private void sendPending() throws IOException {
    byte[] record = lend();
    sending.lock();
    try {
      while (true) {
        ByteBuffer to = ByteBuffer.wrap(record);
        SSLEngineResult result = engine.wrap(NOTHING.duplicate(), to);
        socketOut.write(record, 0, to.position());
        if (result.getStatus() != Status.OK
            || engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
          return;
        }
        if (to.position() == 0) {
          throw new SSLException("TLS has nothing to send");
        }
      }
    } finally {
      sending.unlock();
      giveBack(record);
    }
  }

  private void alert() {
    try {
      if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
        sendPending();
      }
    } catch (IOException e) {
      // The client is gone; there is nobody to tell.
    }
  }

  private static byte[] lend() {
    byte[] free = POOL.poll();
    return free == null ? new byte[RECORD] : free;
  }

  private static void giveBack(byte[] buffer) {
    // One that the pool has no room for is garbage.
    boolean _ = POOL.offer(buffer);
  }

  private int readPlain(byte[] to, int offset, int length) throws IOException {
    byte[] held = plain;
    if (held != null) {
      int count = Math.min(length, plainTo - plainFrom);
      System.arraycopy(held, plainFrom, to, offset, count);
      plainFrom += count;
      if (plainFrom == plainTo) {
        plain = null;
        giveBack(held);
      }
      return count;
    }
    while (!ended) {
      int count = decrypt(to, offset, length);
      if (count > 0) {
        rest();
        return count;
      }
    }
    return -1;
  }

  /// One record; 0 where it was none of data, or the stream has ended.
  private int decrypt(byte[] to, int offset, int length) throws IOException {
    // Whether it fits is known when its header has come.
    while (receivedTo - receivedFrom < HEADER) {
      if (!receive()) {
        ended = true;
        return 0;
      }
    }
    int size = ((received[receivedFrom + 3] & 0xFF) << 8) | (received[receivedFrom + 4] & 0xFF);
    if (size <= length) {
      ByteBuffer straight = ByteBuffer.wrap(to, offset, length);
      take(straight);
      return straight.position() - offset;
    }
    byte[] whole = lend();
    ByteBuffer into = ByteBuffer.wrap(whole);
    try {
      take(into);
    } finally {
      if (into.position() == 0) {
        giveBack(whole);
      }
    }
    int count = Math.min(length, into.position());
    if (count > 0) {
      System.arraycopy(whole, 0, to, offset, count);
      if (count == into.position()) {
        giveBack(whole);
      } else {
        plain = whole;
        plainFrom = count;
        plainTo = into.position();
      }
    }
    return count;
  }

  private void take(ByteBuffer to) throws IOException {
    try {
      if (!unwrap(to)) {
        ended = true;
      } else if (to.position() == 0) {
        switch (engine.getHandshakeStatus()) {
          // A new handshake within the session (TLS 1.2) costs us more than the client.
          case NEED_TASK -> throw new SSLException("the client wants to shake hands again");
          case NEED_WRAP -> sendPending();
          default -> {}
        }
      }
    } catch (SSLException e) {
      alert();
      throw e;
    }
  }

  private void send(byte[] octets, int offset, int length) throws IOException {
    byte[] record = lend();
    sending.lock();
    try {
      int done = 0;
      while (done < length) {
        ByteBuffer from =
            ByteBuffer.wrap(octets, offset + done, Math.min(MAX_PLAIN, length - done));
        ByteBuffer to = ByteBuffer.wrap(record);
        int before = from.remaining();
        SSLEngineResult result = engine.wrap(from, to);
        if (result.getStatus() != Status.OK || to.position() == 0) {
          throw new SSLException("TLS cannot send: " + result.getStatus());
        }
        socketOut.write(record, 0, to.position());
        done += before - from.remaining();
      }
    } finally {
      sending.unlock();
      giveBack(record);
    }
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      return length == 0 ? 0 : readPlain(to, offset, length);
    }

    /// What is decrypted already.
    @Override
    public int available() {
      return plain == null ? 0 : plainTo - plainFrom;
    }
  }

  private final class Output extends OutputStream {
    @Override
    public void write(int octet) throws IOException {
      write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] octets, int offset, int length) throws IOException {
      send(octets, offset, length);
    }
  }
}
