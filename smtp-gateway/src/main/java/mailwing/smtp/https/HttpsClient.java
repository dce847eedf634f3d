package mailwing.smtp.https;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedTrustManager;
import mailwing.smtp.client.Watch;
import mailwing.smtp.dns.Dns;
import mailwing.smtp.dns.DnsFailureException;
import mailwing.smtp.tls.HostTrust;
import mailwing.smtp.tls.UntrustedException;

/// Asks and tells over HTTPS: each exchange has a connection of its own, to an address that the
/// gateway's DNS names, under a certificate that is valid for the host.
public final class HttpsClient {
  private static final int MOST_ADDRESSES = 4;

  private final Dns dns;
  private final X509ExtendedTrustManager roots;
  private final Predicate<InetAddress> allowed;
  private final int defaultPort;
  private final Duration time;

  /// @param roots whom a host's certificate comes from
  /// @param allowed may an address that DNS names be spoken to?
  /// @param time for a whole exchange
  public HttpsClient(
      Dns dns,
      X509ExtendedTrustManager roots,
      Predicate<InetAddress> allowed,
      int defaultPort,
      Duration time) {
    this.dns = dns;
    this.roots = roots;
    this.allowed = allowed;
    this.defaultPort = defaultPort;
    this.time = time;
  }

  /// GET.
  ///
  /// @param most octets of the body
  public HttpsResponse get(URI uri, int most) throws IOException {
    return exchange(uri, head("GET", uri) + "\r\n", new byte[0], most);
  }

  /// POST.
  ///
  /// @param most octets of the answer's body
  public HttpsResponse post(URI uri, String mediaType, byte[] body, int most) throws IOException {
    String head =
        head("POST", uri)
            + "Content-Type: "
            + mediaType
            + "\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    return exchange(uri, head, body, most);
  }

  private String head(String method, URI uri) throws HttpsException {
    String host = uri.getHost();
    if (!"https".equalsIgnoreCase(uri.getScheme())
        || host == null
        || host.startsWith("[")
        || uri.getRawUserInfo() != null) {
      throw new HttpsException("no HTTPS of a named host: " + uri);
    }
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return method
        + " "
        + path
        + query
        + " HTTP/1.1\r\nHost: "
        + uri.getRawAuthority()
        + "\r\nUser-Agent: Mailwing\r\nAccept: */*\r\nConnection: close\r\n";
  }

  private HttpsResponse exchange(URI uri, String head, byte[] body, int most) throws IOException {
    // A URI is ASCII, but for what java.net.URI lets pass.
    if (!StandardCharsets.US_ASCII.newEncoder().canEncode(head)) {
      throw new HttpsException("no URI of ASCII: " + uri);
    }
    long end = System.nanoTime() + time.toNanos();
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
    request.writeBytes(body);
    int port = uri.getPort() > 0 ? uri.getPort() : defaultPort;
    IOException why = new HttpsException("no address of " + uri.getHost() + " can be used");
    for (InetAddress address : addresses(uri.getHost())) {
      Duration left = Duration.ofNanos(end - System.nanoTime());
      if (left.toMillis() <= 0) {
        break;
      }
      try (Socket socket = new Socket();
          var _ = Watch.over(socket, left)) {
        socket.connect(
            new InetSocketAddress(address, port), (int) Math.min(left.toMillis(), 10_000));
        return over(socket, uri.getHost(), port, request.toByteArray(), most);
      } catch (HttpsException e) {
        throw e;
      } catch (IOException e) {
        UntrustedException untrusted = UntrustedException.in(e);
        if (untrusted != null) {
          throw new HttpsException(String.valueOf(untrusted.getMessage()), true, e);
        }
        why = new HttpsException(e.toString(), false, e);
      }
    }
    throw why;
  }

  private HttpsResponse over(Socket socket, String host, int port, byte[] request, int most)
      throws IOException {
    socket.setTcpNoDelay(true);
    try (SSLSocket secure =
        (SSLSocket)
            HostTrust.pkix(roots, List.of(host), true)
                .context()
                .getSocketFactory()
                .createSocket(socket, host, port, true)) {
      secure.startHandshake();
      secure.getOutputStream().write(request);
      secure.getOutputStream().flush();
      return HttpsResponse.read(new BufferedInputStream(secure.getInputStream()), most);
    }
  }

  private List<InetAddress> addresses(String host) throws DnsFailureException {
    List<InetAddress> found = new ArrayList<>();
    for (Dns.Family family : List.of(Dns.Family.IPV6, Dns.Family.IPV4)) {
      dns.addresses(host, family).stream().filter(allowed).forEach(found::add);
    }
    return found.subList(0, Math.min(found.size(), MOST_ADDRESSES));
  }
}
