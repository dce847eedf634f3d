package mailwing.cli;

import java.io.PrintWriter;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import mailwing.cli.AdminClient.StoreRefusal;
import mailwing.store.v1.DirectoryGrpc;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/// The administration commands as one command line: `domain`, `user`, `alias`, `group`, `ban`,
/// `key`, `share`, `queue`, `trace`, `dkim`, `dns`.
///
/// Exit codes: 0 done, 1 refused or not reached, 2 a wrong command line. An error is one line on
/// standard error.
@Command(
    name = "mailwing",
    description = "Administers a running Mailwing.",
    subcommands = {
      DomainCommand.class,
      UserCommand.class,
      AliasCommand.class,
      GroupCommand.class,
      BanCommand.class,
      KeyCommand.class,
      ShareCommand.class,
      QueueCommand.class,
      TraceCommand.class,
      DkimCommand.class,
      DnsCommand.class,
      SecretsCommand.class,
    },
    mixinStandardHelpOptions = true)
public final class Admin implements Runnable {
  @Spec CommandSpec spec;

  /// Runs one command; the answer is the exit code.
  public static int run(String... arguments) {
    return commandLine(new Admin()).execute(arguments);
  }

  /// Runs one command and exits.
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /// A command line with our ways: errors in one line, exit code 2 for a wrong use.
  public static CommandLine commandLine(Object command) {
    return new CommandLine(command)
        .setExecutionExceptionHandler(
            (e, line, parsed) -> {
              if (e instanceof CliException || e instanceof StoreRefusal) {
                line.getErr().println("mailwing: " + e.getMessage());
                return CommandLine.ExitCode.SOFTWARE;
              }
              throw e;
            })
        .setParameterExceptionHandler(
            (e, arguments) -> {
              var line = e.getCommandLine();
              line.getErr()
                  .println(
                      "mailwing: "
                          + reason(e)
                          + "; see `"
                          + line.getCommandSpec().qualifiedName()
                          + " --help`");
              return CommandLine.ExitCode.USAGE;
            })
        .setUsageHelpAutoWidth(true);
  }

  private static String reason(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched
        && !e.getCommandLine().getSubcommands().isEmpty()
        && !unmatched.getUnmatched().getFirst().startsWith("-")) {
      return "there is no `"
          + e.getCommandLine().getCommandSpec().qualifiedName()
          + " "
          + unmatched.getUnmatched().getFirst()
          + "`";
    }
    return String.valueOf(e.getMessage());
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /// Connects, makes the call and hangs up.
  static void with(StoreOptions options, Consumer<AdminClient> work) {
    Map<String, String> environment = System.getenv();
    try (var client = AdminClient.connect(options.resolve(environment))) {
      work.accept(client);
    }
  }

  /// Calls the directory for a list, and prints it, one a line.
  ///
  /// @param about what the list is of, for the line that tells an error
  static <T> void list(
      StoreOptions options,
      CommandSpec spec,
      String about,
      Function<DirectoryGrpc.DirectoryBlockingStub, Iterator<T>> call,
      Function<T, String> line) {
    PrintWriter out = out(spec);
    with(
        options,
        client ->
            client.list(
                about,
                stub -> {
                  call.apply(stub).forEachRemaining(one -> out.println(line.apply(one)));
                  return true;
                }));
  }

  /// Where a list goes.
  static PrintWriter out(CommandSpec spec) {
    return spec.commandLine().getOut();
  }
}
