package mailwing.gateway;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import mailwing.gateway.ConnectionEndedException.Reason;
import mailwing.gateway.SessionProtocol.Refusal;
import mailwing.service.ConfigException;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.service.TlsMaterial;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A gateway's listeners and their connections: accepts, limits, sweeps, drains.
///
/// One virtual thread accepts for each listener, one serves each connection.
public final class ListenerGroup implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ListenerGroup.class);
  private static final long SWEEP_MILLIS = 200;

  private enum Outcome {
    ACCEPTED,
    REFUSED_TOTAL,
    REFUSED_ADDRESS,
    BAD_PROXY_HEADER,
    FAILED_HANDSHAKE
  }

  private final ConnectionConfig config;
  private final @Nullable TlsMaterial tls;
  private final Metrics.By<Outcome, Metrics.Counter> outcomes;
  private final AutoCloseable gauge;
  private final CopyOnWriteArrayList<ServerSocket> sockets = new CopyOnWriteArrayList<>();
  private final Map<String, Integer> ports = new ConcurrentHashMap<>();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger total = new AtomicInteger();
  private final Map<InetAddress, Integer> perAddress = new ConcurrentHashMap<>();
  private final Thread sweeper;
  private volatile boolean draining;
  private volatile boolean stopped;

  public ListenerGroup(ConnectionConfig config, Optional<TlsMaterial> tls, Metrics metrics) {
    this.config = config;
    this.tls = tls.orElse(null);
    this.outcomes =
        metrics.counter(
            "mail_connections_total", "Connections that came.", "outcome", Outcome.class);
    this.gauge = metrics.gauge("mail_connections", "Connections that are open.", connections::size);
    this.sweeper = Thread.ofVirtual().name("sweep").start(this::sweep);
  }

  /// Binds and accepts. A listener that wants TLS needs TLS material. The group is closed if it
  /// fails.
  public void listen(ListenerConfig listener, SessionProtocol protocol) throws IOException {
    try {
      ServerSocket socket = bind(listener);
      sockets.add(socket);
      ports.put(listener.name(), socket.getLocalPort());
      Thread.ofVirtual()
          .name("accept-" + listener.name())
          .start(() -> accept(socket, listener, protocol));
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private ServerSocket bind(ListenerConfig listener) throws IOException {
    if (listener.encryption() == Encryption.IMPLICIT && tls == null) {
      throw new ConfigException(
          "listener " + listener.name() + " is encrypted: tls.certificate and tls.key must be set");
    }
    if (listener.proxyProtocol() && config.proxies().isEmpty()) {
      throw new ConfigException(
          "listener " + listener.name() + " takes PROXY headers: proxy-networks must be set");
    }
    ServerSocket socket = new ServerSocket();
    try {
      socket.setReuseAddress(true);
      socket.bind(
          new InetSocketAddress(InetAddress.getByName(listener.address()), listener.port()),
          config.backlog());
    } catch (IOException e) {
      socket.close();
      BindException clear =
          new BindException(
              listener.name()
                  + ": cannot listen on "
                  + listener.address()
                  + ":"
                  + listener.port()
                  + " ("
                  + e.getMessage()
                  + ")");
      clear.initCause(e);
      throw clear;
    }
    return socket;
  }

  /// The actual port of the listener with this name.
  public int port(String listener) {
    Integer port = ports.get(listener);
    if (port == null) {
      throw new IllegalArgumentException("no listener " + listener);
    }
    return port;
  }

  /// Open connections.
  public int connections() {
    return connections.size();
  }

  /// Accepts no more, ends each session once it waits for a command, and cuts what is left after
  /// `time`.
  public void drain(Duration time) {
    draining = true;
    closeSockets();
    long until = System.nanoTime() + time.toNanos();
    for (Connection connection : connections) {
      connection.end(Reason.DRAINING);
    }
    try {
      while (!connections.isEmpty() && System.nanoTime() < until) {
        Thread.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    connections.forEach(Connection::abort);
  }

  /// Drains for the configured time, once.
  @Override
  public void close() {
    if (stopped) {
      return;
    }
    drain(config.drainTime());
    stopped = true;
    sweeper.interrupt();
    try {
      gauge.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void closeSockets() {
    for (ServerSocket socket : sockets) {
      try {
        socket.close();
      } catch (IOException e) {
        LOG.debug("event=close-failed", e);
      }
    }
  }

  private void accept(ServerSocket server, ListenerConfig listener, SessionProtocol protocol) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Visit visit = new Visit(socket, listener, protocol);
        Thread.ofVirtual().start(visit::begin);
      } catch (IOException e) {
        if (!server.isClosed()) {
          // Out of file descriptors, most likely: let sessions end before trying again.
          LOG.warn("event=accept-failed listener={} reason={}", listener.name(), e.getMessage());
          pause();
        }
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// One connection, on the threads that serve it one after the other.
  private final class Visit {
    private final Socket socket;
    private final ListenerConfig listener;
    private final SessionProtocol protocol;
    private @Nullable Connection connection;
    private @Nullable InetAddress counted;
    private boolean served;

    Visit(Socket socket, ListenerConfig listener, SessionProtocol protocol) {
      this.socket = socket;
      this.listener = listener;
      this.protocol = protocol;
    }

    void begin() {
      total.incrementAndGet();
      run(this::admit);
    }

    private void run(Part part) {
      boolean goesOn = false;
      try {
        part.run();
        Part rest = connection == null ? null : connection.takeRest();
        if (rest != null) {
          Thread.ofVirtual().start(() -> run(rest));
          goesOn = true;
        }
      } catch (IOException e) {
        // The client went away, or our side ended the connection: nothing to tell anyone.
        LOG.debug("event=connection-ended listener={} reason={}", listener.name(), e.toString());
      } catch (RuntimeException e) {
        LOG.error("event=session-failed listener={}", listener.name(), e);
      } finally {
        if (!goesOn) {
          end();
        }
      }
    }

    private void admit() throws IOException {
      socket.setTcpNoDelay(true);
      socket.setKeepAlive(true);
      Connection came = connect(socket, listener);
      connection = came;
      if (came == null) {
        outcomes.get(Outcome.BAD_PROXY_HEADER).increment();
        return;
      }
      connections.add(came);
      if (!came.trusted()) {
        InetAddress group = group(came.remoteIp());
        counted = group;
        int fromAddress = perAddress.merge(group, 1, Integer::sum);
        if (total.get() > config.maxConnections()) {
          outcomes.get(Outcome.REFUSED_TOTAL).increment();
          refuse(socket, listener, protocol.refusal(Refusal.TOO_MANY_CONNECTIONS));
          return;
        }
        if (fromAddress > config.maxPerAddress()) {
          outcomes.get(Outcome.REFUSED_ADDRESS).increment();
          refuse(socket, listener, protocol.refusal(Refusal.TOO_MANY_FROM_ADDRESS));
          return;
        }
      }
      if (draining) {
        refuse(socket, listener, protocol.refusal(Refusal.DRAINING));
        return;
      }
      try {
        came.begin();
      } catch (IOException e) {
        outcomes.get(Outcome.FAILED_HANDSHAKE).increment();
        LOG.debug(
            "event=handshake-failed listener={} client={} reason={}",
            listener.name(),
            came.remoteIp().getHostAddress(),
            e.getMessage());
        return;
      }
      outcomes.get(Outcome.ACCEPTED).increment();
      served = true;
      protocol.serve(came);
    }

    private void end() {
      if (connection != null) {
        if (served) {
          connection.close();
        } else {
          connection.abort();
        }
        connections.remove(connection);
      }
      closeQuietly(socket);
      total.decrementAndGet();
      if (counted != null) {
        perAddress.computeIfPresent(counted, (k, count) -> count == 1 ? null : count - 1);
      }
    }
  }

  /// The connection with the client's true address; null for a PROXY header that is not there, not
  /// allowed or broken.
  private @Nullable Connection connect(Socket socket, ListenerConfig listener) throws IOException {
    InetSocketAddress remote = (InetSocketAddress) socket.getRemoteSocketAddress();
    InetSocketAddress local = (InetSocketAddress) socket.getLocalSocketAddress();
    if (listener.proxyProtocol()) {
      if (!config.proxies().contains(remote.getAddress())) {
        LOG.warn(
            "event=proxy-refused listener={} peer={}",
            listener.name(),
            remote.getAddress().getHostAddress());
        return null;
      }
      // The one place with a socket timeout: the header is the first thing and comes in one piece.
      socket.setSoTimeout((int) config.handshakeTime().toMillis());
      ProxyHeader header;
      try {
        header = ProxyHeader.read(new TimedInput(socket, config.handshakeTime()));
      } catch (IOException e) {
        LOG.debug("event=proxy-header-bad listener={} reason={}", listener.name(), e.getMessage());
        return null;
      }
      socket.setSoTimeout(0);
      remote = header.source() == null ? remote : header.source();
      local = header.destination() == null ? local : header.destination();
    }
    return new Connection(socket, listener, config, tls, remote, local);
  }

  /// Under implicit TLS there is no line to be said before the handshake.
  private static void refuse(Socket socket, ListenerConfig listener, String line)
      throws IOException {
    if (listener.encryption() != Encryption.IMPLICIT) {
      // A new socket's buffer takes a line at once.
      socket.getOutputStream().write(line.getBytes(StandardCharsets.US_ASCII));
      socket.shutdownOutput();
    }
  }

  /// What counts as one address: an IPv4 address, an IPv6 /64.
  private static InetAddress group(InetAddress address) throws UnknownHostException {
    byte[] octets = Networks.canonical(address).getAddress();
    if (octets.length == 16) {
      Arrays.fill(octets, 8, 16, (byte) 0);
    }
    return InetAddress.getByAddress(octets);
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("event=close-failed", e);
    }
  }

  private void sweep() {
    while (!stopped) {
      try {
        Thread.sleep(SWEEP_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
      for (Connection connection : connections) {
        connection.sweep();
      }
    }
  }
}
