package mailwing.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Proves, from inside the containers' network, that sessions are spread over all IMAP gateways,
/// that one delivery is told on each of them, and that clients of a gateway that dies come back.
/// Driven by deploy/docker/prove.
@Command(name = "idle-proof", mixinStandardHelpOptions = true)
public final class IdleProof implements Callable<Integer> {
  private static final long PATIENCE_SECONDS = 30;

  @Option(names = "--proxy", required = true)
  private String proxy = "";

  @Option(
      names = "--gateway-name",
      required = true,
      description = "A DNS name that resolves to every gateway.")
  private String gatewayName = "";

  @Option(names = "--gateways", required = true)
  private int gateways;

  @Option(names = "--ca", required = true)
  private Path ca = Path.of("ca.pem");

  @Option(names = "--user", required = true)
  private String user = "";

  @Option(names = "--password", required = true)
  private String password = "";

  /// Exits with 0 when all was proved.
  public static void main(String[] args) {
    System.exit(new CommandLine(new IdleProof()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    SSLSocketFactory trust = trusting(ca);
    List<Idler> idlers = new ArrayList<>();
    waitUntil(
        "every gateway has a session",
        () -> {
          if (resolved().size() < gateways) {
            return false;
          }
          if (idlers.size() < gateways * 4) {
            idlers.add(new Idler(trust));
          }
          return everyGatewayHasASession();
        });
    say("sessions=" + idlers.size() + " spread over gateways=" + resolved().size());
    deliverAndExpect(idlers);

    System.out.println("kill-one");
    if (System.in.read() < 0) {
      throw new IOException("nobody killed a gateway");
    }
    waitUntil("the killed gateway's clients notice", () -> idlers.stream().anyMatch(Idler::ended));
    List<Idler> back = new ArrayList<>();
    for (Idler idler : idlers) {
      if (!idler.ended()) {
        back.add(idler);
      }
    }
    int lost = idlers.size() - back.size();
    waitUntil(
        "the killed gateway's clients are back",
        () -> {
          if (back.size() < idlers.size()) {
            back.add(new Idler(trust));
          }
          return back.size() == idlers.size();
        });
    say("clients-cut=" + lost + " clients-back=" + lost);
    deliverAndExpect(back);
    say("proved");
    return 0;
  }

  private void deliverAndExpect(List<Idler> idlers) throws IOException, InterruptedException {
    idlers.forEach(idler -> idler.heard.clear());
    try (SmtpClient smtp = new SmtpClient(proxy, 2525)) {
      smtp.send(
          "prover@elsewhere.test",
          List.of(user),
          new SampleMessages(2000, 1).next("prover@elsewhere.test", user));
    }
    long accepted = System.nanoTime();
    long slowest = 0;
    for (Idler idler : idlers) {
      Long at = idler.heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (at == null) {
        throw new IOException("an idling client was not told of the delivery");
      }
      slowest = Math.max(slowest, at - accepted);
    }
    say("told=" + idlers.size() + " slowest-ms=" + slowest / 1_000_000);
  }

  private boolean everyGatewayHasASession() throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (InetAddress gateway : resolved()) {
        HttpRequest request =
            HttpRequest.newBuilder(
                    URI.create("http://" + gateway.getHostAddress() + ":8080/metrics"))
                .timeout(Duration.ofSeconds(5))
                .build();
        String metrics = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
        boolean busy =
            metrics
                .lines()
                .filter(line -> line.startsWith("mail_imap_sessions"))
                .anyMatch(
                    line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)) > 0);
        if (!busy) {
          return false;
        }
      }
    }
    return true;
  }

  private List<InetAddress> resolved() throws IOException {
    return List.of(InetAddress.getAllByName(gatewayName));
  }

  private interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  private static void waitUntil(String what, Condition condition)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS * 2);
    IOException last = null;
    while (System.nanoTime() - deadline < 0) {
      try {
        if (condition.holds()) {
          return;
        }
      } catch (IOException e) {
        last = e; // a gateway that has just died is still named for a moment
      }
      Thread.sleep(250);
    }
    throw new IOException("waited in vain until " + what, last);
  }

  private static void say(String line) {
    System.out.println("idle-proof: " + line);
  }

  private static SSLSocketFactory trusting(Path pem) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(pem)) {
      store.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context.getSocketFactory();
  }

  /// A session in IDLE.
  private final class Idler {
    private final BlockingQueue<Long> heard = new LinkedBlockingQueue<>();
    private volatile boolean ended;

    Idler(SSLSocketFactory trust) throws IOException {
      ImapClient client = new ImapClient(LineSocket.overTls(proxy, 2993, trust));
      client.login(user, password);
      client.command("SELECT INBOX");
      client.idle();
      Thread.ofVirtual().start(() -> listen(client));
    }

    boolean ended() {
      return ended;
    }

    private void listen(ImapClient client) {
      try (client) {
        while (true) {
          if (client.readLine().endsWith(" EXISTS")) {
            heard.add(System.nanoTime());
          }
        }
      } catch (IOException e) {
        ended = true;
      }
    }
  }
}
