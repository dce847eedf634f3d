package mailwing.smtp.client;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One message for some recipients, as a dialog sends it.
///
/// @param reversePath in SMTP's grammar; empty for the null reverse-path
/// @param size octets
/// @param eightBit it holds octets above 127 in its body
/// @param binary it holds CR or LF that is not CRLF, or NUL
/// @param utf8 its header or envelope holds what only SMTPUTF8 can carry
/// @param time when it has to be there; null: whenever
/// @param priority from -9 to 9 (RFC 6710)
/// @param ret FULL, HDRS or empty
/// @param envelopeId decoded; empty for none
public record Transfer(
    String reversePath,
    long size,
    boolean eightBit,
    boolean binary,
    boolean utf8,
    boolean requireTls,
    @Nullable Time time,
    int priority,
    String ret,
    String envelopeId,
    List<Recipient> recipients,
    Body body) {

  public Transfer {
    recipients = List.copyOf(recipients);
  }

  /// The time of RFC 2852.
  ///
  /// @param until milliseconds since 1970
  /// @param returns it comes back when the time is over, rather than be reported late
  public record Time(long until, boolean returns, boolean trace) {
    /// Whole seconds that are left; negative where it is over.
    long left() {
      return Math.clamp(Math.ceilDiv(until - System.currentTimeMillis(), 1000L), -MOST, MOST);
    }

    private static final long MOST = 999_999_999;
  }

  /// Whom it is for.
  ///
  /// @param path in SMTP's grammar
  /// @param reports the value of NOTIFY; empty for none
  /// @param original the value of ORCPT, decoded; empty for none
  public record Recipient(String path, String reports, String original) {}

  /// Where the octets come from.
  @FunctionalInterface
  public interface Body {
    /// Gives the whole message to the sink, from its beginning.
    void writeTo(Sink sink) throws IOException;
  }

  /// Where they go.
  @FunctionalInterface
  public interface Sink {
    void write(byte[] octets, int offset, int length) throws IOException;
  }
}
