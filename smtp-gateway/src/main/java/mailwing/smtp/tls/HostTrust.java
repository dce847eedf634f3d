package mailwing.smtp.tls;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/// Judges the certificate of one host, for one handshake: what it finds is kept, and ends the
/// handshake where that is wanted.
public final class HostTrust extends X509ExtendedTrustManager {

  /// Throws an [UntrustedException] for what is not to be trusted.
  interface Rule {
    void check(List<X509Certificate> chain, String type, Socket socket) throws UntrustedException;
  }

  private final Rule rule;
  private final boolean enforced;
  private volatile @Nullable UntrustedException problem;

  private HostTrust(Rule rule, boolean enforced) {
    this.rule = rule;
    this.enforced = enforced;
  }

  /// Opportunistic TLS asks for no certificate (RFC 7435): encrypted to somebody is better than in
  /// the clear to everybody.
  public static HostTrust anyone() {
    return new HostTrust((chain, type, socket) -> {}, false);
  }

  /// A certificate from one of the authorities, for one of the names (RFC 8461 §4.2).
  ///
  /// @param enforced the handshake fails by what is found
  public static HostTrust pkix(
      X509ExtendedTrustManager roots, Collection<String> names, boolean enforced) {
    List<String> accepted = List.copyOf(names);
    return new HostTrust(
        (chain, type, socket) -> {
          issued(roots, chain, type, socket);
          if (!CertificateNames.match(chain.getFirst(), accepted, false)) {
            throw new UntrustedException(
                TlsFailure.CERTIFICATE_HOST_MISMATCH, "the certificate is not for " + accepted);
          }
        },
        enforced);
  }

  /// A certificate that TLSA records name (RFC 7672 §3).
  public static HostTrust dane(TlsaRecords records, Collection<String> names) {
    List<String> accepted = List.copyOf(names);
    return new HostTrust((chain, type, socket) -> records.check(chain, accepted), true);
  }

  private static void issued(
      X509ExtendedTrustManager roots, List<X509Certificate> chain, String type, Socket socket)
      throws UntrustedException {
    try {
      roots.checkServerTrusted(chain.toArray(X509Certificate[]::new), type, socket);
    } catch (CertificateException e) {
      throw new UntrustedException(
          isAboutTime(e) ? TlsFailure.CERTIFICATE_EXPIRED : TlsFailure.CERTIFICATE_NOT_TRUSTED,
          String.valueOf(e.getMessage()),
          e);
    }
  }

  static boolean isAboutTime(Throwable thrown) {
    Throwable at = thrown;
    for (int i = 0; at != null && i < 20; i++) {
      if (at instanceof CertificateExpiredException
          || at instanceof CertificateNotYetValidException
          || (at instanceof CertPathValidatorException path
              && (path.getReason() == CertPathValidatorException.BasicReason.EXPIRED
                  || path.getReason() == CertPathValidatorException.BasicReason.NOT_YET_VALID))) {
        return true;
      }
      at = at.getCause();
    }
    return false;
  }

  /// For sockets that this judges.
  public SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {this}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What was found against the certificate; null for nothing.
  public @Nullable UntrustedException problem() {
    return problem;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    try {
      rule.check(List.of(chain), type, socket);
    } catch (UntrustedException e) {
      problem = e;
      if (enforced) {
        throw e;
      }
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("sockets alone");
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw new CertificateException("sockets alone");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    throw new CertificateException("no clients");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    throw new CertificateException("no clients");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("no clients");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
