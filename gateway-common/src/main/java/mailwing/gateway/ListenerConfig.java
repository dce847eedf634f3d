package mailwing.gateway;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.service.Key;
import mailwing.service.Settings;

/// One address a gateway listens on.
///
/// @param name what it is called in the configuration and in the log
/// @param port 0 lets the system choose
/// @param proxyProtocol whether each connection must begin with a PROXY header, from a configured
///   proxy
/// @param clientCertificates whether clients are asked for a certificate under TLS, for EXTERNAL
public record ListenerConfig(
    String name,
    String address,
    int port,
    Encryption encryption,
    boolean proxyProtocol,
    boolean clientCertificates) {

  /// One that asks for no certificates.
  public ListenerConfig(
      String name, String address, int port, Encryption encryption, boolean proxyProtocol) {
    this(name, address, port, encryption, proxyProtocol, false);
  }

  /// The keys `listeners.NAME.address`, `.port`, `.encryption`, `.proxy-protocol` and
  /// `.client-certificates`.
  public static final class Keys {
    private final String name;
    private final Key<String> address;
    private final Key<Integer> port;
    private final Key<Encryption> encryption;
    private final Key<Boolean> proxyProtocol;
    private final Key<Boolean> clientCertificates;

    /// A listener that is there by default on `defaultPort`; without a default port it is there
    /// only if one is set.
    public Keys(String name, Optional<Integer> defaultPort, Encryption encryption, boolean proxy) {
      String section = "listeners." + name + ".";
      this.name = name;
      this.address = Key.text(section + "address", "0.0.0.0", "Address to listen on.");
      this.port =
          Key.integer(
              section + "port",
              -1,
              65535,
              defaultPort.orElse(-1),
              "Port; 0 lets the system choose, -1 turns the listener off.");
      this.encryption =
          Key.choice(section + "encryption", Encryption.class, encryption, "How it is encrypted.");
      this.proxyProtocol =
          Key.flag(
              section + "proxy-protocol",
              proxy,
              "Each connection begins with a PROXY header, from one of proxy-networks.");
      this.clientCertificates =
          Key.flag(
              section + "client-certificates",
              false,
              "Clients may show a certificate under TLS, to log in by (auth.mechanisms EXTERNAL).");
    }

    public List<Key<?>> keys() {
      return List.of(address, port, encryption, proxyProtocol, clientCertificates);
    }

    /// The listener, unless it is turned off.
    public Optional<ListenerConfig> read(Settings settings) {
      int chosen = settings.get(port);
      return chosen < 0
          ? Optional.empty()
          : Optional.of(
              new ListenerConfig(
                  name,
                  settings.get(address),
                  chosen,
                  settings.get(encryption),
                  settings.get(proxyProtocol),
                  settings.get(clientCertificates)));
    }

    /// The keys of several listeners.
    public static List<Key<?>> all(List<Keys> listeners) {
      List<Key<?>> keys = new ArrayList<>();
      listeners.forEach(listener -> keys.addAll(listener.keys()));
      return keys;
    }
  }
}
