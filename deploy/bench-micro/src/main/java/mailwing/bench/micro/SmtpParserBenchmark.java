package mailwing.bench.micro;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import mailwing.smtp.protocol.Command;
import mailwing.smtp.protocol.CommandParser;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// One SMTP command line.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SmtpParserBenchmark {
  /// The line without its end.
  @Param({
    "DATA",
    "EHLO mail.example.org",
    "MAIL FROM:<bounces+12345@lists.example.org> SIZE=51200 BODY=8BITMIME SMTPUTF8",
    "RCPT TO:<alice.smith@example.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;alice@example.test"
  })
  public String command = "DATA";

  private byte[] octets = {};

  /// Encodes the line.
  @Setup
  public void prepare() {
    octets = command.getBytes(StandardCharsets.UTF_8);
    if (parse() instanceof Command.Malformed malformed) {
      throw new IllegalStateException(command + ": " + malformed);
    }
  }

  /// Reads it.
  @Benchmark
  public Command parse() {
    return CommandParser.parse(octets, 0, octets.length);
  }
}
