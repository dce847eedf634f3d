package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.AuthenticatedCommand.GetMetadata.Depth;
import mailwing.imap.command.AuthenticatedCommand.SetMetadata.Entry;
import mailwing.imap.command.Command;
import mailwing.imap.command.MailboxName;
import org.jspecify.annotations.Nullable;

/// METADATA (RFC 5464).
final class MetadataGrammar {
  private final Tokens tokens;

  MetadataGrammar(Tokens tokens) {
    this.tokens = tokens;
  }

  /// Options stand before the mailbox in the RFC's syntax and after it in its examples.
  Command get() throws IOException, SyntaxError {
    tokens.need(Grammar.METADATA, "command");
    tokens.sp();
    Options options = new Options();
    if (tokens.at('(')) {
      options.read();
      tokens.sp();
    }
    MailboxName mailbox = mailbox();
    tokens.sp();
    List<String> entries = new ArrayList<>();
    if (!tokens.at('(')) {
      entries.add(entryName(tokens));
    } else if (optionsNext()) {
      options.read();
      tokens.sp();
      entries(entries);
    } else {
      entries(entries);
    }
    return new AuthenticatedCommand.GetMetadata(mailbox, entries, options.maxSize, options.depth);
  }

  /// Entries begin with a slash, options do not.
  private boolean optionsNext() {
    int next = tokens.in.peek(1);
    return (next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z');
  }

  private void entries(List<String> to) throws IOException, SyntaxError {
    if (tokens.at('(')) {
      tokens.list(false, () -> to.add(entryName(tokens)));
    } else {
      to.add(entryName(tokens));
    }
  }

  private final class Options {
    private long maxSize = -1;
    private Depth depth = Depth.ZERO;

    void read() throws IOException, SyntaxError {
      tokens.list(false, this::option);
    }

    private void option() throws SyntaxError {
      switch (tokens.keyword()) {
        case "MAXSIZE" -> {
          tokens.sp();
          maxSize = tokens.number32();
        }
        case "DEPTH" -> {
          tokens.sp();
          depth =
              switch (tokens.keyword()) {
                case "0" -> Depth.ZERO;
                case "1" -> Depth.ONE;
                case "INFINITY" -> Depth.INFINITY;
                default -> throw SyntaxError.bad("Wrong depth");
              };
        }
        default -> throw SyntaxError.bad("Unknown option");
      }
    }
  }

  private @Nullable MailboxName mailbox() throws IOException, SyntaxError {
    MailboxName mailbox = tokens.mailbox();
    return mailbox.value().isEmpty() ? null : mailbox;
  }

  Command set() throws IOException, SyntaxError {
    tokens.need(Grammar.METADATA, "command");
    tokens.sp();
    MailboxName mailbox = mailbox();
    tokens.sp();
    List<Entry> entries = new ArrayList<>();
    tokens.list(
        false,
        () -> {
          String name = entryName(tokens);
          tokens.sp();
          entries.add(new Entry(name, value()));
        });
    return new AuthenticatedCommand.SetMetadata(mailbox, entries);
  }

  /// nstring or literal8.
  private @Nullable ByteString value() throws IOException, SyntaxError {
    if (tokens.at('~')) {
      return ByteString.copyFrom(tokens.in.take(tokens.literal()));
    }
    byte[] octets = tokens.nstringOctets();
    return octets == null ? null : ByteString.copyFrom(octets);
  }

  /// An entry name (RFC 5464 §3.2).
  static String entryName(Tokens tokens) throws IOException, SyntaxError {
    String name = tokens.astring();
    boolean wrong =
        !name.startsWith("/")
            || name.endsWith("/")
            || name.contains("//")
            || name.chars().anyMatch(c -> c == '*' || c == '%' || c < 0x20 || c >= 0x7f);
    if (wrong) {
      throw SyntaxError.bad("Wrong entry name");
    }
    return name;
  }
}
