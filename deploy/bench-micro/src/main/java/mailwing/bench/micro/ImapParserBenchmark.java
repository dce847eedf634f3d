package mailwing.bench.micro;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.concurrent.TimeUnit;
import mailwing.gateway.OctetReader;
import mailwing.imap.protocol.CommandParser;
import mailwing.imap.protocol.Grammar;
import mailwing.imap.protocol.Parsed;
import mailwing.imap.protocol.ParserLimits;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// One IMAP command, out of a hundred on one connection.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ImapParserBenchmark {
  private static final int COMMANDS = 100;

  /// The command without its tag.
  @Param({
    "NOOP",
    "LOGIN \"alice@example.test\" \"wing\"",
    "UID FETCH 1:* (FLAGS)",
    "UID FETCH 1:50 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date"
        + " Message-ID References)])",
    "UID STORE 17,20:23,99 +FLAGS.SILENT (\\Seen $Forwarded)",
    "UID SEARCH RETURN (MIN MAX COUNT) OR FROM \"alice\" SUBJECT \"report\" SINCE 1-Feb-2024"
  })
  public String command = "NOOP";

  private byte[] octets = {};

  /// Writes the lines.
  @Setup
  public void prepare() {
    octets = ("a1 " + command + "\r\n").repeat(COMMANDS).getBytes(StandardCharsets.US_ASCII);
  }

  /// Reads them all.
  @Benchmark
  @OperationsPerInvocation(COMMANDS)
  public Parsed parse() throws IOException {
    CommandParser parser =
        new CommandParser(
            new OctetReader(new ByteArrayInputStream(octets)), () -> {}, ParserLimits.AFTER_LOGIN);
    parser.allow(EnumSet.allOf(Grammar.class));
    Parsed last = new Parsed.EndOfInput();
    for (int i = 0; i < COMMANDS; i++) {
      last = parser.next();
      if (!(last instanceof Parsed.Ok)) {
        throw new IllegalStateException(command + ": " + last);
      }
    }
    return last;
  }
}
