package mailwing.bench.micro;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import mailwing.store.mime.HeaderFields;
import mailwing.store.mime.MessageParser;
import mailwing.store.mime.ParsedMessage;
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

/// What the store learns of a message: the parts, the envelope, what to sort and thread by.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MessageBenchmark {
  /// Octets of the message, about.
  @Param({"500", "5000", "1000000"})
  public int size;

  private byte[] plain = {};
  private byte[] multipart = {};
  private byte[] header = {};

  /// Makes the messages.
  @Setup
  public void prepare() {
    plain = Samples.plain(size);
    multipart = Samples.multipart(size);
    header = Arrays.copyOf(plain, (int) MessageParser.parse(plain).headerOctets());
  }

  /// One part of text.
  @Benchmark
  public ParsedMessage scanPlain() {
    return MessageParser.parse(plain);
  }

  /// Multiparts within a multipart.
  @Benchmark
  public ParsedMessage scanMultipart() {
    return MessageParser.parse(multipart);
  }

  /// The fields that clients ask for, out of the header.
  @Benchmark
  public byte[] selectHeaderFields() {
    return HeaderFields.select(
        header, fields -> fields.is("From") || fields.is("Subject") || fields.is("Message-ID"));
  }
}
