package mailwing.smtp.authentication;

import java.net.InetAddress;
import java.util.regex.Pattern;
import mailwing.smtp.arc.ArcChain;
import mailwing.smtp.arc.ArcResult;
import mailwing.smtp.dkim.DkimVerdict;
import mailwing.smtp.dmarc.DmarcPolicy;
import mailwing.smtp.dmarc.DmarcResult;
import mailwing.smtp.spf.SpfResult;

/// Makes the Authentication-Results field (RFC 8601 §2). What comes from the message and is not
/// plain is left out.
final class AuthenticationResults {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9.:_+/=-]{1,253}");
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._-]+");

  private final StringBuilder out = new StringBuilder(256);

  AuthenticationResults(String host) {
    out.append("Authentication-Results: ").append(host);
  }

  private AuthenticationResults result(String method, String result) {
    out.append(";\r\n\t").append(method).append('=').append(result);
    return this;
  }

  private void property(String name, String value) {
    if (PLAIN.matcher(value).matches()) {
      String quote = TOKEN.matcher(value).matches() ? "" : "\"";
      out.append(' ').append(name).append('=').append(quote).append(value).append(quote);
    }
  }

  void spf(SpfResult result, String property, String domain) {
    result("spf", result.keyword()).property(property, domain);
  }

  /// @param verdict a reason holds no quotes
  void dkim(DkimVerdict verdict) {
    result("dkim", verdict.result().keyword());
    if (!verdict.reason().isEmpty()) {
      out.append(" reason=\"").append(verdict.reason()).append('"');
    }
    property("header.d", verdict.domain());
    property("header.s", verdict.selector());
    property("header.a", verdict.algorithm());
    property("header.b", verdict.start());
  }

  void unsigned() {
    result("dkim", "none");
  }

  /// RFC 8617 §6.
  ///
  /// @param client who has sent it to us
  void arc(ArcChain chain, InetAddress client) {
    result("arc", chain.result().keyword());
    if (chain.result() == ArcResult.PASS) {
      out.append(" (i=").append(chain.newest()).append(')');
      property("header.oldest-pass", Integer.toString(chain.oldestPass()));
    }
    if (chain.result() != ArcResult.NONE) {
      property("smtp.remote-ip", client.getHostAddress());
    }
  }

  /// @param vouched the policy is not done, since a chain of trusted sealers vouches for the author
  void dmarc(DmarcResult result, DmarcPolicy policy, String author, boolean vouched) {
    result("dmarc", result.keyword());
    if (result == DmarcResult.PASS || result == DmarcResult.FAIL) {
      out.append(" (p=").append(policy.keyword()).append(vouched ? ", arc is trusted)" : ")");
    }
    property("header.from", author);
  }

  String field() {
    return out.append("\r\n").toString();
  }
}
