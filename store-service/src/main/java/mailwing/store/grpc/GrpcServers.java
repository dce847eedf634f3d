package mailwing.store.grpc;

import io.grpc.BindableService;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import mailwing.service.TlsMaterial;
import mailwing.store.StoreConfig;

/// The contract's listeners: one on a port, one in process, with the same services and the same
/// checks.
public final class GrpcServers implements AutoCloseable {
  private final List<Server> servers;
  private final HealthStatusManager health;
  private final ExecutorService executor;
  private final StoreConfig.Grpc config;

  private GrpcServers(
      StoreConfig.Grpc config,
      List<Server> servers,
      HealthStatusManager health,
      ExecutorService executor) {
    this.config = config;
    this.servers = servers;
    this.health = health;
    this.executor = executor;
  }

  /// A timer for the deadlines of calls.
  ///
  /// Something is due soon at any time, so that the deadline of a new call is hardly ever the first
  /// one, for which the timer's thread would be woken to wait for it instead.
  public static ScheduledExecutorService timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("deadlines").factory());
    timer.setRemoveOnCancelPolicy(true);
    var _ = timer.scheduleAtFixedRate(() -> {}, 500, 500, TimeUnit.MILLISECONDS);
    return timer;
  }

  /// Starts the listeners that the configuration names.
  ///
  /// @param timer ends calls whose time is over
  public static GrpcServers start(
      StoreConfig.Grpc config,
      CallGuard guard,
      ScheduledExecutorService timer,
      List<BindableService> services) {
    HealthStatusManager health = new HealthStatusManager();
    ExecutorService executor =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("grpc-", 0).factory());
    List<Server> servers = new ArrayList<>();
    try {
      if (config.port() >= 0) {
        servers.add(equip(netty(config), guard, services, health, executor).build().start());
      }
      if (config.inProcess().isPresent()) {
        StoreConfig.InProcess inProcess = config.inProcess().get();
        InProcessServerBuilder builder =
            InProcessServerBuilder.forName(inProcess.name())
                .maxInboundMetadataSize(16 << 10)
                .scheduledExecutorService(timer);
        Executor threads = inProcess.threads().orElse(executor);
        servers.add(equip(builder, guard, services, health, threads).build().start());
      }
    } catch (IOException e) {
      servers.forEach(Server::shutdownNow);
      executor.close();
      throw new UncheckedIOException(e.getMessage(), e);
    }
    return new GrpcServers(config, servers, health, executor);
  }

  private static ServerBuilder<?> equip(
      ServerBuilder<?> builder,
      CallGuard guard,
      List<BindableService> services,
      HealthStatusManager health,
      Executor executor) {
    builder.executor(executor).intercept(guard);
    services.forEach(builder::addService);
    builder.addService(health.getHealthService());
    builder.addService(ProtoReflectionServiceV1.newInstance());
    return builder;
  }

  private static NettyServerBuilder netty(StoreConfig.Grpc config) {
    return NettyServerBuilder.forAddress(
            new InetSocketAddress(config.address(), config.port()), credentials(config))
        .maxInboundMessageSize(config.maxMessageOctets())
        .maxInboundMetadataSize(16 << 10)
        .flowControlWindow(1 << 20)
        .keepAliveTime(60, TimeUnit.SECONDS)
        .keepAliveTimeout(20, TimeUnit.SECONDS)
        .permitKeepAliveTime(10, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true);
  }

  private static ServerCredentials credentials(StoreConfig.Grpc config) {
    if (config.tls().isEmpty()) {
      return InsecureServerCredentials.create();
    }
    StoreConfig.Tls tls = config.tls().get();
    TlsMaterial material =
        tls.clientCa().isPresent()
            ? TlsMaterial.load(tls.certificate(), tls.key(), tls.clientCa().get())
            : TlsMaterial.load(tls.certificate(), tls.key());
    TlsServerCredentials.Builder builder =
        TlsServerCredentials.newBuilder().keyManager(material.keyManager());
    material
        .trustManager()
        .ifPresent(
            trust ->
                builder.trustManager(trust).clientAuth(TlsServerCredentials.ClientAuth.REQUIRE));
    return builder.build();
  }

  /// The bound port; -1 for none.
  public int port() {
    return servers.stream().mapToInt(Server::getPort).filter(p -> p > 0).findFirst().orElse(-1);
  }

  /// Takes no new call, lets the running ones end, cuts what is left after the drain time.
  @Override
  public void close() {
    health.enterTerminalState();
    servers.forEach(Server::shutdown);
    long deadline = System.nanoTime() + config.drain().toNanos();
    try {
      for (Server server : servers) {
        if (!server.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          server.shutdownNow();
        }
      }
    } catch (InterruptedException e) {
      servers.forEach(Server::shutdownNow);
      Thread.currentThread().interrupt();
    }
    executor.close();
  }
}
