package mailwing.quickstart;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Which port is what, and where it is bound.
///
/// @param ports all of them, in the order they are shown
record PortPlan(List<Port> ports) {
  static final int MAX_IMAP_GATEWAYS = 32;
  private static final String LOOPBACK = "127.0.0.1";
  private static final int HIGHEST_PORT = 65_535;
  private static final int CONNECT_MILLIS = 2_000;

  /// What a port is for.
  enum Role {
    SMTP("SMTP", 2525, true),
    SUBMISSION("submission (STARTTLS)", 2587, true),
    SUBMISSIONS("submissions (TLS)", 2465, true),
    LMTP("LMTP", 2424, false),
    POP3("POP3 (STLS)", 2110, true),
    POP3S("POP3S (TLS)", 2995, true),
    IMAP("IMAP (STARTTLS)", 2143, true),
    IMAPS("IMAPS (TLS)", 2993, true),
    GRPC("store gRPC", 9090, false),
    HTTP("health and metrics", 8080, false);

    private final String label;
    private final int port;
    private final boolean opened;

    Role(String label, int port, boolean opened) {
      this.label = label;
      this.port = port;
      this.opened = opened;
    }

    String label() {
      return label;
    }
  }

  /// One listener.
  ///
  /// @param gateway which of several gateways of the kind, from 0
  record Port(Role role, int gateway, String address, int port) {
    String shown() {
      return (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
    }

    /// Where this machine reaches it.
    InetSocketAddress local() throws UnknownHostException {
      var bound = InetAddress.getByName(address);
      return new InetSocketAddress(
          bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound, port);
    }
  }

  /// The documented ports, moved by `offset`.
  ///
  /// Each further IMAP gateway has the next pair of ports of which none is another's.
  ///
  /// @param bind where the listeners for mail clients and servers are bound; all others stay on
  ///   loopback
  static PortPlan of(int offset, int imapGateways, String bind) {
    if (imapGateways < 1 || imapGateways > MAX_IMAP_GATEWAYS) {
      throw new StartException("--imap-gateways takes 1 to " + MAX_IMAP_GATEWAYS);
    }
    var ports = new ArrayList<Port>();
    Set<Integer> taken = new HashSet<>();
    for (var role : Role.values()) {
      add(ports, role, 0, role.port + offset, bind);
      taken.add(role.port + offset);
    }
    var step = 1;
    for (var gateway = 1; gateway < imapGateways; gateway++) {
      while (taken.contains(Role.IMAP.port + offset + step)
          || taken.contains(Role.IMAPS.port + offset + step)) {
        step++;
      }
      add(ports, Role.IMAP, gateway, Role.IMAP.port + offset + step, bind);
      add(ports, Role.IMAPS, gateway, Role.IMAPS.port + offset + step, bind);
      step++;
    }
    ports.sort(Comparator.comparing(Port::role).thenComparingInt(Port::gateway));
    return new PortPlan(List.copyOf(ports));
  }

  private static void add(List<Port> ports, Role role, int gateway, int port, String bind) {
    if (port < 1 || port > HIGHEST_PORT) {
      throw new StartException(
          "--port-offset makes " + role.label + " port " + port + ": stay within 1 to 65535");
    }
    ports.add(new Port(role, gateway, role.opened ? bind : LOOPBACK, port));
  }

  Port port(Role role) {
    return port(role, 0);
  }

  Port port(Role role, int gateway) {
    return ports.stream()
        .filter(port -> port.role == role && port.gateway == gateway)
        .findFirst()
        .orElseThrow();
  }

  /// Throws with one line if one cannot be bound.
  void requireFree() {
    for (var port : ports) {
      try (var socket = new ServerSocket()) {
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getByName(port.address), port.port));
      } catch (BindException e) {
        var reason = String.valueOf(e.getMessage());
        if (reason.contains("Permission denied")) {
          throw new StartException(
              "port "
                  + port.port
                  + " ("
                  + port.role.label
                  + ") needs root: use a higher --port-offset");
        }
        if (reason.contains("Cannot assign")) {
          throw new StartException("--bind " + port.address + " is no address of this machine");
        }
        throw new StartException(
            "port "
                + port.port
                + " ("
                + port.role.label
                + ") is in use: stop what listens there, or move all ports with --port-offset N");
      } catch (UnknownHostException e) {
        throw new StartException("--bind " + port.address + " is no address of this machine");
      } catch (IOException e) {
        throw new StartException("port " + port.port + " cannot be opened: " + e.getMessage());
      }
    }
  }

  /// Connects to each; throws if one does not answer.
  void requireAnswers() throws IOException {
    for (var port : ports) {
      try (var socket = new Socket()) {
        socket.connect(port.local(), CONNECT_MILLIS);
      } catch (IOException e) {
        throw new IOException(port.role.label + " on " + port.shown() + " does not answer", e);
      }
    }
  }
}
