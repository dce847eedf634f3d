package mailwing.smtp.session;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mailwing.smtp.delivery.Refusal;
import mailwing.smtp.protocol.Parameter;
import mailwing.smtp.protocol.Reply;

/// What MAIL's parameters say of a message.
///
/// @param size the declared size in octets, 0 if none was (RFC 1870)
/// @param smtpUtf8 addresses and header may hold UTF-8 (RFC 6531)
public record MailOptions(long size, boolean smtpUtf8) {
  static final Reply UNKNOWN_PARAMETER =
      Reply.of(555, "5.5.4", "A parameter is not recognized or not implemented");
  private static final Reply BAD_VALUE = Reply.of(501, "5.5.4", "A parameter's value is not valid");

  /// The parameters, read, or the reply that refuses them.
  sealed interface Reading {
    record Understood(MailOptions options) implements Reading {}

    record Refused(Reply reply) implements Reading {}
  }

  /// Reads parameters.
  ///
  /// @param authOffered AUTH was announced, so its parameter is taken (RFC 4954 §5); it is not
  ///   trusted
  static Reading read(List<Parameter> parameters, long maxOctets, boolean authOffered) {
    long size = 0;
    boolean smtpUtf8 = false;
    Set<String> seen = new HashSet<>();
    for (Parameter parameter : parameters) {
      String value = parameter.value();
      if (!seen.add(parameter.keyword())) {
        return new Reading.Refused(BAD_VALUE);
      }
      switch (parameter.keyword()) {
        case "SIZE" -> {
          if (value == null || !value.matches("[0-9]{1,20}")) {
            return new Reading.Refused(BAD_VALUE);
          }
          size = value.length() > 18 ? Long.MAX_VALUE : Long.parseLong(value);
          if (size > maxOctets) {
            return new Reading.Refused(Refusal.TOO_LARGE.reply());
          }
        }
        case "BODY" -> {
          if (value == null
              || !(value.equalsIgnoreCase("7BIT") || value.equalsIgnoreCase("8BITMIME"))) {
            return new Reading.Refused(BAD_VALUE);
          }
        }
        case "SMTPUTF8" -> {
          if (value != null) {
            return new Reading.Refused(BAD_VALUE);
          }
          smtpUtf8 = true;
        }
        case "AUTH" -> {
          if (!authOffered) {
            return new Reading.Refused(UNKNOWN_PARAMETER);
          }
          if (value == null) {
            return new Reading.Refused(BAD_VALUE);
          }
        }
        default -> {
          return new Reading.Refused(UNKNOWN_PARAMETER);
        }
      }
    }
    return new Reading.Understood(new MailOptions(size, smtpUtf8));
  }
}
