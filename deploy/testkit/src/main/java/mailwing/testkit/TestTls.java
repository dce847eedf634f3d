package mailwing.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import mailwing.service.TlsMaterial;
import org.jspecify.annotations.Nullable;

/// A self-signed certificate for localhost, made once a JVM by the JDK's keytool.
public final class TestTls {
  private static final String LOCALHOST = "dns:localhost,ip:127.0.0.1,ip:::1";

  private final Path directory;

  private TestTls(Path directory) {
    this.directory = directory;
  }

  private static final class Holder {
    static final TestTls SHARED = make("CN=localhost", LOCALHOST);
  }

  private static TestTls make(String name, String alternativeNames) {
    try {
      Path directory = Files.createTempDirectory("mailwing-tls");
      TestTls made = new TestTls(directory);
      made.generate(name, alternativeNames);
      Runtime.getRuntime().addShutdownHook(new Thread(made::remove, "remove-test-tls"));
      return made;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A user's own certificate, self-signed.
  public static TestTls ofUser(String address) {
    return make("CN=" + address, "email:" + address);
  }

  /// The one all tests of this JVM share.
  public static TestTls shared() {
    return Holder.SHARED;
  }

  /// PEM.
  public Path certificate() {
    return directory.resolve("cert.pem");
  }

  /// PEM, PKCS #8.
  public Path key() {
    return directory.resolve("key.pem");
  }

  public TlsMaterial material() {
    return TlsMaterial.load(certificate(), key());
  }

  /// For clients: trusts this certificate alone.
  public SSLContext clientContext() {
    return clientContext((KeyManager[]) null);
  }

  /// For clients that show a certificate where they are asked for one.
  public SSLContext clientContext(TestTls own) {
    return clientContext(new KeyManager[] {own.material().keyManager()});
  }

  private SSLContext clientContext(KeyManager @Nullable [] keys) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, new TrustManager[] {TlsMaterial.trustOnly(certificate())}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Makes another key and certificate and puts them where the present ones are.
  public static void generateInto(Path directory) {
    try {
      new TestTls(directory).generate("CN=localhost", LOCALHOST);
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private void generate(String name, String alternativeNames)
      throws IOException, GeneralSecurityException {
    Path store = directory.resolve("store.p12");
    Files.deleteIfExists(store);
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                store.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-alias",
                "test",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                name,
                "-ext",
                "san=" + alternativeNames,
                "-ext",
                "bc=ca:true",
                "-validity",
                "30")
            .redirectErrorStream(true)
            .start();
    try {
      String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (keytool.waitFor() != 0) {
        throw new IOException("keytool failed: " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "changeit".toCharArray());
    }
    Key key = Objects.requireNonNull(keys.getKey("test", "changeit".toCharArray()));
    writePem(key(), "PRIVATE KEY", key.getEncoded());
    writePem(certificate(), "CERTIFICATE", keys.getCertificate("test").getEncoded());
  }

  private static void writePem(Path file, String label, byte[] octets) throws IOException {
    String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(octets);
    Files.writeString(
        file, "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n");
  }

  private void remove() {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
