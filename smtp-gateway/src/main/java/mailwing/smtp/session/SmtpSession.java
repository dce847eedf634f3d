package mailwing.smtp.session;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import mailwing.gateway.Connection;
import mailwing.gateway.ConnectionEndedException;
import mailwing.gateway.LineTooLongException;
import mailwing.gateway.SessionGuard;
import mailwing.gateway.StoreSession;
import mailwing.smtp.protocol.Command;
import mailwing.smtp.protocol.CommandParser;
import mailwing.smtp.protocol.Reply;
import org.jspecify.annotations.Nullable;

/// One client's session: reads a command, does it, writes the reply. Replies wait in the
/// connection's buffer while further commands are there, so a pipelined group is answered in one
/// flush (RFC 2920 §3.2).
final class SmtpSession {
  /// No octets: after the handshake the client speaks next.
  private static final Reply AFTER_HANDSHAKE = Reply.plain(220, List.of());

  private final Connection connection;
  private final Service service;
  private final SmtpServices services;
  private final MailCommands mail;
  private final AuthCommand auth;
  private final SessionGuard guard;
  private Client client;
  private Peer peer = new Peer.Unknown();
  private Login login = new Login.None();

  SmtpSession(Connection connection, Service service, SmtpServices services) {
    this.connection = connection;
    this.service = service;
    this.services = services;
    this.client = Client.of(connection, services.xclientPeers());
    this.mail = new MailCommands(this, connection, service, services);
    this.auth = new AuthCommand(connection, services);
    this.guard = new SessionGuard(connection, services.session());
  }

  /// Returns when the session is over; the connection is closed by who called.
  void run() throws IOException {
    services.metrics().connections.get(service).increment();
    if (service != Service.SUBMISSION) {
      // Nobody logs in here.
      guard.authenticated();
    }
    try {
      if (service == Service.MX
          && !connection.trusted()
          && connection.speaksWithin(services.greetingDelay())) {
        services.metrics().early.get(service).increment();
        write(Replies.TOO_EARLY);
        return;
      }
      write(greeting());
      serve();
    } catch (ConnectionEndedException e) {
      write(
          switch (e.reason()) {
            case IDLE, DEADLINE -> Replies.TIMEOUT;
            case DRAINING -> Replies.DRAINING;
            case REVOKED -> Replies.REVOKED;
          });
    } finally {
      mail.reset();
      logOut();
    }
  }

  private void logOut() {
    if (login instanceof Login.As as) {
      as.session().close();
    }
    login = new Login.None();
  }

  private Reply greeting() {
    String protocol = service == Service.LMTP ? " LMTP" : " ESMTP";
    return Reply.plain(220, services.host() + protocol + " Mailwing");
  }

  private void serve() throws IOException {
    while (true) {
      Reply reply;
      try {
        // AUTH may be longer than other commands, whose limit is looked at once the line is here.
        byte @Nullable [] line = connection.readCommand(services.limits().authLine());
        if (line == null) {
          return;
        }
        reply =
            line.length > services.limits().commandLine() && !isAuth(line)
                ? Replies.LINE_TOO_LONG
                : execute(CommandParser.parse(line, 0, line.length));
      } catch (LineTooLongException e) {
        reply = e.endless() ? Replies.LINE_ENDLESS : Replies.LINE_TOO_LONG;
      }
      reply = limited(reply);
      write(reply);
      if (reply.closes()) {
        return;
      }
    }
  }

  private static boolean isAuth(byte[] line) {
    return line.length > 4
        && (line[0] | 32) == 'a'
        && (line[1] | 32) == 'u'
        && (line[2] | 32) == 't'
        && (line[3] | 32) == 'h'
        && line[4] == ' ';
  }

  /// The reply, or 421 in its place where the client has done nothing useful for too long.
  private Reply limited(Reply reply) throws IOException {
    if (reply.closes()) {
      return reply;
    }
    if (reply.code() >= 500 && guard.badCommand()) {
      return Replies.TOO_MANY_ERRORS;
    }
    return guard.noProgress() ? Replies.NO_PROGRESS : reply;
  }

  /// A message was stored, a login has succeeded or a recipient was accepted.
  void progress() {
    guard.progress();
  }

  void write(Reply reply) throws IOException {
    connection.out().write(reply.octets());
  }

  private Reply execute(Command command) throws IOException {
    return switch (command) {
      case Command.Malformed(Reply reply) -> reply;
      case Command.InTransaction transactional ->
          peer instanceof Peer.Greeted greeted
              ? mail.execute(transactional, greeted, login)
              : mail.refuse(transactional, Replies.GREETING_FIRST);
      case Command.Greeting greeting -> greet(greeting);
      case Command.Auth exchange -> authenticate(exchange);
      case Command.StartTls ignored -> startTls();
      case Command.Xclient attributes -> standFor(attributes);
      case Command.Rset ignored -> {
        mail.reset();
        yield Replies.RESET;
      }
      case Command.Noop ignored -> Replies.OK;
      case Command.Help ignored -> Replies.help(service);
      case Command.Vrfy ignored -> Replies.NOT_VERIFIED;
      case Command.Expn ignored -> Replies.NOT_VERIFIED;
      case Command.Quit ignored -> Replies.BYE;
    };
  }

  /// RFC 5321 §4.1.1.1 and §4.1.4; RFC 2033 §4.1: LMTP has LHLO in place of both.
  private Reply greet(Command.Greeting greeting) {
    boolean lhlo = greeting instanceof Command.Lhlo;
    if (lhlo != (service == Service.LMTP)) {
      return Replies.WRONG_GREETING;
    }
    mail.reset();
    boolean extended = !(greeting instanceof Command.Helo);
    peer = new Peer.Greeted(client.helo().orElse(greeting.domain()), extended);
    return extended ? Reply.plain(250, capabilities()) : Reply.plain(250, services.host());
  }

  private List<String> capabilities() {
    List<String> lines = new ArrayList<>();
    lines.add(services.host());
    lines.add("PIPELINING");
    lines.add("SIZE " + services.limits().messageOctets());
    lines.add("8BITMIME");
    lines.add("SMTPUTF8");
    lines.add("ENHANCEDSTATUSCODES");
    lines.add("BINARYMIME");
    lines.add("LIMITS RCPTMAX=" + services.limits().recipients());
    Set<Extension> announced = Extension.announced(service, connection, services);
    if (announced.contains(Extension.DSN)) {
      lines.add("DSN");
    }
    if (announced.contains(Extension.DELIVERBY)) {
      lines.add("DELIVERBY " + services.sending().shortestTime().toSeconds());
    }
    if (announced.contains(Extension.MT_PRIORITY)) {
      lines.add("MT-PRIORITY");
    }
    if (announced.contains(Extension.FUTURERELEASE)) {
      Duration longest = services.sending().longestHold();
      lines.add(
          "FUTURERELEASE "
              + longest.toSeconds()
              + " "
              + Instant.now().plus(longest).truncatedTo(ChronoUnit.SECONDS));
    }
    if (announced.contains(Extension.REQUIRETLS)) {
      lines.add("REQUIRETLS");
    }
    if (client.mayStandFor()) {
      lines.add("XCLIENT NAME ADDR PORT PROTO HELO");
    }
    lines.add("CHUNKING");
    if (connection.canStartTls()) {
      lines.add("STARTTLS");
    }
    if (service == Service.SUBMISSION && connection.mayLogIn()) {
      lines.add("AUTH " + auth.offered());
    }
    return lines;
  }

  /// RFC 3207 §4: what the client said before the handshake is forgotten, and what it had sent is
  /// thrown away.
  private Reply startTls() throws IOException {
    if (connection.tls().isPresent()) {
      return Replies.TLS_ACTIVE;
    }
    if (!connection.canStartTls()) {
      return Replies.TLS_UNAVAILABLE;
    }
    if (peer instanceof Peer.Unknown) {
      return Replies.GREETING_FIRST;
    }
    if (!mail.isIdle()) {
      return Replies.IN_TRANSACTION;
    }
    write(Replies.TLS_READY);
    connection.startTls();
    peer = new Peer.Unknown();
    logOut();
    return AFTER_HANDSHAKE;
  }

  /// RFC 4954 §4.
  private Reply authenticate(Command.Auth command) throws IOException {
    if (service != Service.SUBMISSION) {
      return Replies.AUTH_UNAVAILABLE;
    }
    if (peer instanceof Peer.Unknown) {
      return Replies.GREETING_FIRST;
    }
    if (login instanceof Login.As) {
      return Replies.AUTH_DONE;
    }
    if (!mail.isIdle()) {
      return Replies.IN_TRANSACTION;
    }
    switch (auth.run(command)) {
      case AuthCommand.Result.Refused(Reply reply) -> {
        return reply;
      }
      case AuthCommand.Result.Failed(Reply reply) -> {
        services.metrics().logins.get(service, SmtpMetrics.LoginResult.FAILED).increment();
        return guard.loginFailed() ? Replies.AUTH_GIVE_UP : reply;
      }
      case AuthCommand.Result.Succeeded(StoreSession session) -> {
        services.metrics().logins.get(service, SmtpMetrics.LoginResult.SUCCEEDED).increment();
        login = new Login.As(session);
        session.onRevoked(() -> connection.end(ConnectionEndedException.Reason.REVOKED));
        guard.authenticated();
        progress();
        return Replies.AUTH_OK;
      }
    }
  }

  /// A trusted peer tells for whom it stands; the session begins anew, as for that client.
  private Reply standFor(Command.Xclient command) {
    if (!client.mayStandFor()) {
      return Replies.XCLIENT_DENIED;
    }
    if (!mail.isIdle()) {
      return Replies.IN_TRANSACTION;
    }
    client = client.standFor(command, connection);
    peer = new Peer.Unknown();
    logOut();
    return greeting();
  }

  /// Who the client is.
  Client client() {
    return client;
  }
}
