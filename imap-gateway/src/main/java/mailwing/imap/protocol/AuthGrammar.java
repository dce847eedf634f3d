package mailwing.imap.protocol;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.NotAuthenticatedCommand;
import mailwing.imap.command.Secret;

/// Who the client is, and what it switches on.
final class AuthGrammar {
  private final Tokens tokens;

  AuthGrammar(Tokens tokens) {
    this.tokens = tokens;
  }

  Command startTls() {
    return new NotAuthenticatedCommand.StartTls();
  }

  Command login() throws IOException, SyntaxError {
    return new NotAuthenticatedCommand.Login(credential(), credential());
  }

  /// UTF-8 in quoted strings is not for LOGIN (RFC 9755 §5); the octets of a literal are its own.
  private Secret credential() throws IOException, SyntaxError {
    tokens.sp();
    boolean quoted = tokens.at('"');
    byte[] octets = tokens.astringOctets();
    if (quoted && !Octets.ascii(Octets.latin1(octets))) {
      throw SyntaxError.bad("LOGIN takes US-ASCII, use AUTHENTICATE");
    }
    return new Secret(octets);
  }

  Command authenticate() throws SyntaxError {
    tokens.sp();
    String mechanism = tokens.keyword();
    if (!tokens.more()) {
      return new NotAuthenticatedCommand.Authenticate(mechanism, null);
    }
    tokens.need(Grammar.SASL_IR, "argument: no initial response");
    return new NotAuthenticatedCommand.Authenticate(mechanism, initialResponse());
  }

  /// initial-resp (RFC 4959 §3).
  private Secret initialResponse() throws SyntaxError {
    if (tokens.accept('=')) {
      return new Secret(new byte[0]);
    }
    int start = tokens.in.position();
    while (!tokens.in.atEnd() && !tokens.at(' ')) {
      tokens.in.skip(1);
    }
    byte[] octets = CommandParser.base64(Octets.latin1(tokens.text(start)));
    if (octets == null) {
      throw SyntaxError.bad("Initial response is not base64");
    }
    return new Secret(octets);
  }

  /// RFC 2971 §3.1; more than 30 fields or longer ones are BAD.
  Command id() throws IOException, SyntaxError {
    tokens.need(Grammar.ID, "command");
    tokens.sp();
    List<AnyStateCommand.Id.Field> fields = new ArrayList<>();
    if (!tokens.acceptNil()) {
      tokens.list(
          true,
          () -> {
            String name = tokens.utf8String(tokens.stringOctets());
            tokens.sp();
            byte[] value = tokens.nstringOctets();
            if (fields.size() == 30
                || name.length() > 30
                || (value != null && value.length > 1024)) {
              throw SyntaxError.bad("ID is too long");
            }
            fields.add(
                new AnyStateCommand.Id.Field(
                    name, value == null ? null : tokens.utf8String(value)));
          });
    }
    return new AnyStateCommand.Id(fields);
  }

  Command language() throws IOException, SyntaxError {
    tokens.need(Grammar.LANGUAGE, "command");
    return new AnyStateCommand.Language(astrings());
  }

  Command comparator() throws IOException, SyntaxError {
    tokens.need(Grammar.COMPARATOR, "command");
    return new AuthenticatedCommand.Comparator(astrings());
  }

  /// `*(SP astring)`.
  private List<String> astrings() throws IOException, SyntaxError {
    List<String> strings = new ArrayList<>();
    while (tokens.more()) {
      tokens.count(strings.size());
      strings.add(tokens.utf8String(tokens.astringOctets()));
    }
    return strings;
  }

  Command enable() throws SyntaxError {
    tokens.need(Grammar.ENABLE, "command");
    List<String> names = new ArrayList<>();
    tokens.sp();
    do {
      tokens.count(names.size());
      names.add(tokens.keyword());
    } while (tokens.more());
    return new AuthenticatedCommand.Enable(names);
  }

  Command compress() throws SyntaxError {
    tokens.need(Grammar.COMPRESS, "command");
    tokens.sp();
    return new AuthenticatedCommand.Compress(tokens.keyword());
  }

  Command unauthenticate() throws SyntaxError {
    tokens.need(Grammar.UNAUTHENTICATE, "command");
    return new AuthenticatedCommand.Unauthenticate();
  }
}
