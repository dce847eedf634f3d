package mailwing.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import mailwing.store.v1.AddDkimKeysRequest;
import mailwing.store.v1.DkimKey;
import mailwing.store.v1.ListDkimKeysRequest;
import mailwing.store.v1.RetireDkimKeyRequest;
import mailwing.store.v1.RotateDkimKeysRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Keys that sign mail that leaves.
@Command(
    name = "dkim",
    description = "Keys that sign mail that leaves, and what is to be in the DNS for them.",
    mixinStandardHelpOptions = true)
public final class DkimCommand implements Runnable {
  /// What one string of a TXT record holds at most (RFC 1035 §3.3).
  private static final int STRING_OCTETS = 255;

  /// Which algorithms to make keys of.
  enum Choice {
    rsa(DkimKey.Algorithm.RSA),
    ed25519(DkimKey.Algorithm.ED25519);

    private final DkimKey.Algorithm algorithm;

    Choice(DkimKey.Algorithm algorithm) {
      this.algorithm = algorithm;
    }
  }

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say add, list, show, rotate or retire");
  }

  @Command(
      name = "add",
      description = "Makes keys of a domain and prints the records to publish.",
      mixinStandardHelpOptions = true)
  void add(
      @Mixin StoreOptions store,
      @Parameters(paramLabel = "DOMAIN") String domain,
      @Option(
              names = "--algorithm",
              paramLabel = "NAME",
              description = "rsa or ed25519; without, a key of each.")
          @Nullable Choice algorithm,
      @Option(
              names = "--selector",
              paramLabel = "NAME",
              description = "With --algorithm; without, the day and a letter.")
          @Nullable String selector,
      @Option(
              names = "--wait",
              paramLabel = "TIME",
              description = "How long it waits at least before it signs, such as PT1H or PT0S.")
          @Nullable Duration wait) {
    AddDkimKeysRequest.Builder request = AddDkimKeysRequest.newBuilder().setDomain(domain);
    if (algorithm != null) {
      request.addAlgorithms(algorithm.algorithm);
    }
    if (selector != null) {
      request.setSelector(selector);
    }
    if (wait != null) {
      request.setWaitSeconds(wait.toSeconds());
    }
    Admin.with(
        store,
        client ->
            publish(client.callDkim(domain, s -> s.addDkimKeys(request.build())).getKeysList()));
  }

  @Command(
      name = "rotate",
      description =
          "Makes a successor of each key that signs, and prints the records to publish; the old"
              + " keys sign until the DNS shows the new ones.",
      mixinStandardHelpOptions = true)
  void rotate(
      @Mixin StoreOptions store,
      @Parameters(paramLabel = "DOMAIN") String domain,
      @Option(
              names = "--wait",
              paramLabel = "TIME",
              description = "How long they wait at least before they sign, such as PT1H.")
          @Nullable Duration wait) {
    RotateDkimKeysRequest.Builder request = RotateDkimKeysRequest.newBuilder().setDomain(domain);
    if (wait != null) {
      request.setWaitSeconds(wait.toSeconds());
    }
    Admin.with(
        store,
        client ->
            publish(client.callDkim(domain, s -> s.rotateDkimKeys(request.build())).getKeysList()));
  }

  @Command(
      name = "list",
      description =
          "Lists keys, one a line: domain, selector, algorithm, state (published, active, retired)"
              + " and since when, after tabs.",
      mixinStandardHelpOptions = true)
  void list(
      @Mixin StoreOptions store,
      @Parameters(paramLabel = "DOMAIN", arity = "0..1", description = "Without, of all.")
          @Nullable String domain) {
    Admin.with(store, client -> keys(client, domain).forEach(key -> out().println(line(key))));
  }

  @Command(
      name = "show",
      description = "Prints the records that are to be in the DNS, as in a zone file.",
      mixinStandardHelpOptions = true)
  void show(@Mixin StoreOptions store, @Parameters(paramLabel = "DOMAIN") String domain) {
    Admin.with(
        store,
        client -> {
          for (DkimKey key : keys(client, domain)) {
            out().println("; " + note(key));
            out().println(record(key));
          }
        });
  }

  @Command(
      name = "retire",
      description =
          "Ends a key at once, as one that others may know; its record has to stay for what it"
              + " signed, unless that is to count no more.",
      mixinStandardHelpOptions = true)
  void retire(
      @Mixin StoreOptions store,
      @Parameters(paramLabel = "DOMAIN") String domain,
      @Parameters(paramLabel = "SELECTOR") String selector) {
    Admin.with(
        store,
        client ->
            client.callDkim(
                domain,
                s ->
                    s.retireDkimKey(
                        RetireDkimKeyRequest.newBuilder()
                            .setDomain(domain)
                            .setSelector(selector)
                            .build())));
  }

  static List<DkimKey> keys(AdminClient client, @Nullable String domain) {
    return client.callDkim(
        domain == null ? "keys" : domain,
        s -> {
          List<DkimKey> keys = new ArrayList<>();
          s.listDkimKeys(
                  ListDkimKeysRequest.newBuilder().setDomain(domain == null ? "" : domain).build())
              .forEachRemaining(keys::add);
          return keys;
        });
  }

  private PrintWriter out() {
    return Admin.out(spec);
  }

  private void publish(List<DkimKey> keys) {
    for (DkimKey key : keys) {
      out().println("; publish this; " + note(key));
      out().println(record(key));
    }
  }

  private static String line(DkimKey key) {
    return String.join(
        "\t",
        key.getDomain(),
        key.getSelector(),
        key.getAlgorithm().name().toLowerCase(Locale.ROOT),
        key.getState().name().toLowerCase(Locale.ROOT),
        Instant.ofEpochSecond(key.getChangedAtSeconds()).toString());
  }

  static String note(DkimKey key) {
    return switch (key.getState()) {
      case PUBLISHED ->
          "it signs once the DNS shows it, not before "
              + Instant.ofEpochSecond(key.getSignAfterSeconds());
      case ACTIVE -> "it signs since " + Instant.ofEpochSecond(key.getChangedAtSeconds());
      case RETIRED ->
          "it signs no more; remove the record after "
              + Instant.ofEpochSecond(key.getForgottenAtSeconds());
      case STATE_UNSPECIFIED, UNRECOGNIZED -> "of a state that this version does not know";
    };
  }

  /// A line of a zone file, the text in strings of at most 255 octets.
  static String record(DkimKey key) {
    StringBuilder line = new StringBuilder(key.getRecordName()).append(". IN TXT (");
    String text = key.getRecordText();
    for (int at = 0; at < text.length(); at += STRING_OCTETS) {
      line.append(" \"").append(text, at, Math.min(text.length(), at + STRING_OCTETS)).append('"');
    }
    return line.append(" )").toString();
  }
}
