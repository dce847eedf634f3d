package mailwing.service;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// The HTTP side of a process: `/health/live`, `/health/ready`, `/metrics`.
///
/// One endpoint serves all services that run in the process: each adds its checks and records into
/// {@link #metrics}. Readiness answers 200 once {@link #started} was called and every check holds,
/// else 503; each with one line a check.
public final class HttpEndpoint implements AutoCloseable {
  // Compared by identity: each is added and taken away alone.
  private static final class Check {
    private final String name;
    private final BooleanSupplier holds;

    Check(String name, BooleanSupplier holds) {
      this.name = name;
      this.holds = holds;
    }
  }

  private final Metrics metrics;
  private final List<Check> readiness = new CopyOnWriteArrayList<>();
  private final List<Check> liveness = new CopyOnWriteArrayList<>();
  private final WebServer server;
  private volatile boolean started;

  private HttpEndpoint(
      String address, int port, Metrics metrics, Consumer<HttpRouting.Builder> more) {
    this.metrics = metrics;
    processMetrics();
    HttpRouting.Builder routing =
        HttpRouting.builder()
            .get("/health/live", (request, response) -> answer(response, liveness, true))
            .get("/health/ready", (request, response) -> answer(response, readiness, started))
            .get("/health", (request, response) -> answer(response, readiness, started))
            .get("/metrics", this::metrics);
    more.accept(routing);
    InetAddress bind;
    try {
      bind = InetAddress.getByName(address);
    } catch (UnknownHostException e) {
      throw new ConfigException("http address is not known: " + address);
    }
    this.server =
        WebServer.builder()
            .address(bind)
            .port(port)
            .shutdownHook(false)
            .routing(routing)
            .build()
            .start();
  }

  /// Binds; port 0 lets the system choose (see {@link #port}).
  public static HttpEndpoint start(String address, int port, Metrics metrics) {
    return start(address, port, metrics, routing -> {});
  }

  /// Binds, with further texts by their paths.
  public static HttpEndpoint start(
      String address, int port, Metrics metrics, Map<String, String> pages) {
    return start(
        address,
        port,
        metrics,
        routing ->
            pages.forEach(
                (path, text) ->
                    routing.get(
                        path,
                        (request, response) -> {
                          response.headers().contentType(MediaTypes.TEXT_PLAIN);
                          response.send(text);
                        })));
  }

  /// Binds, with further routes.
  public static HttpEndpoint start(
      String address, int port, Metrics metrics, Consumer<HttpRouting.Builder> more) {
    return new HttpEndpoint(address, port, metrics, more);
  }

  public int port() {
    return server.port();
  }

  public Metrics metrics() {
    return metrics;
  }

  /// Adds a readiness check; closing what is returned takes it away.
  public AutoCloseable readyWhen(String name, BooleanSupplier holds) {
    return add(readiness, name, holds);
  }

  /// Adds a liveness check: a failed one asks for the process to be restarted.
  public AutoCloseable liveWhile(String name, BooleanSupplier holds) {
    return add(liveness, name, holds);
  }

  /// From here on readiness depends on the checks alone.
  public void started() {
    started = true;
  }

  /// Readiness is withdrawn: the process drains.
  public void draining() {
    started = false;
  }

  @Override
  public void close() {
    server.stop();
  }

  // Two checks may be equal; the one that was added is the one to remove.
  @SuppressWarnings("ReferenceEquality")
  private static AutoCloseable add(List<Check> checks, String name, BooleanSupplier holds) {
    Check check = new Check(name, holds);
    checks.add(check);
    return () -> checks.remove(check);
  }

  private static void answer(ServerResponse response, List<Check> checks, boolean all) {
    StringBuilder text = new StringBuilder();
    boolean up = all;
    for (Check check : checks) {
      boolean holds = holds(check);
      up &= holds;
      text.append(check.name).append('=').append(holds ? "up" : "down").append('\n');
    }
    response.status(up ? Status.OK_200 : Status.SERVICE_UNAVAILABLE_503);
    response.headers().contentType(MediaTypes.TEXT_PLAIN);
    response.send("status=" + (up ? "up" : "down") + "\n" + text);
  }

  private static boolean holds(Check check) {
    try {
      return check.holds.getAsBoolean();
    } catch (RuntimeException e) {
      return false;
    }
  }

  private void metrics(ServerRequest request, ServerResponse response) {
    response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    response.send(metrics.exposition());
  }

  private void processMetrics() {
    Runtime runtime = Runtime.getRuntime();
    metrics.gauge(
        "jvm_heap_used_bytes",
        "Heap in use.",
        () -> (double) runtime.totalMemory() - runtime.freeMemory());
    metrics.gauge("jvm_heap_max_bytes", "Largest heap allowed.", runtime::maxMemory);
    metrics.gauge(
        "jvm_direct_memory_used_bytes",
        "Memory of direct buffers.",
        () ->
            ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum());
    metrics.gauge(
        "process_uptime_seconds",
        "Time since the start.",
        () -> ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0);
  }
}
