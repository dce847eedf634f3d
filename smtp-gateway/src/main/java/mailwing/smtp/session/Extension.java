package mailwing.smtp.session;

import java.util.EnumSet;
import java.util.Set;
import mailwing.gateway.Connection;

/// Extensions whose parameters MAIL and RCPT take only where EHLO has announced them.
public enum Extension {
  /// RFC 4954: AUTH=, which is not trusted.
  AUTH,
  /// RFC 3461: RET, ENVID, NOTIFY, ORCPT.
  DSN,
  /// RFC 4865: HOLDFOR, HOLDUNTIL.
  FUTURERELEASE,
  /// RFC 2852: BY.
  DELIVERBY,
  /// RFC 6710: MT-PRIORITY.
  MT_PRIORITY,
  /// RFC 8689: under TLS alone.
  REQUIRETLS;

  /// What a listener of this kind announces on the connection as it is now.
  ///
  /// DSN only where reports can be sent: to everybody where mail leaves the house, else to senders
  /// who are sure to be here. FUTURERELEASE at submission alone (RFC 4865 §4.2).
  static Set<Extension> announced(Service service, Connection connection, SmtpServices services) {
    Set<Extension> announced = EnumSet.noneOf(Extension.class);
    if (services.sends() || (service == Service.SUBMISSION && services.checkSender())) {
      announced.add(DSN);
      // Whoever asks for a time is told where it passes.
      announced.add(DELIVERBY);
    }
    announced.add(MT_PRIORITY);
    if (service == Service.SUBMISSION && services.sending().longestHold().isPositive()) {
      announced.add(FUTURERELEASE);
    }
    if (service == Service.SUBMISSION && connection.mayLogIn()) {
      announced.add(AUTH);
    }
    // In LMTP the message is at its end: nothing could be promised but to keep it here.
    if (service != Service.LMTP && connection.tls().isPresent()) {
      announced.add(REQUIRETLS);
    }
    return announced;
  }
}
