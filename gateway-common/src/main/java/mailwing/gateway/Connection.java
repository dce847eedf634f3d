package mailwing.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import mailwing.gateway.ConnectionEndedException.Reason;
import mailwing.service.TlsMaterial;
import org.jspecify.annotations.Nullable;

/// One client's connection: its socket, the reader and the writer over it, and who may write when.
///
/// ## Threads
///
/// The session runs on one virtual thread and reads with plain blocking reads. The output belongs
/// to that thread, except while it waits for the client: then, and only then, {@link #push} lets
/// another thread write whole responses. That is what IDLE needs: the session's thread parks in
/// {@link #readCommand} waiting for DONE while pushes go out. Whether a push is apt at this moment
/// (idling, or in the midst of a literal) is the session's state, to be looked at within the push,
/// where the session's thread cannot move on.
///
/// ## Time
///
/// No read uses a socket timeout: one sweep a gateway looks at all connections five times a second.
/// A wait that has lasted too long is ended by closing the input alone, so the session gets a
/// {@link ConnectionEndedException}, says its farewell and returns. A write that a client does not
/// take is cut.
public final class Connection {
  /// Writes a push.
  @FunctionalInterface
  public interface Push {
    void write(OctetWriter out) throws IOException;
  }

  private static final long NEVER = Long.MAX_VALUE;

  /// A compressed session that has waited so long holds no deflater.
  private static final Duration REST = Duration.ofSeconds(10);

  /// How often it is looked whether the client speaks unasked.
  private static final long LISTEN_MILLIS = 20;

  private static final Duration GRACE = Duration.ofSeconds(10);

  /// What a client may still send when its session is over, so long and so much.
  private static final int LINGER_MILLIS = 1000;

  private static final long LINGER_OCTETS = 1 << 20;

  private final Socket socket;
  private final ListenerConfig listener;
  private final ConnectionConfig config;
  private final @Nullable TlsMaterial tlsMaterial;
  private volatile InetSocketAddress remote;
  private final InetSocketAddress local;
  private volatile boolean trusted;
  private final OctetReader in;
  private final OctetWriter out;
  private final ReentrantLock output = new ReentrantLock();
  private volatile @Nullable TlsConnection tls;
  private volatile @Nullable TlsInfo tlsInfo;
  private volatile @Nullable Reason endReason;
  private volatile boolean inputEnded;
  private volatile boolean awaitingCommand;
  private volatile boolean closed;
  private volatile @Nullable Compression compression;
  private volatile long readTimeNanos = Duration.ofMinutes(10).toNanos();
  // Times of System.nanoTime(), relative to `born` so that NEVER is later than any.
  private final long born = System.nanoTime();
  private volatile long waitUntil = NEVER;
  private volatile long deadline = NEVER;
  private @Nullable Part rest;
  private volatile long restAt = NEVER;
  private volatile long writeUntil = NEVER;
  private volatile long cutAt = NEVER;

  Connection(
      Socket socket,
      ListenerConfig listener,
      ConnectionConfig config,
      @Nullable TlsMaterial tlsMaterial,
      InetSocketAddress remote,
      InetSocketAddress local)
      throws IOException {
    this.socket = socket;
    this.listener = listener;
    this.config = config;
    this.tlsMaterial = tlsMaterial;
    this.remote = remote;
    this.local = local;
    this.trusted = config.trusted().contains(remote.getAddress());
    this.in = new OctetReader(socket.getInputStream(), new SessionWait());
    this.out =
        new OctetWriter(
            socket.getOutputStream(),
            writing -> writeUntil = writing ? now() + config.writeTime().toNanos() : NEVER);
  }

  public OctetReader in() {
    return in;
  }

  /// For the session's own thread; others use {@link #push}.
  public OctetWriter out() {
    return out;
  }

  public ListenerConfig listener() {
    return listener;
  }

  /// The client's address; what the PROXY header or {@link #standFor} said where there was one.
  public InetSocketAddress remoteAddress() {
    return remote;
  }

  /// The address the client connected to; what the PROXY header said where there was one.
  public InetSocketAddress localAddress() {
    return local;
  }

  public InetAddress remoteIp() {
    return remote.getAddress();
  }

  /// From a trusted network: may log in without TLS, exempt from limits.
  public boolean trusted() {
    return trusted;
  }

  /// The peer has told, and is allowed to, that it stands for a client at this address: from now on
  /// the connection is that client's, with what it is trusted with.
  public void standFor(InetSocketAddress client) {
    remote = client;
    trusted = config.trusted().contains(client.getAddress());
  }

  public Optional<TlsInfo> tls() {
    return Optional.ofNullable(tlsInfo);
  }

  /// Whether a password may travel on this connection: under TLS, or from a trusted network.
  public boolean mayLogIn() {
    return tlsInfo != null || trusted;
  }

  /// Whether STARTTLS may be announced now.
  public boolean canStartTls() {
    return tlsInfo == null && tlsMaterial != null && listener.encryption() == Encryption.STARTTLS;
  }

  /// The next command line; see {@link OctetReader#readLine}. While it waits with nothing buffered,
  /// {@link #end} wakes it with a {@link ConnectionEndedException}; elsewhere (within a literal, in
  /// a command) an end waits for this call.
  public byte @Nullable [] readCommand(int max) throws IOException {
    awaitingCommand = true;
    try {
      endIfTold();
      return in.readLine(max);
    } finally {
      awaitingCommand = false;
    }
  }

  /// Waits so long, or until the client sends something unasked: then true. Nothing is read.
  public boolean speaksWithin(Duration time) throws IOException {
    long end = now() + time.toNanos();
    while (now() < end) {
      if (in.buffered() > 0 || in.stream().available() > 0) {
        return true;
      }
      try {
        Thread.sleep(LISTEN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
    return false;
  }

  /// Waits for a command's first octet as {@link #readCommand} does, for a parser that reads the
  /// octets itself; false at the stream's end.
  public boolean awaitCommand() throws IOException {
    awaitingCommand = true;
    try {
      endIfTold();
      return in.peek() >= 0;
    } finally {
      awaitingCommand = false;
    }
  }

  /// Looked at after `awaitingCommand` was set, so that no {@link #end} falls between.
  private void endIfTold() throws ConnectionEndedException {
    Reason reason = endReason;
    if (reason != null && in.buffered() == 0) {
      throw new ConnectionEndedException(reason);
    }
  }

  /// Writes whole responses from another thread, and flushes them, while the session's thread waits
  /// for the client; waits until it does. False if the connection was closed: nothing was written.
  public boolean push(Push push) throws IOException {
    output.lock();
    try {
      if (closed) {
        return false;
      }
      push.write(out);
      out.flush();
      return true;
    } finally {
      output.unlock();
    }
  }

  /// How long a read may wait for the client from now on.
  public void readTimeout(Duration time) {
    readTimeNanos = time.toNanos();
  }

  /// The connection must be done in this time whatever the client sends (unauthenticated time).
  public void deadline(Duration fromNow) {
    deadline = now() + fromNow.toNanos();
  }

  public void noDeadline() {
    deadline = NEVER;
  }

  /// Ends the session in good order: it is woken if it waits for a command, or told at its next
  /// {@link #readCommand}. The first reason counts. From any thread.
  public void end(Reason reason) {
    if (endReason == null) {
      endReason = reason;
    }
    if (awaitingCommand) {
      endInput();
    }
  }

  /// Whether {@link #end} was called, and why.
  public Optional<Reason> ending() {
    return Optional.ofNullable(endReason);
  }

  /// Goes over to TLS: flushes what was written, forgets what the client had sent before the
  /// handshake (RFC 3207 §4.2, CVE-2011-0411) and shakes hands. A failure is an `IOException`: the
  /// session must return.
  public void startTls() throws IOException {
    if (tlsMaterial == null || tlsInfo != null) {
      throw new IllegalStateException("no TLS to start");
    }
    out.flush();
    in.discardBuffered();
    handshake(tlsMaterial);
  }

  private void handshake(TlsMaterial material) throws IOException {
    waitUntil = now() + config.handshakeTime().toNanos();
    cutAt = waitUntil;
    boolean certificates = listener.clientCertificates();
    SSLContext context = certificates ? material.anyClientContext() : material.sslContext();
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = TlsMaterial.parameters(context);
    parameters.setWantClientAuth(certificates);
    engine.setSSLParameters(parameters);
    TlsConnection begun =
        new TlsConnection(engine, socket.getInputStream(), socket.getOutputStream());
    try {
      begun.handshake();
    } finally {
      waitUntil = NEVER;
      cutAt = NEVER;
    }
    in.replace(begun.input());
    out.replace(begun.output());
    tls = begun;
    tlsInfo = new TlsInfo(begun.session());
  }

  /// Compresses both directions from now on (RFC 4978), below what was written and flushed, above
  /// TLS. What the client has sent already is taken as compressed.
  public void compress() throws IOException {
    if (compression != null) {
      throw new IllegalStateException("compressed already");
    }
    out.flush();
    Compression begun = new Compression(in.stream(), out.stream(), in.takeBuffered());
    in.replace(begun.input());
    out.replace(begun.output());
    compression = begun;
  }

  /// Ends compression of both directions (RFC 8437 §4.1), behind what was written so far. The
  /// client's ends with what it has sent up to now, and a last block that may still come.
  public void endCompression() throws IOException {
    Compression ending = compression;
    if (ending == null) {
      throw new IllegalStateException("not compressed");
    }
    out.flush();
    out.replace(ending.finish());
    in.replace(ending.plain(in.buffered() > 0));
    ending.end();
    compression = null;
  }

  /// Whether {@link #compress} was called, and not ended since.
  public boolean compressed() {
    return compression != null;
  }

  /// The session's thread takes the output, and goes through TLS where the listener wants it at
  /// once.
  void begin() throws IOException {
    output.lock();
    if (listener.encryption() == Encryption.IMPLICIT) {
      if (tlsMaterial == null) {
        throw new IOException("no TLS material");
      }
      handshake(tlsMaterial);
    }
  }

  /// Flushes and closes; from the session's thread.
  public void close() {
    if (!output.isHeldByCurrentThread()) {
      abort();
      return;
    }
    if (closed) {
      return;
    }
    cutAt = now() + GRACE.toNanos();
    try {
      out.flush();
    } catch (IOException e) {
      // The client is gone; there is nobody to tell.
    }
    closed = true;
    Compression compressed = compression;
    if (compressed != null) {
      compressed.end();
    }
    TlsConnection encrypted = tls;
    try {
      if (encrypted != null) {
        encrypted.close();
      } else {
        closeClear();
      }
    } catch (IOException e) {
      // As above.
    } finally {
      abort();
      output.unlock();
    }
  }

  /// Ends our side first, and reads on for a moment: a client that still sends would otherwise get
  /// a reset and lose our last lines.
  private void closeClear() throws IOException {
    socket.shutdownOutput();
    socket.setSoTimeout(LINGER_MILLIS);
    InputStream clear = socket.getInputStream();
    byte[] unread = new byte[2048];
    long until = now() + Duration.ofMillis(LINGER_MILLIS).toNanos();
    long left = LINGER_OCTETS;
    while (left > 0 && now() < until) {
      int count = clear.read(unread);
      if (count < 0) {
        return;
      }
      left -= count;
    }
  }

  /// The session goes on with this on a new thread, when what runs now has returned; to be called
  /// before a long wait. A parked thread keeps the room that its stack once needed, in several
  /// pieces where it was parked before; a new one's is one piece, as large as what waits.
  public void goOn(Part rest) {
    this.rest = rest;
  }

  /// What the session goes on with, for its next thread, to which the output is left; null: it is
  /// over.
  @Nullable Part takeRest() {
    Part taken = rest;
    if (taken == null) {
      return null;
    }
    rest = null;
    output.unlock();
    return () -> {
      output.lock();
      taken.run();
    };
  }

  /// Cuts the connection at once; from any thread.
  public void abort() {
    closed = true;
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed in any case.
    }
  }

  public boolean isClosed() {
    return closed;
  }

  /// Looks at the times; called by the sweep.
  void sweep() {
    long now = now();
    if (now > writeUntil || now > cutAt) {
      abort();
    } else if (waitUntil != NEVER && !inputEnded) {
      if (now > deadline) {
        expire(Reason.DEADLINE);
      } else if (now > waitUntil) {
        expire(Reason.IDLE);
      }
    }
    if (now > restAt) {
      rest();
    }
  }

  /// Nobody writes while the session waits; who does now goes on with what it has.
  private void rest() {
    Compression compressed = compression;
    if (compressed != null && compressed.awake() && output.tryLock()) {
      try {
        if (!closed) {
          compressed.rest();
        }
      } finally {
        output.unlock();
      }
    }
  }

  private void expire(Reason reason) {
    if (endReason == null) {
      endReason = reason;
    }
    endInput();
  }

  /// Wakes the reader: the input ends, the output still works.
  private void endInput() {
    inputEnded = true;
    cutAt = Math.min(cutAt, now() + GRACE.toNanos());
    try {
      socket.shutdownInput();
    } catch (IOException e) {
      abort();
    }
  }

  private long now() {
    return System.nanoTime() - born;
  }

  /// What happens around each read that may wait.
  private final class SessionWait implements OctetReader.Waiting {
    @Override
    public void before() throws IOException {
      if (out.buffered() > 0) {
        out.flush();
      }
      long now = now();
      waitUntil = now + readTimeNanos;
      restAt = compression == null ? NEVER : now + REST.toNanos();
      output.unlock();
    }

    @Override
    public void after(int octets) throws IOException {
      waitUntil = NEVER;
      restAt = NEVER;
      output.lock();
      Reason reason = endReason;
      if (octets < 0 && inputEnded && reason != null) {
        throw new ConnectionEndedException(reason);
      }
    }

    @Override
    public IOException failed(IOException failure) {
      Reason reason = endReason;
      return inputEnded && reason != null ? new ConnectionEndedException(reason) : failure;
    }
  }
}
