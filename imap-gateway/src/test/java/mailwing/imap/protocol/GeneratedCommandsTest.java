package mailwing.imap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import mailwing.imap.command.AnyStateCommand;
import mailwing.imap.command.AppendMessage;
import mailwing.imap.command.AuthenticatedCommand;
import mailwing.imap.command.Command;
import mailwing.imap.command.SelectedCommand;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Commands from seeds: whole ones are read back as they were, mutilated ones are answered.
class GeneratedCommandsTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void commandsAreReadAsTheyWereWritten(long seed) {
    Random random = new Random(seed);
    RandomCommands commands = new RandomCommands(random);
    CommandPrinter printer = new CommandPrinter(random);
    for (int i = 0; i < 1500; i++) {
      Command command = commands.next();
      String text = printer.print(command);
      Wire wire = new Wire("t " + text + "\r\nz NOOP\r\n");
      assertThat(wire.next()).as(text).isEqualTo(new Parsed.Ok("t", command));
      if (!waits(command)) {
        assertThat(wire.next()).as(text).isEqualTo(new Parsed.Ok("z", new AnyStateCommand.Noop()));
      }
    }
  }

  /// Whether a synchronising literal that nobody asks for would make the next lines its octets.
  private static boolean waits(Command command) {
    AppendMessage message =
        switch (command) {
          case AuthenticatedCommand.Append append -> append.first();
          case SelectedCommand.Replace replace -> replace.message();
          default -> null;
        };
    return message != null
        && message.data() instanceof AppendMessage.Literal literal
        && literal.synchronizing();
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14, 15, 16})
  void mutilatedCommandsAreAnsweredInTheGrammar(long seed) throws IOException {
    Random random = new Random(seed);
    RandomCommands commands = new RandomCommands(random);
    CommandPrinter printer = new CommandPrinter(random);
    for (int i = 0; i < 1500; i++) {
      String text = "t " + printer.print(commands.next()) + "\r\n";
      StringBuilder octets = new StringBuilder(text).append("u NOOP\r\n");
      for (int m = random.nextInt(4); m >= 0; m--) {
        mutilate(octets, random);
      }
      ParserLimits limits =
          random.nextBoolean() ? ParserLimits.AFTER_LOGIN : ParserLimits.BEFORE_LOGIN;
      Wire wire = new Wire(octets.toString().getBytes(StandardCharsets.ISO_8859_1), limits);
      follow(wire, random);
    }
  }

  private static void mutilate(StringBuilder octets, Random random) {
    if (octets.isEmpty()) {
      return;
    }
    int at = random.nextInt(octets.length());
    String specials = "(){}[]<>\"\\*%+-.,:~$ \r\n\u0000\u00ff019aZ";
    char c = specials.charAt(random.nextInt(specials.length()));
    switch (random.nextInt(6)) {
      case 0 -> octets.setCharAt(at, c);
      case 1 -> octets.insert(at, c);
      case 2 -> octets.deleteCharAt(at);
      case 3 -> octets.insert(at, octets.substring(random.nextInt(at + 1), at));
      case 4 -> octets.setLength(at + 1);
      default -> octets.insert(at, String.valueOf(c).repeat(random.nextInt(200)));
    }
  }

  /// Reads to the end as a session would, taking or leaving messages' literals.
  private static void follow(Wire wire, Random random) throws IOException {
    for (int i = 0; i < 2000; i++) {
      Parsed parsed = wire.next();
      switch (parsed) {
        case Parsed.EndOfInput _ -> {
          return;
        }
        case Parsed.Refused refused -> {
          assertAnswered(refused);
          if (refused.close()) {
            return;
          }
        }
        case Parsed.Ok ok -> takeMessages(wire, ok.command(), random);
      }
    }
    throw new AssertionError("the parser does not come to an end");
  }

  private static void takeMessages(Wire wire, Command command, Random random) throws IOException {
    AppendMessage.Data data =
        switch (command) {
          case AuthenticatedCommand.Append append -> append.first().data();
          case SelectedCommand.Replace replace -> replace.message().data();
          default -> null;
        };
    while (data != null && random.nextInt(4) > 0) {
      if (data instanceof AppendMessage.Literal literal && !take(wire, literal, random)) {
        return;
      }
      AppendStep step = wire.parser.nextStep();
      while (step instanceof AppendStep.PartsEnd
          || (step instanceof AppendStep.Part part
              && part.part() instanceof AppendMessage.UrlPart)) {
        step = wire.parser.nextStep();
      }
      if (step instanceof AppendStep.Failed failed) {
        assertAnswered(failed.refused());
      }
      data =
          switch (step) {
            case AppendStep.Message message -> message.message().data();
            case AppendStep.Part part -> ((AppendMessage.TextPart) part.part()).literal();
            default -> null;
          };
    }
  }

  /// False where the connection ends in it.
  private static boolean take(Wire wire, AppendMessage.Literal literal, Random random) {
    try (LiteralStream stream = wire.parser.open(literal)) {
      if (random.nextBoolean()) {
        stream.skipNBytes(literal.size());
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void assertAnswered(Parsed.Refused refused) {
    String text = Wire.written(w -> w.refused(refused));
    assertThat(Wire.read(false, text)).hasSize(refused.close() ? 2 : 1);
    assertThat(List.of("NO", "BAD")).contains(Wire.read(false, text).getFirst().name());
  }
}
