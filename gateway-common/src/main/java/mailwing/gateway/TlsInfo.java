package mailwing.gateway;

import com.google.protobuf.ByteString;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/// What was negotiated: `TLSv1.3`, the suite's name.
public final class TlsInfo {
  private final SSLSession session;
  private final String protocol;
  private final String cipher;

  TlsInfo(SSLSession session) {
    this.session = session;
    this.protocol = session.getProtocol();
    this.cipher = session.getCipherSuite();
  }

  public String protocol() {
    return protocol;
  }

  public String cipher() {
    return cipher;
  }

  /// What the client has shown and proved to hold the key of, DER, its own first; empty where it
  /// has shown none. Nobody has looked at who issued them.
  public List<ByteString> clientCertificates() {
    List<ByteString> chain = new ArrayList<>();
    try {
      for (Certificate certificate : session.getPeerCertificates()) {
        chain.add(ByteString.copyFrom(certificate.getEncoded()));
      }
      return chain;
    } catch (SSLPeerUnverifiedException | CertificateEncodingException e) {
      return List.of();
    }
  }

  /// Channel binding data by name: `tls-exporter` (RFC 9266; TLS 1.3) and `tls-server-end-point`
  /// (RFC 5929 §4).
  public Map<String, ByteString> channelBindings() {
    Map<String, ByteString> bindings = new LinkedHashMap<>();
    try {
      if (protocol.equals("TLSv1.3") && session instanceof ExtendedSSLSession extended) {
        bindings.put(
            "tls-exporter",
            ByteString.copyFrom(
                extended.exportKeyingMaterialData("EXPORTER-Channel-Binding", new byte[0], 32)));
      }
    } catch (SSLException | UnsupportedOperationException | IllegalStateException e) {
      // Not to be had for this session; the client then uses none or the other.
    }
    try {
      Certificate[] own = session.getLocalCertificates();
      if (own != null && own.length > 0 && own[0] instanceof X509Certificate certificate) {
        String digest = digest(certificate.getSigAlgName());
        if (!digest.isEmpty()) {
          byte[] hash = MessageDigest.getInstance(digest).digest(certificate.getEncoded());
          bindings.put("tls-server-end-point", ByteString.copyFrom(hash));
        }
      }
    } catch (GeneralSecurityException e) {
      // A certificate without a digest of its own: the binding is undefined (RFC 5929 §4.1).
    }
    return bindings;
  }

  /// RFC 5929 §4.1: the signature's digest; SHA-256 instead of MD5 and SHA-1; none for signatures
  /// without one.
  private static String digest(String signature) {
    String name = signature.toUpperCase(Locale.ROOT);
    if (name.startsWith("MD5") || name.startsWith("SHA1WITH") || name.startsWith("SHA256")) {
      return "SHA-256";
    }
    if (name.startsWith("SHA384")) {
      return "SHA-384";
    }
    return name.startsWith("SHA512") ? "SHA-512" : "";
  }
}
