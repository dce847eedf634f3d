package mailwing.imap.protocol;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import mailwing.gateway.OctetReader;
import mailwing.imap.command.AppendMessage;
import mailwing.imap.command.Command;
import mailwing.imap.command.SearchKey;
import mailwing.imap.command.Secret;
import org.jspecify.annotations.Nullable;

/// Reads commands from a connection: octets in, records out (RFC 9051 §9).
///
/// Lines and literals are read as the grammar asks for them, so that a synchronising literal that
/// would be refused is never asked for. After an error the rest of the command is dropped, with the
/// non-synchronising literals that the client sends anyway (RFC 7888 §4). The octets of APPEND's
/// and REPLACE's messages stay in the connection: the executor takes them with [#open] and goes on
/// with [#nextStep], or gives the command up with [#abandon]; a command it forgets is abandoned by
/// [#next].
///
/// One thread at a time.
public final class CommandParser {
  private final Input in;
  private final Tokens tokens;
  private final Commands commands;
  private final AppendGrammar append;
  private @Nullable String tag;

  public CommandParser(OctetReader source, Continuation continuation, ParserLimits limits) {
    this.in = new Input(source, continuation, limits);
    this.tokens = new Tokens(in);
    this.append = new AppendGrammar(tokens);
    this.commands = new Commands(tokens, append);
    tokens.grammars(Grammar.BASE);
  }

  /// Other limits from the next line on, as after login.
  public void limits(ParserLimits limits) {
    in.limits(limits);
  }

  /// The grammar that is announced; [Grammar#BASE] at first.
  public void allow(Set<Grammar> grammars) {
    tokens.grammars(grammars);
  }

  /// Mailbox names are UTF-8 from now on (ENABLE IMAP4rev2 or UTF8=ACCEPT), not modified UTF-7.
  public void utf8(boolean on) {
    tokens.utf8(on);
  }

  /// No charset may be named from now on (ENABLE UTF8=ACCEPT, RFC 9755 §3).
  public void utf8Alone(boolean on) {
    tokens.utf8Alone(on);
  }

  /// The next command. Blocks until its last line, or APPEND's first literal, was announced.
  public Parsed next() throws IOException {
    tag = null;
    try {
      abandon();
      if (!in.firstLine()) {
        return new Parsed.EndOfInput();
      }
      return parse();
    } catch (EOFException e) {
      return new Parsed.EndOfInput();
    } catch (Input.StreamLost e) {
      return lost();
    }
  }

  private Parsed parse() throws IOException {
    try {
      tokens.start();
      if (in.head().length > 0) {
        tag = tagOf(in.head());
      }
      in.checkSize();
      tag = tokens.tag();
      tokens.sp();
      Command command = commands.read();
      return new Parsed.Ok(tag, command);
    } catch (SyntaxError e) {
      return refuse(e);
    }
  }

  private static @Nullable String tagOf(byte[] head) {
    int end = 0;
    while (end < head.length && Octets.tag(head[end] & 0xff)) {
      end++;
    }
    return end > 0 && end < head.length && head[end] == ' '
        ? Octets.latin1(Arrays.copyOf(head, end))
        : null;
  }

  private Parsed.Refused refuse(SyntaxError e) throws IOException {
    append.forget();
    if (!e.close()) {
      in.dropRest();
    }
    return e.refused(tag);
  }

  private Parsed.Refused lost() {
    return new Parsed.Refused(
        tag, false, ResponseCode.Name.TOOBIG, "Too much input, closing connection", true);
  }

  /// Takes the literal that the last APPEND, REPLACE or step told: asks for it where it is a
  /// synchronising one. The stream is to be read to its end before [#nextStep].
  public LiteralStream open(AppendMessage.Literal literal) throws IOException {
    return append.open(literal);
  }

  /// What follows the octets just read; after CATENATE's announcement, its first part.
  public AppendStep nextStep() throws IOException {
    try {
      return append.next();
    } catch (EOFException e) {
      return new AppendStep.EndOfInput();
    } catch (Input.StreamLost e) {
      return new AppendStep.Failed(lost());
    } catch (SyntaxError e) {
      try {
        return new AppendStep.Failed(refuse(e));
      } catch (EOFException end) {
        return new AppendStep.EndOfInput();
      } catch (Input.StreamLost end) {
        return new AppendStep.Failed(lost());
      }
    }
  }

  /// Gives up what is left of an APPEND or REPLACE that was refused: a synchronising literal is
  /// never asked for, others are read and dropped. Answer the client first; nothing is written
  /// here.
  public void abandon() throws IOException {
    append.abandon();
  }

  /// The client's next line in AUTHENTICATE (RFC 9051 §6.2.2), decoded from base64.
  public SaslLine readSasl() throws IOException {
    try {
      if (!in.firstLine()) {
        return new SaslLine.EndOfInput();
      }
      in.checkSize();
    } catch (SyntaxError e) {
      return new SaslLine.Invalid("Line too long");
    } catch (Input.StreamLost e) {
      return new SaslLine.EndOfInput();
    }
    byte[] line = Arrays.copyOf(in.buffer(), in.length());
    if (line.length == 1 && line[0] == '*') {
      return new SaslLine.Cancelled();
    }
    byte[] octets = base64(line);
    return octets == null
        ? new SaslLine.Invalid("Not base64")
        : new SaslLine.Response(new Secret(octets));
  }

  /// The client's next line in IDLE (RFC 2177).
  public IdleLine readIdle() throws IOException {
    try {
      if (!in.firstLine()) {
        return IdleLine.END_OF_INPUT;
      }
    } catch (Input.StreamLost e) {
      return IdleLine.END_OF_INPUT;
    }
    if (in.head().length == 0 && tokens.acceptWord("DONE")) {
      tokens.optionalSp();
      if (in.atEnd()) {
        return IdleLine.DONE;
      }
    }
    return IdleLine.INVALID;
  }

  /// A search program that is kept as text, in UTF-8 (RFC 5466 §3.1); null where it is none.
  public @Nullable SearchKey searchProgram(byte[] text) throws IOException {
    byte[] line = Arrays.copyOf(text, text.length + 2);
    line[text.length] = '\r';
    line[text.length + 1] = '\n';
    Input input = new Input(new OctetReader(new ByteArrayInputStream(line)), () -> {}, in.limits());
    try {
      return new SearchGrammar(tokens.of(input)).whole();
    } catch (EOFException | Input.StreamLost | SyntaxError e) {
      return null;
    }
  }

  /// base64 with its padding, or null.
  static byte @Nullable [] base64(byte[] text) {
    if (text.length % 4 != 0) {
      return null;
    }
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
