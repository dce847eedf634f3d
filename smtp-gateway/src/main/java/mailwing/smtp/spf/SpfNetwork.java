package mailwing.smtp.spf;

import java.net.InetAddress;

/// Addresses that share a prefix. An IPv4 client is never in an IPv6 network.
record SpfNetwork(InetAddress address, int prefix) {
  boolean contains(InetAddress client) {
    byte[] own = address.getAddress();
    byte[] other = client.getAddress();
    if (own.length != other.length) {
      return false;
    }
    for (int bit = 0; bit < prefix; bit += 8) {
      int mask = 0xff << Math.max(0, 8 - (prefix - bit));
      if (((own[bit / 8] ^ other[bit / 8]) & mask & 0xff) != 0) {
        return false;
      }
    }
    return true;
  }
}
