package mailwing.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
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
/// that one delivery is told on each of them, that clients of a gateway that dies come back, that
/// those of one that is stopped hear BYE first, and that what must be refused is.
///
/// Driven by deploy/docker/prove: for `kill-one` and `stop-one` on its output it does so and
/// answers with a line.
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

  private final BufferedReader input =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));

  /// Exits with 0 when all was proved.
  public static void main(String[] args) {
    System.exit(new CommandLine(new IdleProof()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    SSLSocketFactory trust = trusting(ca);
    Refusals refusals = new Refusals(proxy, gatewayName);
    waitUntil(
        "HAProxy has gateways",
        () -> {
          new ImapClient(proxy, 2143).close();
          new SmtpClient(proxy, 2525).close();
          return resolved().size() == gateways;
        });
    refusals.passwordWithoutTls(user, password);
    refusals.strangersOnProxiedListeners();
    say("refused=password-without-tls,session-without-proxy-header,forged-proxy-header");

    List<Idler> idlers = new ArrayList<>();
    waitUntil(
        "every gateway has a session",
        () -> {
          if (idlers.size() < gateways * 4) {
            idlers.add(new Idler(trust));
          }
          return everyGatewayHasASession();
        });
    say("sessions=" + idlers.size() + " spread over gateways=" + resolved().size());
    deliverAndExpect(idlers);
    new OtherProtocols(proxy, trust, user, password).check();
    say("submissions=accepted pop3s=read received=names-this-client");
    awaitTold(idlers);

    List<Idler> afterKill = lose("kill-one", idlers, trust, false);
    List<Idler> afterStop = lose("stop-one", afterKill, trust, true);
    afterStop.forEach(Idler::close);
    say("proved");
    return 0;
  }

  /// Asks for a gateway's end, waits for its clients to be cut, brings them back, and delivers to
  /// all.
  private List<Idler> lose(
      String what, List<Idler> idlers, SSLSocketFactory trust, boolean expectBye)
      throws IOException, InterruptedException {
    System.out.println(what);
    if (input.readLine() == null) {
      throw new IOException("nobody answered " + what);
    }
    waitUntil("the gateway's clients notice", () -> idlers.stream().anyMatch(Idler::ended));
    List<Idler> back = new ArrayList<>();
    for (Idler idler : idlers) {
      if (!idler.ended()) {
        back.add(idler);
      } else if (expectBye && !idler.heardBye()) {
        throw new IOException("a client of a gateway that was stopped was cut without BYE");
      }
    }
    int lost = idlers.size() - back.size();
    if (lost == idlers.size()) {
      throw new IOException("one gateway ended and all clients were cut");
    }
    waitUntil(
        "the gateway's clients are back",
        () -> {
          if (back.size() < idlers.size()) {
            back.add(new Idler(trust));
          }
          return back.size() == idlers.size();
        });
    say(what + ": clients-cut=" + lost + (expectBye ? " each-with=BYE" : "") + " back=" + lost);
    deliverAndExpect(back);
    return back;
  }

  private void deliverAndExpect(List<Idler> idlers) throws IOException, InterruptedException {
    try (SmtpClient smtp = new SmtpClient(proxy, 2525)) {
      smtp.send(
          "prover@elsewhere.test",
          List.of(user),
          new SampleMessages(2000, 1).next("prover@elsewhere.test", user));
    }
    say("told=" + idlers.size() + " slowest-ms=" + awaitTold(idlers));
  }

  /// Each is told of one delivery more; the answer is how long the slowest took.
  private static long awaitTold(List<Idler> idlers) throws IOException, InterruptedException {
    long accepted = System.nanoTime();
    long slowest = 0;
    for (Idler idler : idlers) {
      Long at = idler.heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (at == null) {
        throw new IOException("an idling client was not told of the delivery");
      }
      slowest = Math.max(slowest, at - accepted);
    }
    return slowest / 1_000_000;
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
                .filter(line -> line.startsWith("mail_imap_idle_sessions"))
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
    private final ImapClient client;
    private volatile boolean ended;
    private volatile boolean heardBye;

    Idler(SSLSocketFactory trust) throws IOException {
      client = new ImapClient(LineSocket.overTls(proxy, 2993, trust));
      client.login(user, password);
      client.command("SELECT INBOX");
      client.idle();
      Thread.ofVirtual().start(this::listen);
    }

    boolean ended() {
      return ended;
    }

    boolean heardBye() {
      return heardBye;
    }

    void close() {
      try {
        client.close();
      } catch (IOException e) {
        ended = true;
      }
    }

    private void listen() {
      try (client) {
        while (true) {
          String line = client.readLine();
          if (line.endsWith(" EXISTS")) {
            heard.add(System.nanoTime());
          }
          heardBye |= line.startsWith("* BYE");
        }
      } catch (IOException e) {
        ended = true;
      }
    }
  }
}
