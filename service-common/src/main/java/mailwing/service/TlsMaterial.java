package mailwing.service;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A certificate chain with its key and the authorities that are trusted, from PEM files.
///
/// Files are looked at again, at most every ten seconds, when a handshake needs them: a renewed
/// certificate is in use without a restart. While the new files cannot be read (half written), the
/// old ones stay in use.
public final class TlsMaterial {
  private static final Logger LOG = LoggerFactory.getLogger(TlsMaterial.class);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);

  /// What one reading of the files gave.
  record Identity(List<X509Certificate> chain, PrivateKey key, long generation) {
    X509Certificate leaf() {
      return chain.getFirst();
    }
  }

  private final Path chainFile;
  private final Path keyFile;
  private final @Nullable Path authoritiesFile;
  private final long lookAgainNanos;
  private final ReentrantLock reload = new ReentrantLock();
  private final @Nullable X509TrustManager trust;
  private final SSLContext context;
  private final SSLContext anyClientContext;
  private volatile Identity identity;
  private volatile Identity previous;
  private volatile long lookedAt = System.nanoTime();
  private List<FileTime> times;

  private TlsMaterial(
      Path chainFile, Path keyFile, @Nullable Path authoritiesFile, Duration lookAgain) {
    this.chainFile = chainFile;
    this.keyFile = keyFile;
    this.authoritiesFile = authoritiesFile;
    this.lookAgainNanos = lookAgain.toNanos();
    try {
      this.times = times();
      this.identity = read(0);
      this.previous = identity;
      this.trust = authoritiesFile == null ? null : trust(Pem.certificates(authoritiesFile));
      this.context = context(new ReloadingKeyManager(this), trust);
      this.anyClientContext = context(new ReloadingKeyManager(this), new AnyClient());
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigException("TLS material cannot be used: " + ServiceMain.reason(e));
    }
  }

  /// Reads a chain (leaf first) and its key.
  public static TlsMaterial load(Path chain, Path key) {
    return new TlsMaterial(chain, key, null, LOOK_AGAIN);
  }

  /// With the authorities that a peer's certificate must come from (mTLS).
  public static TlsMaterial load(Path chain, Path key, Path authorities) {
    return new TlsMaterial(chain, key, authorities, LOOK_AGAIN);
  }

  static TlsMaterial load(Path chain, Path key, Duration lookAgain) {
    return new TlsMaterial(chain, key, null, lookAgain);
  }

  /// Trusts only the authorities in a PEM file; for a client without a certificate of its own.
  public static X509TrustManager trustOnly(Path authorities) {
    try {
      return trust(Pem.certificates(authorities));
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigException("TLS material cannot be used: " + ServiceMain.reason(e));
    }
  }

  /// For sockets of this identity. One context for good: renewed files show in its next handshake.
  public SSLContext sslContext() {
    return context;
  }

  /// As [#sslContext], for servers: takes any certificate that a client shows, which so proves only
  /// that it holds the key. Who issued it is for others to look at.
  public SSLContext anyClientContext() {
    return anyClientContext;
  }

  public X509ExtendedKeyManager keyManager() {
    return new ReloadingKeyManager(this);
  }

  /// Trusts the configured authorities only; empty without them.
  public Optional<X509TrustManager> trustManager() {
    return Optional.ofNullable(trust);
  }

  /// The certificate that handshakes use now.
  public X509Certificate certificate() {
    return current().leaf();
  }

  /// TLS 1.2 and 1.3, the suites with forward secrecy and authenticated encryption; the server's
  /// order counts.
  public static SSLParameters parameters(SSLContext context) {
    SSLParameters parameters = context.getDefaultSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    parameters.setCipherSuites(
        java.util.Arrays.stream(context.getSupportedSSLParameters().getCipherSuites())
            .filter(
                suite ->
                    suite.startsWith("TLS_AES_")
                        || suite.startsWith("TLS_CHACHA20_")
                        || (suite.startsWith("TLS_ECDHE_")
                            && (suite.contains("_GCM_") || suite.contains("_CHACHA20_"))))
            .toArray(String[]::new));
    parameters.setUseCipherSuitesOrder(true);
    return parameters;
  }

  Identity current() {
    if (System.nanoTime() - lookedAt >= lookAgainNanos && reload.tryLock()) {
      try {
        lookAgain();
      } finally {
        reload.unlock();
      }
    }
    return identity;
  }

  @Nullable Identity generation(long generation) {
    Identity now = identity;
    if (now.generation == generation) {
      return now;
    }
    Identity before = previous;
    return before.generation == generation ? before : null;
  }

  private void lookAgain() {
    lookedAt = System.nanoTime();
    try {
      List<FileTime> found = times();
      if (!found.equals(times)) {
        Identity fresh = read(identity.generation + 1);
        previous = identity;
        identity = fresh;
        times = found;
        LOG.info(
            "event=certificate-renewed file={} until={}", chainFile, fresh.leaf().getNotAfter());
      }
    } catch (IOException | GeneralSecurityException e) {
      LOG.warn("event=certificate-unreadable file={} reason={}", chainFile, ServiceMain.reason(e));
    }
  }

  private List<FileTime> times() throws IOException {
    List<FileTime> found = new ArrayList<>();
    found.add(Files.getLastModifiedTime(chainFile));
    found.add(Files.getLastModifiedTime(keyFile));
    if (authoritiesFile != null) {
      found.add(Files.getLastModifiedTime(authoritiesFile));
    }
    return found;
  }

  private Identity read(long generation) throws IOException, GeneralSecurityException {
    List<X509Certificate> chain = Pem.certificates(chainFile);
    PrivateKey key = Pem.privateKey(keyFile);
    if (!chain.getFirst().getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
      throw new GeneralSecurityException(keyFile + " is not the key of " + chainFile);
    }
    return new Identity(chain, key, generation);
  }

  private static X509TrustManager trust(List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < authorities.size(); i++) {
      store.setCertificateEntry("ca" + i, authorities.get(i));
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return x509;
      }
    }
    throw new GeneralSecurityException("no X.509 trust manager");
  }

  private static SSLContext context(X509ExtendedKeyManager keys, @Nullable X509TrustManager trust)
      throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {keys}, trust == null ? null : new TrustManager[] {trust}, null);
    // Sessions are resumed by tickets (stateless); what is kept at all is kept small.
    context.getServerSessionContext().setSessionCacheSize(1000);
    return context;
  }
}
