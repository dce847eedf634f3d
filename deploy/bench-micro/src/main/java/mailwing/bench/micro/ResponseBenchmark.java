package mailwing.bench.micro;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.TimeUnit;
import mailwing.gateway.OctetWriter;
import mailwing.imap.command.InternalDate;
import mailwing.imap.protocol.FetchWriter;
import mailwing.imap.protocol.ResponseWriter;
import mailwing.store.mime.MessageParser;
import mailwing.store.mime.ParsedMessage;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// One FETCH response, out of a thousand that are written and flushed together.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ResponseBenchmark {
  private static final int RESPONSES = 1000;

  private final ParsedMessage message = MessageParser.parse(Samples.multipart(5000));
  private final ByteString envelope = message.envelope().toByteString();
  private final InternalDate date = new InternalDate(1_770_112_800_000L, 60);
  private final OctetWriter out = new OctetWriter(OutputStream.nullOutputStream());
  private final ResponseWriter writer = new ResponseWriter(out);

  /// FLAGS and UID, as for a whole mailbox.
  @Benchmark
  @OperationsPerInvocation(RESPONSES)
  public long flags() throws IOException {
    for (int i = 1; i <= RESPONSES; i++) {
      writer.fetch(i).uid(i + 17).flags(i & 0xf, false, List.of()).end();
    }
    out.flush();
    return out.written();
  }

  /// What a list of messages shows.
  @Benchmark
  @OperationsPerInvocation(RESPONSES)
  public long envelope() throws IOException {
    for (int i = 1; i <= RESPONSES; i++) {
      listed(i).envelope(envelope).end();
    }
    out.flush();
    return out.written();
  }

  private FetchWriter listed(int number) throws IOException {
    return writer
        .fetch(number)
        .uid(number)
        .flags(number & 0xf, false, List.of())
        .internalDate(date)
        .size(message.size());
  }

  /// The tree of parts.
  @Benchmark
  @OperationsPerInvocation(RESPONSES)
  public long bodyStructure() throws IOException {
    for (int i = 1; i <= RESPONSES; i++) {
      writer.fetch(i).bodyStructure(message.structure()).end();
    }
    out.flush();
    return out.written();
  }
}
