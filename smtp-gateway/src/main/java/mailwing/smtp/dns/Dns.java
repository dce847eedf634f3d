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

  /// A TLSA record (RFC 6698 §2.1).
  ///
  /// @param data hexadecimal, lower case
  record Association(int usage, int selector, int matching, String data) {}

  /// An answer, and what DNSSEC says of it.
  ///
  /// @param secure it vouches for the records, or for there being none, and for each alias on the
  ///   way (RFC 7672 §2.1.3)
  /// @param name where aliases led to; without its final dot
  record Secured<T>(List<T> records, boolean secure, String name) {
    public Secured {
      records = List.copyOf(records);
    }
  }

  /// TXT records: the strings of each one after the other, an octet a character.
  List<String> texts(String name) throws DnsFailureException;

  List<InetAddress> addresses(String name, Family family) throws DnsFailureException;

  /// MX records, by preference.
  List<Exchange> exchanges(String name) throws DnsFailureException;

  /// The names that the reverse tree has for an address, without their final dots.
  List<String> names(InetAddress address) throws DnsFailureException;

  /// As [#addresses]; never secure where nobody validates.
  Secured<InetAddress> securedAddresses(String name, Family family) throws DnsFailureException;

  /// As [#exchanges]; never secure where nobody validates.
  Secured<Exchange> securedExchanges(String name) throws DnsFailureException;

  /// TLSA records; none where nobody validates, since nobody could rely on them.
  Secured<Association> associations(String name) throws DnsFailureException;

  /// Is the name an alias by itself, whatever it leads to, and does DNSSEC vouch for that?
  boolean isSecureAlias(String name) throws DnsFailureException;
}
