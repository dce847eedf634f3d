package mailwing.smtp.client;

import java.io.IOException;
import java.util.List;

/// One message for some recipients, as a dialog sends it.
///
/// @param reversePath in SMTP's grammar; empty for the null reverse-path
/// @param size octets
/// @param eightBit it holds octets above 127 in its body
/// @param binary it holds CR or LF that is not CRLF, or NUL
/// @param utf8 its header or envelope holds what only SMTPUTF8 can carry
/// @param ret FULL, HDRS or empty
/// @param envelopeId decoded; empty for none
public record Transfer(
    String reversePath,
    long size,
    boolean eightBit,
    boolean binary,
    boolean utf8,
    boolean requireTls,
    String ret,
    String envelopeId,
    List<Recipient> recipients,
    Body body) {

  public Transfer {
    recipients = List.copyOf(recipients);
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
