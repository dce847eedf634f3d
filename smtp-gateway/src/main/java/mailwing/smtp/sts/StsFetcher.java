package mailwing.smtp.sts;

import java.io.IOException;
import java.net.URI;
import mailwing.smtp.https.HttpsClient;
import mailwing.smtp.https.HttpsException;
import mailwing.smtp.https.HttpsResponse;
import mailwing.smtp.tls.TlsFailure;

/// Fetches policies (RFC 8461 §3.3): no redirects, no HTTP cache, at most 64 KiB.
final class StsFetcher {
  private static final int MOST_OCTETS = 64 << 10;

  private final HttpsClient https;

  StsFetcher(HttpsClient https) {
    this.https = https;
  }

  StsPolicy fetch(String domain) throws StsException {
    HttpsResponse response;
    try {
      response =
          https.get(
              URI.create("https://mta-sts." + domain + "/.well-known/mta-sts.txt"), MOST_OCTETS);
    } catch (HttpsException e) {
      throw new StsException(
          e.isAboutCertificate()
              ? TlsFailure.STS_WEBPKI_INVALID
              : TlsFailure.STS_POLICY_FETCH_ERROR,
          String.valueOf(e.getMessage()));
    } catch (IOException | IllegalArgumentException e) {
      throw new StsException(TlsFailure.STS_POLICY_FETCH_ERROR, String.valueOf(e.getMessage()));
    }
    if (response.status() != 200) {
      throw new StsException(TlsFailure.STS_POLICY_FETCH_ERROR, "HTTP " + response.status());
    }
    if (!response.mediaType().equals("text/plain")) {
      throw new StsException(
          TlsFailure.STS_POLICY_FETCH_ERROR, "the policy's media type is not text/plain");
    }
    return StsPolicy.parse(response.body());
  }
}
