package mailwing.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which store a command speaks to.
///
/// In order: `--server` with `--credential-file`; `--data`; the environment's MAILWING_ADMIN_SERVER
/// and MAILWING_ADMIN_CREDENTIAL_FILE (with MAILWING_ADMIN_CA, _CERT, _KEY and _AUTHORITY for
/// mTLS), which is how a container knows its own store; `./data`.
final class StoreOptions {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "The data directory of the system to speak to (default: ./data).")
  @Nullable Path data;

  @Option(
      names = "--server",
      paramLabel = "HOST:PORT",
      description = "The store's gRPC address, instead of a data directory.")
  @Nullable String server;

  @Option(
      names = "--credential-file",
      paramLabel = "FILE",
      description = "A file that holds the administrator's credential; goes with --server.")
  @Nullable Path credentialFile;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "Authorities (PEM) that the server's certificate must come from; turns TLS on.")
  @Nullable Path ca;

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      description = "Our certificate (PEM), where the server wants one.")
  @Nullable Path cert;

  @Option(names = "--key", paramLabel = "FILE", description = "Its key (PEM, PKCS #8).")
  @Nullable Path key;

  @Option(
      names = "--authority",
      paramLabel = "NAME",
      description = "The name the server's certificate must have, where HOST is another.")
  @Nullable String authority;

  @Option(
      names = "--plaintext",
      description = "Send the credential without TLS to a host that is not this one.")
  boolean plaintext;

  /// Where a command goes and what it proves itself with.
  record Target(
      String server,
      String credential,
      Optional<Path> ca,
      Optional<Path> cert,
      Optional<Path> key,
      Optional<String> authority,
      boolean plaintext) {
    @Override
    public String toString() {
      return "Target[server=" + server + "]";
    }
  }

  Target resolve(Map<String, String> environment) {
    if (server != null) {
      if (data != null) {
        throw new CliException("--server and --data name two systems: give one of them");
      }
      var file = credentialFile != null ? credentialFile : path(environment, "CREDENTIAL_FILE");
      if (file == null) {
        throw new CliException("--server needs --credential-file FILE");
      }
      return target(server, credential(file), environment);
    }
    var known = environment.get("MAILWING_ADMIN_SERVER");
    if (data == null && known != null && !known.isEmpty()) {
      var file = credentialFile != null ? credentialFile : path(environment, "CREDENTIAL_FILE");
      if (file == null) {
        throw new CliException(
            "MAILWING_ADMIN_SERVER is set: set MAILWING_ADMIN_CREDENTIAL_FILE too");
      }
      return target(known, credential(file), environment);
    }
    var run = RunFile.read((data != null ? data : Path.of("data")).toAbsolutePath().normalize());
    return new Target(
        run.server(),
        credentialFile != null ? credential(credentialFile) : run.credential(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        plaintext);
  }

  private Target target(String address, String credential, Map<String, String> environment) {
    return new Target(
        address,
        credential,
        Optional.ofNullable(ca != null ? ca : path(environment, "CA")),
        Optional.ofNullable(cert != null ? cert : path(environment, "CERT")),
        Optional.ofNullable(key != null ? key : path(environment, "KEY")),
        Optional.ofNullable(authority != null ? authority : text(environment, "AUTHORITY")),
        plaintext);
  }

  private static String credential(Path file) {
    try {
      var credential = Files.readString(file).strip();
      if (credential.isEmpty() || credential.contains("\n")) {
        throw new CliException(file + " must hold one credential on one line");
      }
      return credential;
    } catch (IOException e) {
      throw new CliException("cannot read the credential file " + file);
    }
  }

  private static @Nullable Path path(Map<String, String> environment, String name) {
    var text = text(environment, name);
    return text == null ? null : Path.of(text);
  }

  private static @Nullable String text(Map<String, String> environment, String name) {
    var text = environment.get("MAILWING_ADMIN_" + name);
    return text == null || text.isEmpty() ? null : text;
  }
}
