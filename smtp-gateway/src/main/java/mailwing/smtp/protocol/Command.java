package mailwing.smtp.protocol;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// A command line, read. What a command needs of the session is said by the interface it belongs
/// to.
public sealed interface Command {

  /// Allowed in every state, and changes nothing (RFC 5321 §4.1.4).
  sealed interface Anytime extends Command {}

  /// Starts the session anew: buffers are cleared as by RSET (RFC 5321 §4.1.4).
  sealed interface Greeting extends Command {
    String domain();
  }

  /// Needs a greeting before it, and no transaction: authentication and TLS.
  sealed interface BetweenTransactions extends Command {}

  /// Part of a mail transaction (RFC 5321 §3.3).
  sealed interface InTransaction extends Command {}

  record Helo(String domain) implements Greeting {}

  record Ehlo(String domain) implements Greeting {}

  /// RFC 2033 §4.1
  record Lhlo(String domain) implements Greeting {}

  record StartTls() implements BetweenTransactions {}

  /// RFC 4954 §4. The initial response is still in base64; `=` is an empty one.
  record Auth(String mechanism, @Nullable String initialResponse) implements BetweenTransactions {
    @Override
    public String toString() {
      return "Auth[mechanism=" + mechanism + "]";
    }
  }

  /// Attributes that tell for whom the peer stands (Postfix's XCLIENT). Absent where not given or
  /// not known to the peer.
  ///
  /// @param helo what the client called itself
  record Xclient(
      Optional<String> name, Optional<InetAddress> address, OptionalInt port, Optional<String> helo)
      implements BetweenTransactions {}

  record Mail(ReversePath path, List<Parameter> parameters) implements InTransaction {}

  record Rcpt(ForwardPath path, List<Parameter> parameters) implements InTransaction {}

  record Data() implements InTransaction {}

  /// RFC 3030 §2: so many octets follow the command line.
  record Bdat(long size, boolean last) implements InTransaction {}

  record Rset() implements Anytime {}

  record Noop() implements Anytime {}

  record Quit() implements Anytime {}

  record Help() implements Anytime {}

  record Vrfy(String argument) implements Anytime {}

  record Expn(String argument) implements Anytime {}

  /// Nothing that can be done; the reply says why.
  record Malformed(Reply reply) implements Anytime {}
}
