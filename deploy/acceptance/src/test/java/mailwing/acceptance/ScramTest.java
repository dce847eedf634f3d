package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSocket;
import mailwing.service.Networks;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677, RFC 5929, RFC 9266) through IMAP, POP3
/// and SMTP to the store, by a client written from the RFCs.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScramTest {
  private static final String USER = "scram@example.test";
  private TestStore store;
  private Gateways gateways;

  @BeforeAll
  void start() throws Exception {
    store = TestStore.startWithKafka();
    gateways = new Gateways(store::client, Gateways.events(store), Networks.none());
    store.addUser("scram");
  }

  @AfterAll
  void stop() throws Exception {
    gateways.close();
    store.close();
  }

  /// What the client does.
  private record Attempt(
      String name,
      String mechanism,
      @Nullable String binding,
      boolean initial,
      String password,
      boolean wrongBinding,
      boolean works) {}

  private static Stream<Attempt> attempts() {
    return Stream.of(
        new Attempt("without binding", "SCRAM-SHA-256", null, true, "wing", false, true),
        new Attempt("without initial response", "SCRAM-SHA-256", null, false, "wing", false, true),
        new Attempt("wrong password", "SCRAM-SHA-256", null, true, "wong", false, false),
        new Attempt(
            "bound to the exporter",
            "SCRAM-SHA-256-PLUS",
            "tls-exporter",
            true,
            "wing",
            false,
            true),
        new Attempt(
            "bound to the certificate",
            "SCRAM-SHA-256-PLUS",
            "tls-server-end-point",
            true,
            "wing",
            false,
            true),
        new Attempt(
            "bound to another connection",
            "SCRAM-SHA-256-PLUS",
            "tls-exporter",
            true,
            "wing",
            true,
            false));
  }

  @TestFactory
  Stream<DynamicTest> everyProtocolTakesScram() {
    return Stream.of(Framing.values())
        .flatMap(
            framing ->
                attempts()
                    .map(
                        attempt ->
                            DynamicTest.dynamicTest(
                                framing + " " + attempt.name(), () -> play(framing, attempt))));
  }

  private void play(Framing framing, Attempt attempt) throws Exception {
    try (SSLSocket socket = connect(gateways.port(framing.port))) {
      Lines lines = new Lines(socket);
      lines.read();
      if (!framing.before.isEmpty()) {
        lines.write(framing.before);
        String line = lines.read();
        while (line.charAt(3) == '-') {
          line = lines.read();
        }
      }
      byte[] binding = attempt.binding() == null ? new byte[0] : binding(socket, attempt.binding());
      if (attempt.wrongBinding()) {
        binding[0] ^= 1;
      }
      String gs2 = attempt.binding() == null ? "n,," : "p=" + attempt.binding() + ",,";
      String bare = "n=" + USER + ",r=clientnonce0123456789";
      String first = base64((gs2 + bare).getBytes(StandardCharsets.UTF_8));
      if (attempt.initial()) {
        lines.write(framing.command + attempt.mechanism() + " " + first);
      } else {
        lines.write(framing.command + attempt.mechanism());
        assertThat(lines.read()).isEqualTo(framing.challenge);
        lines.write(first);
      }
      String serverFirst = challenge(framing, lines.read());
      Proof proof = Proof.of(gs2, bare, serverFirst, attempt.password(), binding);
      lines.write(base64(proof.last().getBytes(StandardCharsets.UTF_8)));
      String answer = lines.read();
      if (!attempt.works()) {
        assertThat(answer).startsWith(framing.failure);
        return;
      }
      assertThat(challenge(framing, answer)).isEqualTo("v=" + proof.serverSignature());
      lines.write("");
      String done = lines.read();
      assertThat(done).startsWith(framing.success);
    }
  }

  private static String challenge(Framing framing, String line) {
    assertThat(line).startsWith(framing.challenge);
    return new String(
        Base64.getDecoder().decode(line.substring(framing.challenge.length())),
        StandardCharsets.UTF_8);
  }

  private static SSLSocket connect(int port) throws IOException {
    Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
    SSLSocket socket =
        (SSLSocket)
            TestTls.shared()
                .clientContext()
                .getSocketFactory()
                .createSocket(plain, "localhost", port, true);
    socket.setSoTimeout(20_000);
    socket.startHandshake();
    return socket;
  }

  private static byte[] binding(SSLSocket socket, String name) throws Exception {
    if (name.equals("tls-exporter")) {
      return ((ExtendedSSLSession) socket.getSession())
          .exportKeyingMaterialData("EXPORTER-Channel-Binding", new byte[0], 32);
    }
    return MessageDigest.getInstance(
            socket.getSession().getPeerCertificates()[0]
                        instanceof java.security.cert.X509Certificate certificate
                    && certificate.getSigAlgName().startsWith("SHA384")
                ? "SHA-384"
                : "SHA-256")
        .digest(socket.getSession().getPeerCertificates()[0].getEncoded());
  }

  private static String base64(byte[] octets) {
    return Base64.getEncoder().encodeToString(octets);
  }

  /// A socket's lines.
  private record Lines(SSLSocket socket) {
    void write(String line) throws IOException {
      socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    String read() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int octet = socket.getInputStream().read();
          octet != '\n';
          octet = socket.getInputStream().read()) {
        assertThat(octet).as("after " + line).isNotNegative();
        line.append((char) octet);
      }
      return line.substring(0, line.length() - 1);
    }
  }

  /// RFC 5802 §3.
  private record Proof(String last, String serverSignature) {
    static Proof of(String gs2, String bare, String serverFirst, String password, byte[] binding)
        throws GeneralSecurityException {
      String[] server = serverFirst.split(",", -1);
      assertThat(server[0]).startsWith("r=clientnonce0123456789");
      byte[] salted =
          SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
              .generateSecret(
                  new PBEKeySpec(
                      password.toCharArray(),
                      Base64.getDecoder().decode(server[1].substring(2)),
                      Integer.parseInt(server[2].substring(2)),
                      256))
              .getEncoded();
      byte[] header = gs2.getBytes(StandardCharsets.UTF_8);
      byte[] channel = Arrays.copyOf(header, header.length + binding.length);
      System.arraycopy(binding, 0, channel, header.length, binding.length);
      String unproven = "c=" + base64(channel) + "," + server[0];
      String message = bare + "," + serverFirst + "," + unproven;
      byte[] clientKey = hmac(salted, "Client Key");
      byte[] signature = hmac(MessageDigest.getInstance("SHA-256").digest(clientKey), message);
      byte[] proof = new byte[clientKey.length];
      for (int i = 0; i < proof.length; i++) {
        proof[i] = (byte) (clientKey[i] ^ signature[i]);
      }
      return new Proof(
          unproven + ",p=" + base64(proof), base64(hmac(hmac(salted, "Server Key"), message)));
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
