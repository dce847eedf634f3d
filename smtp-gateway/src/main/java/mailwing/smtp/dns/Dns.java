package mailwing.smtp.dns;

import java.net.InetAddress;
import java.util.List;

/// The DNS, as far as mail needs it. A name that does not exist and a name without such records are
/// both an empty list; aliases are followed. Names are ASCII, a final dot may be there.
public interface Dns {
  /// Which addresses.
  enum Family {
    IPV4,
    IPV6
  }

  /// A mail exchanger; the name without its final dot, empty for the root (RFC 7505).
  record Exchange(int preference, String host) {}

  /// TXT records: the strings of each one after the other, an octet a character.
  List<String> texts(String name) throws DnsFailureException;

  List<InetAddress> addresses(String name, Family family) throws DnsFailureException;

  /// MX records, by preference.
  List<Exchange> exchanges(String name) throws DnsFailureException;

  /// The names that the reverse tree has for an address, without their final dots.
  List<String> names(InetAddress address) throws DnsFailureException;
}
