package mailwing.pop3;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;
import mailwing.gateway.BodyCache;
import mailwing.gateway.Connection;
import mailwing.gateway.OctetWriter;
import mailwing.gateway.StoreException;
import mailwing.gateway.StoreSession;
import mailwing.gateway.StoreStream;
import mailwing.store.v1.ExpungeRequest;
import mailwing.store.v1.ExpungeResponse;
import mailwing.store.v1.Flags;
import mailwing.store.v1.StoreFlagsRequest;
import mailwing.store.v1.StoreFlagsResponse;
import mailwing.store.v1.SystemFlag;
import mailwing.store.v1.UidRange;

/// The TRANSACTION state (RFC 1939 §5), and the UPDATE state at its end by QUIT (§6).
///
/// The maildrop is this session's while it speaks, see [MaildropHold]; what went by other ways,
/// such as IMAP, is answered so. Deletions are made at QUIT, by UID.
final class Transaction implements Pop3Session.State {
  private static final String NO_SUCH_MESSAGE = "-ERR No such message\r\n";
  private static final String GONE = "-ERR The message was removed by another session\r\n";
  private static final String NEEDS_UTF8 = "-ERR [UTF8] The message's header needs UTF8\r\n";

  private final Connection connection;
  private final Pop3Config config;
  private final StoreSession session;
  private final MaildropHold hold;
  private final Maildrop maildrop;
  private final boolean utf8;
  private final Pop3Metrics metrics;
  private final Bodies bodies;
  private final OctetWriter out;
  private boolean ended;

  Transaction(
      Connection connection,
      Pop3Config config,
      StoreSession session,
      MaildropHold hold,
      Maildrop maildrop,
      boolean utf8,
      BodyCache cache,
      Pop3Metrics metrics) {
    this.connection = connection;
    this.config = config;
    this.session = session;
    this.hold = hold;
    this.maildrop = maildrop;
    this.utf8 = utf8;
    this.metrics = metrics;
    this.bodies = new Bodies(session, maildrop, cache);
    this.out = connection.out();
  }

  boolean ended() {
    return ended;
  }

  /// The session is over; nothing is deleted by it.
  void close() {
    hold.release();
    session.close();
  }

  /// Runs a command; true for +OK.
  boolean execute(Pop3Command command) throws IOException {
    if (!(command instanceof Pop3Command.InTransaction allowed)) {
      return no("-ERR You are logged in already\r\n");
    }
    if (!hold.keep()) {
      ended = true;
      session.close();
      return no("-ERR [IN-USE] Another session has taken the maildrop over\r\n");
    }
    return switch (allowed) {
      case Pop3Command.Stat stat -> {
        out.ascii("+OK ").decimal(maildrop.remaining()).write(' ').decimal(maildrop.octets());
        out.crlf();
        yield true;
      }
      case Pop3Command.ScanListing listing -> list(listing.number());
      case Pop3Command.Uidl uidl -> uidl(uidl.number());
      case Pop3Command.Retr retr -> retr(retr.number());
      case Pop3Command.Top top -> top(top.number(), top.lines());
      case Pop3Command.Dele dele -> dele(dele.number());
      case Pop3Command.Noop noop -> ok();
      case Pop3Command.Rset rset -> {
        maildrop.reset();
        yield ok();
      }
      case Pop3Command.Last last -> {
        out.ascii("+OK ").decimal(maildrop.last()).crlf();
        yield true;
      }
      case Pop3Command.Capa capa -> {
        Capabilities.write(out, connection, config, true);
        yield true;
      }
      case Pop3Command.Lang lang -> Languages.answer(out, lang.range());
      case Pop3Command.Quit quit -> quit();
      case Pop3Command.Bad bad -> {
        out.ascii("-ERR ").ascii(bad.reason()).crlf();
        yield false;
      }
    };
  }

  private boolean list(OptionalInt number) throws IOException {
    if (number.isPresent()) {
      if (!maildrop.has(number.getAsInt())) {
        return no(NO_SUCH_MESSAGE);
      }
      out.ascii("+OK ");
      scanListing(number.getAsInt());
      return true;
    }
    out.ascii("+OK ").decimal(maildrop.remaining()).ascii(" messages (");
    out.decimal(maildrop.octets()).ascii(" octets)\r\n");
    for (int i = 1; i <= maildrop.count(); i++) {
      if (maildrop.has(i)) {
        scanListing(i);
      }
    }
    out.ascii(".\r\n");
    return true;
  }

  private void scanListing(int number) throws IOException {
    out.decimal(number).write(' ').decimal(maildrop.size(number)).crlf();
  }

  private boolean uidl(OptionalInt number) throws IOException {
    if (number.isPresent()) {
      if (!maildrop.has(number.getAsInt())) {
        return no(NO_SUCH_MESSAGE);
      }
      out.ascii("+OK ");
      uniqueIdListing(number.getAsInt());
      return true;
    }
    out.ascii("+OK\r\n");
    for (int i = 1; i <= maildrop.count(); i++) {
      if (maildrop.has(i)) {
        uniqueIdListing(i);
      }
    }
    out.ascii(".\r\n");
    return true;
  }

  /// UIDVALIDITY and UID together name a message for good (RFC 9051 §2.3.1.1).
  private void uniqueIdListing(int number) throws IOException {
    out.decimal(number).write(' ').decimal(maildrop.uidValidity()).write('.');
    out.decimal(Integer.toUnsignedLong(maildrop.uid(number))).crlf();
  }

  private boolean retr(int number) throws IOException {
    if (!maildrop.has(number)) {
      return no(NO_SUCH_MESSAGE);
    }
    Bodies.Body body = bodies.open(number, connection.in().buffered() > 0, true);
    if (body instanceof Bodies.Body.Gone) {
      return no(GONE);
    }
    if (needsUtf8(body)) {
      return no(NEEDS_UTF8);
    }
    out.ascii("+OK ").decimal(maildrop.size(number)).ascii(" octets\r\n");
    send(body, DotStuffing.whole(out));
    maildrop.markRead(number);
    return true;
  }

  private boolean top(int number, int lines) throws IOException {
    if (!maildrop.has(number)) {
      return no(NO_SUCH_MESSAGE);
    }
    Bodies.Body body = bodies.open(number, connection.in().buffered() > 0, false);
    if (body instanceof Bodies.Body.Gone) {
      return no(GONE);
    }
    if (needsUtf8(body)) {
      return no(NEEDS_UTF8);
    }
    out.ascii("+OK Top of message follows\r\n");
    send(body, DotStuffing.top(out, lines));
    return true;
  }

  /// RFC 6856 §2.1 and §5, where the configuration asks for it. By default every client gets the
  /// octets as they are.
  private boolean needsUtf8(Bodies.Body body) {
    if (utf8 || !config.maildrops().refuseUtf8() || !body.hasEightBitHeader()) {
      return false;
    }
    body.close();
    return true;
  }

  private void send(Bodies.Body body, DotStuffing stuffing) throws IOException {
    try {
      Bodies.send(
          body,
          octets -> {
            stuffing.write(octets);
            // A slow client that takes a large message is not silent.
            hold.keep();
            return !stuffing.full();
          });
    } catch (StoreException e) {
      // The response has begun: only the connection's end can say that it is not whole.
      throw new IOException("the store failed in the midst of a message", e);
    }
    stuffing.end();
  }

  private boolean dele(int number) throws IOException {
    if (!maildrop.has(number)) {
      return no(NO_SUCH_MESSAGE);
    }
    maildrop.delete(number);
    return ok();
  }

  /// UPDATE: \Seen first, since its loss would be the lesser one.
  private boolean quit() throws IOException {
    ended = true;
    bodies.clear();
    try {
      if (config.maildrops().markSeen()) {
        markSeen(maildrop.readUids());
      }
      boolean removed = expunge();
      // Before the answer: who has read it may log in at once.
      hold.release();
      if (removed) {
        out.ascii("+OK Bye\r\n");
        return true;
      }
      return no("-ERR [SYS/TEMP] Some deleted messages were not removed\r\n");
    } finally {
      hold.release();
      session.close();
    }
  }

  private boolean expunge() {
    if (maildrop.deletedCount() == 0) {
      return true;
    }
    int removed = 0;
    try (StoreStream<ExpungeResponse> commits =
        session.expunge(
            ExpungeRequest.newBuilder()
                .setMailbox(maildrop.mailbox())
                .addAllUids(maildrop.deletedUids())
                .setRegardlessOfDeleted(true)
                .build())) {
      for (ExpungeResponse commit = commits.next(); commit != null; commit = commits.next()) {
        removed += commit.getUidsCount();
      }
      return true;
    } catch (StoreException e) {
      return false;
    } finally {
      metrics.deleted(removed);
    }
  }

  /// A failure is not the client's concern: the messages are merely still unseen.
  private void markSeen(List<UidRange> read) {
    if (read.isEmpty()) {
      return;
    }
    try (StoreStream<StoreFlagsResponse> commits =
        session.storeFlags(
            StoreFlagsRequest.newBuilder()
                .setMailbox(maildrop.mailbox())
                .addAllUids(read)
                .setOperation(StoreFlagsRequest.Operation.ADD)
                .setFlags(Flags.newBuilder().setSystem(SystemFlag.SEEN_VALUE))
                .build())) {
      StoreFlagsResponse commit = commits.next();
      while (commit != null) {
        commit = commits.next();
      }
    } catch (StoreException e) {
      return;
    }
  }

  private boolean ok() throws IOException {
    out.ascii("+OK\r\n");
    return true;
  }

  private boolean no(String reply) throws IOException {
    out.ascii(reply);
    return false;
  }
}
