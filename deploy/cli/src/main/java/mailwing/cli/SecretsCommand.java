package mailwing.cli;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import mailwing.cli.pki.ServiceSecrets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `mailwing secrets`: what the compose file's one-shot service runs.
@Command(
    name = "secrets",
    mixinStandardHelpOptions = true,
    description = {
      "Makes, below a directory, one CA, a certificate and credentials for each service, each in a"
          + " folder of its own.",
      "What is there already is kept; certificates are made anew 60 days before they end or for"
          + " another host name.",
      "PostgreSQL's password is taken from MAILWING_POSTGRES_PASSWORD, or made."
    })
public final class SecretsCommand implements Callable<Integer> {
  @Option(names = "--dir", required = true, description = "Where the folders are made.")
  private Path directory = Path.of("secrets");

  @Option(
      names = "--hostname",
      description = "A name or address that mail clients connect to; may be repeated.")
  private List<String> hostNames = new ArrayList<>();

  @Option(
      names = "--service-uid",
      description = "Who owns the services' files (default ${DEFAULT-VALUE}).")
  private int serviceUid = 8025;

  @Option(names = "--kafka-uid", description = "Who owns Kafka's files (default ${DEFAULT-VALUE}).")
  private int kafkaUid = 1000;

  @Override
  public Integer call() throws Exception {
    Set<String> names = new LinkedHashSet<>(hostNames);
    names.addAll(List.of("localhost", "127.0.0.1", "::1"));
    String password = System.getenv().getOrDefault("MAILWING_POSTGRES_PASSWORD", "");
    ServiceSecrets.make(
        directory,
        List.copyOf(names),
        password,
        new ServiceSecrets.Owners(serviceUid, kafkaUid),
        Clock.systemUTC());
    return 0;
  }
}
