package mailwing.service;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/// A set of IP networks (CIDR). IPv4-mapped IPv6 addresses count as IPv4.
public final class Networks {
  private record Network(InetAddress address, int prefix) {
    boolean contains(byte[] candidate) {
      byte[] own = address.getAddress();
      if (own.length != candidate.length) {
        return false;
      }
      int whole = prefix / 8;
      for (int i = 0; i < whole; i++) {
        if (own[i] != candidate[i]) {
          return false;
        }
      }
      int rest = prefix % 8;
      return rest == 0 || ((own[whole] ^ candidate[whole]) & (0xFF00 >> rest) & 0xFF) == 0;
    }

    @Override
    public String toString() {
      return address.getHostAddress() + "/" + prefix;
    }
  }

  private final List<Network> networks;

  private Networks(List<Network> networks) {
    this.networks = List.copyOf(networks);
  }

  public static Networks none() {
    return new Networks(List.of());
  }

  /// Reads addresses and `address/prefix`; only literals, never a name.
  public static Networks parse(List<String> texts) {
    List<Network> networks = new ArrayList<>();
    for (String text : texts) {
      int slash = text.indexOf('/');
      String literal = slash < 0 ? text : text.substring(0, slash);
      InetAddress address = literal(literal);
      int bits = address.getAddress().length * 8;
      int prefix = slash < 0 ? bits : Values.integer(text.substring(slash + 1), 0, bits);
      networks.add(new Network(address, prefix));
    }
    return new Networks(networks);
  }

  public boolean contains(InetAddress address) {
    if (networks.isEmpty()) {
      return false;
    }
    byte[] candidate = address.getAddress();
    for (Network network : networks) {
      if (network.contains(candidate)) {
        return true;
      }
    }
    return false;
  }

  public boolean isEmpty() {
    return networks.isEmpty();
  }

  @Override
  public String toString() {
    return networks.toString();
  }

  private static InetAddress literal(String text) {
    if (!text.matches("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
      throw new IllegalArgumentException("not an IP address: " + text);
    }
    return InetAddress.ofLiteral(text);
  }

  /// The address as given by the network layer, IPv4-mapped ones as IPv4.
  public static InetAddress canonical(InetAddress address) {
    try {
      return InetAddress.getByAddress(address.getAddress());
    } catch (UnknownHostException e) {
      return address;
    }
  }
}
