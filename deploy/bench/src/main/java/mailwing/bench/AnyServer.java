package mailwing.bench;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/// Takes any certificate: what is measured is nobody's mail, and another server's authority is not
/// at hand.
final class AnyServer extends X509ExtendedTrustManager {
  static final SSLSocketFactory FACTORY = factory();

  private static SSLSocketFactory factory() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new AnyServer()}, null);
      // A full handshake each time, as of different clients.
      context.getClientSessionContext().setSessionCacheSize(1);
      return context.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String method, Socket socket) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String method, Socket socket) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String method, SSLEngine engine) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String method, SSLEngine engine) {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String method) {}

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String method) {}

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
