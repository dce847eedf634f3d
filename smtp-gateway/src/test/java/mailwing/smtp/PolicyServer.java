package mailwing.smtp;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/// Serves policies by HTTPS, by the name it is asked as, and takes reports.
final class PolicyServer implements AutoCloseable {
  /// What is answered.
  record Page(int status, String mediaType, String text) {
    static Page of(String... lines) {
      return new Page(200, "text/plain; charset=utf-8", String.join("\r\n", lines) + "\r\n");
    }
  }

  /// What was posted.
  record Posted(String path, String mediaType, ByteString octets) {}

  final Map<String, Page> pages = new ConcurrentHashMap<>();
  final List<Posted> posted = new CopyOnWriteArrayList<>();
  final List<String> asked = new CopyOnWriteArrayList<>();
  private final HttpsServer server;

  PolicyServer(String address, int port, SSLContext context) throws IOException {
    server = HttpsServer.create(new InetSocketAddress(address, port), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext("/", this::answer);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String host = exchange.getRequestHeaders().getFirst("Host").replaceAll(":.*", "");
      String path = exchange.getRequestURI().getPath();
      if (exchange.getRequestMethod().equals("POST")) {
        posted.add(
            new Posted(
                path,
                exchange.getRequestHeaders().getFirst("Content-Type"),
                ByteString.readFrom(exchange.getRequestBody())));
        exchange.sendResponseHeaders(201, -1);
        return;
      }
      asked.add(host + path);
      Page page =
          path.equals("/.well-known/mta-sts.txt")
              ? pages.getOrDefault(host, new Page(404, "text/plain", ""))
              : new Page(404, "text/plain", "");
      exchange.getResponseHeaders().add("Content-Type", page.mediaType());
      if (page.status() == 302) {
        exchange.getResponseHeaders().add("Location", page.text());
      }
      byte[] octets = page.text().getBytes(StandardCharsets.UTF_8);
      // 0: in chunks.
      exchange.sendResponseHeaders(page.status(), octets.length % 2 == 0 ? 0 : octets.length);
      exchange.getResponseBody().write(octets);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
