package mailwing.smtp.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mailwing.gateway.Connection;
import mailwing.smtp.delivery.MessageIntake;
import mailwing.smtp.delivery.Outcome;
import mailwing.smtp.delivery.Refusal;
import mailwing.smtp.delivery.RefusalLog;
import mailwing.smtp.protocol.ReversePath;
import mailwing.store.v1.ClientInfoForTrace;

/// What the store is told of a session so that its mail can be traced.
record Tracing(SmtpSession session, Connection connection, Service service, SmtpServices services) {

  ClientInfoForTrace.Builder client(Peer.Greeted peer, Login login) {
    return ClientInfoForTrace.newBuilder()
        .setProtocol(service.protocol())
        .setAddress(session.client().address())
        .setHelo(peer.domain())
        .setTls(connection.tls().isPresent())
        .setTlsSuite(connection.tls().map(t -> t.protocol() + " " + t.cipher()).orElse(""))
        .setAuthenticatedAs(login instanceof Login.As as ? as.session().address() : "")
        .setHost(services.host());
  }

  /// Mail was refused before it came.
  void refused(
      Refusal why,
      ClientInfoForTrace.Builder client,
      ReversePath from,
      List<String> to,
      Login login) {
    services
        .refusals()
        .record(
            new RefusalLog.Refused(
                client.build(),
                from.encoded(),
                to,
                login instanceof Login.As as ? as.session().accountId() : 0),
            why);
  }

  /// The message has come: those recipients are told whose copies were refused, reason by reason.
  void refused(
      Transaction.Begun begun,
      Outcome outcome,
      MessageIntake intake,
      MessageIds ids,
      Peer.Greeted peer,
      Login login) {
    Map<Refusal, List<String>> refused = new LinkedHashMap<>();
    List<String> addresses = begun.recipients().addresses();
    for (int i = 0; i < addresses.size(); i++) {
      String address = addresses.get(i);
      outcome
          .recipients()
          .get(i)
          .ifPresent(why -> refused.computeIfAbsent(why, w -> new ArrayList<>()).add(address));
    }
    if (!refused.isEmpty()) {
      ClientInfoForTrace.Builder client =
          client(peer, login)
              .setQueueId(ids.queueId())
              .addAllAuthenticationResults(intake.authenticationResults());
      refused.forEach((why, to) -> refused(why, client, begun.from(), to, login));
    }
  }
}
