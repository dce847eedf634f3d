package mailwing.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import mailwing.service.TlsMaterial;
import mailwing.testkit.TestTls;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// TLS over a socket's streams, with the JDK's own client.
final class TlsConnectionTest {
  private static final int OCTETS = 700_000;

  /// All that is sent comes back, in pieces of any size on both sides, both ways at once; the end
  /// is told.
  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void echoesPiecesOfAnySize(String version) throws Exception {
    byte[] sent = new byte[OCTETS];
    new Random(1).nextBytes(sent);
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> server =
          threads.submit(
              () -> {
                try (Socket socket = listening.accept()) {
                  echo(socket);
                }
                return null;
              });
      SSLContext trusting = TestTls.shared().clientContext();
      try (SSLSocket client =
          (SSLSocket)
              trusting.getSocketFactory().createSocket("localhost", listening.getLocalPort())) {
        client.setSoTimeout(60_000);
        client.setEnabledProtocols(new String[] {version});
        Future<?> writer =
            threads.submit(
                () -> {
                  pieces(client.getOutputStream(), sent);
                  return null;
                });
        byte[] came = client.getInputStream().readNBytes(OCTETS);
        writer.get();
        assertThat(came).isEqualTo(sent);
        assertThat(client.getSession().getProtocol()).isEqualTo(version);
        client.shutdownOutput();
        assertThat(client.getInputStream().read()).isEqualTo(-1);
      }
      server.get();
    }
  }

  private static void echo(Socket socket) throws IOException {
    SSLContext context = TestTls.shared().material().sslContext();
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    engine.setSSLParameters(TlsMaterial.parameters(context));
    TlsConnection tls =
        new TlsConnection(engine, socket.getInputStream(), socket.getOutputStream());
    tls.handshake();
    InputStream in = tls.input();
    byte[] buffer = new byte[40_000];
    Random sizes = new Random(2);
    for (int count = 0; count >= 0; ) {
      count = in.read(buffer, 0, size(sizes));
      if (count > 0) {
        tls.output().write(buffer, 0, count);
      }
    }
    tls.close();
  }

  private static void pieces(OutputStream to, byte[] octets) throws IOException {
    Random sizes = new Random(3);
    for (int done = 0; done < octets.length; ) {
      int count = Math.min(size(sizes), octets.length - done);
      to.write(octets, done, count);
      done += count;
    }
  }

  /// Small ones and large ones.
  private static int size(Random sizes) {
    return 1 + sizes.nextInt(sizes.nextBoolean() ? 200 : 40_000);
  }
}
