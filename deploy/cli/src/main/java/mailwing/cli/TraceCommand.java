package mailwing.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.store.v1.TraceMessagesRequest;
import mailwing.store.v1.TracedMessage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// Where is my mail?
@Command(
    name = "trace",
    description = {
      "Tells what became of mail, step by step, the oldest message first: accepted, delivered,"
          + " queued, tried, relayed, returned, read, moved, deleted, refused.",
      "Times are local."
    },
    mixinStandardHelpOptions = true)
public final class TraceCommand implements Runnable {
  private static final Pattern DURATION = Pattern.compile("([1-9][0-9]{0,5})([smhd])");

  @Spec CommandSpec spec;

  @Mixin StoreOptions store;

  @Parameters(
      paramLabel = "ID|ADDRESS",
      description =
          "The id of a 250 reply, a Message-ID, or an address that sent or received, or was to.")
  String what = "";

  @Option(
      names = "--since",
      paramLabel = "TIME",
      converter = Age.class,
      description = "How far back: 30m, 12h, 7d. By default 2d, and without limit for an id.")
  @Nullable Duration since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      converter = Age.class,
      description = "Nothing newer than this long ago.")
  @Nullable Duration until;

  @Option(names = "--sent", description = "Only what the address sent.")
  boolean sent;

  @Option(names = "--received", description = "Only what the address received, or was to.")
  boolean received;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "The newest so many messages, up to 500 (default ${DEFAULT-VALUE}).")
  int limit = 100;

  @Option(
      names = "--json",
      description = "An object a line and message, as the contract's TracedMessage.")
  boolean json;

  /// A time such as 2d.
  static final class Age implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      Matcher matcher = DURATION.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException("a time such as 30m, 12h or 7d, not " + text);
      }
      long count = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "s" -> Duration.ofSeconds(count);
        case "m" -> Duration.ofMinutes(count);
        case "h" -> Duration.ofHours(count);
        default -> Duration.ofDays(count);
      };
    }
  }

  @Override
  public void run() {
    List<TracedMessage> messages = new ArrayList<>();
    Admin.with(
        store,
        client ->
            client.callTrace(
                what,
                s -> {
                  s.traceMessages(request()).forEachRemaining(messages::add);
                  return true;
                }));
    if (messages.isEmpty()) {
      throw new CliException(
          "nothing is known of " + what + (isAddress() ? " in that time; see --since" : ""));
    }
    PrintWriter out = Admin.out(spec);
    TracePrinter printer = new TracePrinter(out, ZoneId.systemDefault());
    for (TracedMessage message : messages.reversed()) {
      if (json) {
        out.println(json(message));
      } else {
        printer.print(message);
      }
    }
    if (!json && messages.size() == limit) {
      out.printf("(the newest %d; see --limit, --since and --until)%n", limit);
    }
  }

  private boolean isAddress() {
    return what.contains("@") && !what.startsWith("<");
  }

  private TraceMessagesRequest request() {
    Duration back = since == null && isAddress() ? Duration.ofDays(2) : since;
    Instant now = Instant.now();
    TraceMessagesRequest.Builder request = TraceMessagesRequest.newBuilder().setMost(limit);
    if (back != null) {
      request.setSinceMillis(now.minus(back).toEpochMilli());
    }
    if (until != null) {
      request.setUntilMillis(now.minus(until).toEpochMilli());
    }
    if (sent) {
      request.setSender(what);
    }
    if (received) {
      request.setRecipient(what);
    }
    if (what.startsWith("<")) {
      request.setMessageId(what);
    } else if (!what.contains("@")) {
      request.setId(what);
    } else if (!sent && !received) {
      request.setAny(what);
    }
    return request.build();
  }

  private static String json(TracedMessage message) {
    try {
      return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}
