package mailwing.smtp.session;

import java.time.Instant;
import mailwing.store.v1.Reporting;
import mailwing.store.v1.Submission;

/// From what was asked for by MAIL and RCPT to what the store is told.
final class Submissions {
  private Submissions() {}

  /// @param token the user's session; empty where nobody submits
  static Submission of(String token, MailOptions options, Instant now) {
    SendingOptions sending = options.sending();
    Submission.Builder submission =
        Submission.newBuilder()
            .setSessionToken(token)
            .setReturn(returned(sending))
            .setEnvelopeId(sending.envelopeId().orElse(""))
            .setSmtpUtf8(options.smtpUtf8())
            .setPriority(sending.priority())
            .setHoldUntilMillis(sending.hold().map(hold -> hold.until().toEpochMilli()).orElse(0L))
            .setHoldRequest(sending.hold().map(SendingOptions.Hold::request).orElse(""));
    sending
        .deliverBy()
        .ifPresent(
            by ->
                submission
                    .setDeliverByMillis(now.plus(by.time()).toEpochMilli())
                    .setDeliverBy(
                        by.bounce() ? Submission.DeliverBy.RETURN : Submission.DeliverBy.NOTIFY)
                    .setDeliverByTrace(by.trace()));
    return submission.build();
  }

  /// How the sender of a message is told what becomes of it.
  ///
  /// @param elsewhere reports may leave the house
  static Reporting reporting(boolean elsewhere, MailOptions options, Instant now) {
    SendingOptions sending = options.sending();
    return Reporting.newBuilder()
        .setElsewhere(elsewhere)
        .setReturn(returned(sending))
        .setEnvelopeId(sending.envelopeId().orElse(""))
        .setDeliverByMillis(
            sending.deliverBy().map(by -> now.plus(by.time()).toEpochMilli()).orElse(0L))
        .setPriority(sending.priority())
        .build();
  }

  private static Submission.Return returned(SendingOptions sending) {
    return switch (sending.returned()) {
      case UNSAID -> Submission.Return.RETURN_UNSPECIFIED;
      case FULL -> Submission.Return.FULL;
      case HEADERS -> Submission.Return.HEADERS;
    };
  }

  /// NOTIFY as the contract has it; 0 where nothing was said.
  static int notifyBits(RecipientOptions options) {
    int bits = 0;
    for (RecipientOptions.Notify one : options.reports()) {
      bits |=
          switch (one) {
            case NEVER -> 1;
            case SUCCESS -> 2;
            case FAILURE -> 4;
            case DELAY -> 8;
          };
    }
    return bits;
  }
}
