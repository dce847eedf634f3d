package mailwing.smtp.session;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// What MAIL's parameters ask of the message's way to other systems.
///
/// @param envelopeId ENVID, decoded (RFC 3461 §4.4)
/// @param returned what a report is to hold of the message (RFC 3461 §4.3)
/// @param hold not to be sent before a time (RFC 4865)
/// @param deliverBy the time limit that BY sets (RFC 2852)
/// @param priority from -9 to 9, 0 where none was given (RFC 6710)
/// @param requireTls REQUIRETLS was given (RFC 8689)
public record SendingOptions(
    Optional<String> envelopeId,
    Returned returned,
    Optional<Hold> hold,
    Optional<DeliverBy> deliverBy,
    int priority,
    boolean requireTls) {

  /// Nothing is asked for.
  static final SendingOptions NONE =
      new SendingOptions(
          Optional.empty(), Returned.UNSAID, Optional.empty(), Optional.empty(), 0, false);

  /// RET's value.
  public enum Returned {
    UNSAID,
    FULL,
    HEADERS
  }

  /// HOLDFOR or HOLDUNTIL.
  ///
  /// @param request as a notification repeats it: `for;60`, `until;...` (RFC 4865 §5.1.2)
  public record Hold(Instant until, String request) {}

  /// The same at another priority.
  SendingOptions withPriority(int other) {
    return new SendingOptions(envelopeId, returned, hold, deliverBy, other, requireTls);
  }

  /// BY's value (RFC 2852 §4).
  ///
  /// @param time may be negative, since time may be over already with the mode `N`
  /// @param bounce the message is returned when the time is over, rather than reported late
  /// @param trace each hop is to be reported
  public record DeliverBy(Duration time, boolean bounce, boolean trace) {}
}
