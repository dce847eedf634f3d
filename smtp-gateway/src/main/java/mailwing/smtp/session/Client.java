package mailwing.smtp.session;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import mailwing.gateway.Connection;
import mailwing.service.Networks;
import mailwing.smtp.protocol.Command;

/// Who is at the other end: the peer itself, or the client that a trusted peer stands for.
///
/// @param ip the client's address
/// @param name the client's verified host name, where a peer told it
/// @param helo what the client has called itself, where a peer told it; holds over what the peer
///   says in EHLO
/// @param mayStandFor the peer itself may use XCLIENT
record Client(InetAddress ip, Optional<String> name, Optional<String> helo, boolean mayStandFor) {

  static Client of(Connection connection, Networks xclientPeers) {
    return new Client(
        Networks.canonical(connection.remoteIp()),
        Optional.empty(),
        Optional.empty(),
        xclientPeers.contains(connection.remoteIp()));
  }

  /// What is not told stays. The connection is trusted as the client is, no longer as the peer.
  Client standFor(Command.Xclient told, Connection connection) {
    told.address()
        .ifPresent(
            address ->
                connection.standFor(
                    new InetSocketAddress(
                        address, told.port().orElse(connection.remoteAddress().getPort()))));
    return new Client(
        told.address().orElse(ip),
        told.name().or(() -> told.address().isPresent() ? Optional.empty() : name),
        told.helo().or(() -> helo),
        mayStandFor);
  }

  /// The address without a scope.
  String address() {
    String text = ip.getHostAddress();
    int scope = text.indexOf('%');
    return scope < 0 ? text : text.substring(0, scope);
  }

  /// RFC 5321 §4.1.3.
  String literal() {
    return ip instanceof Inet4Address ? "[" + address() + "]" : "[IPv6:" + address() + "]";
  }
}
