package mailwing.imap.protocol;

import java.io.EOFException;
import java.io.IOException;
import mailwing.imap.command.AppendMessage;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.FlagList;
import mailwing.imap.command.InternalDate;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.SelectedCommand;
import org.jspecify.annotations.Nullable;

/// APPEND and REPLACE, whose messages' octets are not read here (RFC 9051 §6.3.12, RFC 3502, RFC
/// 4469, RFC 3516, RFC 6855 §4, RFC 8508).
final class AppendGrammar {
  private final Tokens tokens;
  private final Input in;

  private boolean running;
  private boolean parts;
  private boolean severalMessages;
  private boolean utf8;
  private int messages;
  private long textOctets;
  private Input.@Nullable Announced waiting;
  private @Nullable LiteralStream stream;

  AppendGrammar(Tokens tokens) {
    this.tokens = tokens;
    this.in = tokens.in;
  }

  Command append() throws IOException, SyntaxError {
    tokens.sp();
    MailboxName mailbox = tokens.mailbox();
    severalMessages = tokens.allows(Grammar.MULTIAPPEND);
    messages = 0;
    tokens.sp();
    return new AuthenticatedCommand.Append(mailbox, message());
  }

  Command replace(boolean uid) throws IOException, SyntaxError {
    tokens.need(Grammar.REPLACE, "command");
    tokens.sp();
    long number = tokens.accept('*') ? 0 : tokens.nzNumber();
    tokens.sp();
    MailboxName mailbox = tokens.mailbox();
    severalMessages = false;
    messages = 0;
    tokens.sp();
    return new SelectedCommand.Replace(uid, number, mailbox, message());
  }

  private AppendMessage message() throws IOException, SyntaxError {
    tokens.count(++messages);
    FlagList flags = FlagList.NONE;
    InternalDate date = null;
    if (tokens.at('(')) {
      flags = Flags.list(tokens);
      tokens.sp();
    }
    if (tokens.at('"')) {
      date = Dates.dateTime(tokens.string());
      tokens.sp();
    }
    textOctets = 0;
    return new AppendMessage(flags, date, data());
  }

  private AppendMessage.Data data() throws IOException, SyntaxError {
    if (tokens.allows(Grammar.CATENATE) && tokens.acceptWord("CATENATE")) {
      tokens.sp();
      tokens.expect('(');
      tokens.optionalSp();
      parts = true;
      running = true;
      return new AppendMessage.Catenate();
    }
    return literal();
  }

  /// literal, literal8 or `UTF8 (literal8`.
  private AppendMessage.Literal literal() throws SyntaxError {
    utf8 = tokens.allows(Grammar.UTF8_ACCEPT) && tokens.acceptWord("UTF8");
    if (utf8) {
      tokens.sp();
      tokens.expect('(');
    }
    if (!tokens.at('~') && !tokens.at('{')) {
      throw SyntaxError.bad("Expected a literal");
    }
    if (tokens.at('~') && !utf8) {
      tokens.need(Grammar.BINARY, "argument: no literal8");
    }
    Input.Announced literal = tokens.literal();
    if (utf8 && !literal.binary()) {
      throw SyntaxError.bad("Expected a literal8");
    }
    textOctets = Math.min(textOctets + literal.size(), Long.MAX_VALUE / 4);
    long limit = in.limits().message();
    if (limit > 0 && textOctets > limit) {
      throw SyntaxError.no(ResponseCode.Name.TOOBIG, "Message too large");
    }
    waiting = literal;
    running = true;
    return new AppendMessage.Literal(
        literal.size(), literal.synchronizing(), literal.binary(), utf8);
  }

  LiteralStream open(AppendMessage.Literal literal) throws IOException {
    Input.Announced announced = waiting;
    if (announced == null || announced.size() != literal.size()) {
      throw new IllegalStateException("no literal waits");
    }
    waiting = null;
    LiteralStream opened = in.open(announced);
    stream = opened;
    return opened;
  }

  AppendStep next() throws IOException, SyntaxError {
    if (waiting != null || !running) {
      throw new IllegalStateException("no literal was read");
    }
    LiteralStream read = stream;
    if (read != null) {
      stream = null;
      in.drop(read.remaining());
      in.nextLine();
      if (utf8) {
        tokens.optionalSp();
        tokens.expect(')');
      }
      if (parts && !tokens.at(')')) {
        tokens.sp();
      }
    }
    return parts ? part() : afterMessage();
  }

  private AppendStep part() throws IOException, SyntaxError {
    if (tokens.accept(')')) {
      parts = false;
      return new AppendStep.PartsEnd();
    }
    if (tokens.acceptWord("URL")) {
      tokens.sp();
      String url = tokens.astring();
      if (!tokens.at(')')) {
        tokens.sp();
      }
      return new AppendStep.Part(new AppendMessage.UrlPart(url));
    }
    if (tokens.acceptWord("TEXT")) {
      tokens.sp();
    } else if (!tokens.at('U') && !tokens.at('u')) {
      throw SyntaxError.bad("Expected URL or TEXT");
    }
    return new AppendStep.Part(new AppendMessage.TextPart(literal()));
  }

  private AppendStep afterMessage() throws IOException, SyntaxError {
    if (severalMessages && tokens.more()) {
      return new AppendStep.Message(message());
    }
    tokens.end();
    forget();
    return new AppendStep.End();
  }

  /// The command failed or is complete: nothing of it waits any more.
  void forget() {
    running = false;
    parts = false;
    waiting = null;
    stream = null;
  }

  void abandon() throws IOException {
    if (!running) {
      return;
    }
    Input.Announced literal = waiting;
    LiteralStream read = stream;
    forget();
    if (read != null) {
      in.drop(read.remaining());
      if (!in.anyLine()) {
        throw new EOFException("end of stream within a command");
      }
      literal = in.announced();
    } else if (literal == null) {
      literal = in.announced();
    }
    in.dropRest(literal);
  }
}
