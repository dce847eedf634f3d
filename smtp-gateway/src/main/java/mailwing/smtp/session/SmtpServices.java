package mailwing.smtp.session;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.Mechanism;
import mailwing.gateway.SessionLimits;
import mailwing.gateway.StoreClient;
import mailwing.service.Networks;
import mailwing.smtp.authentication.SenderChecks;
import mailwing.smtp.data.TraceFields;
import mailwing.smtp.delivery.Deliveries;
import mailwing.smtp.delivery.RefusalLog;
import mailwing.smtp.signing.Sealer;
import mailwing.smtp.signing.Signer;

/// What all sessions of a gateway share.
///
/// @param host the name the gateway goes by: in its greeting, in Received and in Message-ID
/// @param sending how far senders may go with what they ask
/// @param mechanisms what AUTH offers, in this order
/// @param checkSender submission takes only the account's own addresses in MAIL
/// @param sends submission takes recipients elsewhere
/// @param xclientPeers who may use XCLIENT
/// @param checks who strangers' messages are from, where that is asked
/// @param greetingDelay how long a stranger waits for the greeting
/// @param signer what signs the mail of our users
/// @param sealer what seals mail that is sent on
public record SmtpServices(
    String host,
    SmtpLimits limits,
    SendingLimits sending,
    SessionLimits session,
    List<Mechanism> mechanisms,
    boolean checkSender,
    boolean sends,
    Networks xclientPeers,
    Optional<SenderChecks> checks,
    RateLimits rates,
    Duration greetingDelay,
    Optional<Signer> signer,
    Optional<Sealer> sealer,
    Deliveries deliveries,
    RefusalLog refusals,
    StoreClient store,
    TraceFields trace,
    SmtpMetrics metrics,
    SecureRandom random) {}
