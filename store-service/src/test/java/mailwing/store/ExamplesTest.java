package mailwing.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import mailwing.store.v1.AddApiKeyRequest;
import mailwing.store.v1.AddDomainRequest;
import mailwing.store.v1.AddUserRequest;
import mailwing.store.v1.DirectoryGrpc;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs the worked examples of docs/store-api.md as a reader would.
final class ExamplesTest {
  private static final Path EXAMPLES = Path.of("../deploy/examples").toAbsolutePath().normalize();
  private static final String MAILBOXES = "Archive 0\nDrafts 0\nINBOX 0\nJunk 0\nSent 0\nTrash 0\n";

  private static TestStore store;
  private static String target;
  private static String key;
  @TempDir private Path directory;

  private record Ended(int code, String output) {}

  @BeforeAll
  static void start() {
    store = TestStore.start();
    target = "127.0.0.1:" + store.service().grpcPort();
    DirectoryGrpc.DirectoryBlockingStub admin =
        store.as(DirectoryGrpc.newBlockingStub(store.channel()), TestStore.ADMIN);
    admin.addDomain(AddDomainRequest.newBuilder().setName("x.example").build());
    admin.addUser(AddUserRequest.newBuilder().setAddress("me@x.example").build());
    key =
        admin
            .addApiKey(
                AddApiKeyRequest.newBuilder()
                    .setName("example")
                    .addScopes("mail:read")
                    .setAddress("me@x.example")
                    .build())
            .getSecret();
  }

  @AfterAll
  static void stop() {
    store.close();
  }

  @Test
  void javaExampleListsMailboxes() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String classes = System.getProperty("java.class.path");
    String source = EXAMPLES.resolve("java/ListMailboxes.java").toString();
    List<String> command =
        List.of(
            java,
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            classes,
            source,
            target);
    Ended good = run(EXAMPLES, with(command, key));
    assertThat(sorted(good.output)).isEqualTo(MAILBOXES);
    assertThat(good.code).isZero();
    Ended refused = run(EXAMPLES, with(command, "mwk_wrong"));
    assertThat(refused.output).isEqualTo("refused: CREDENTIAL_INVALID\n");
    assertThat(refused.code).isEqualTo(1);
  }

  @Test
  void nodeExampleListsMailboxes() throws Exception {
    Assumptions.assumeTrue(
        runs("node") && runs("npm"), "SKIPPED: the Node example needs node and npm on the PATH");
    for (String file : List.of("package.json", "list-mailboxes.js")) {
      Files.copy(EXAMPLES.resolve("node").resolve(file), directory.resolve(file));
    }
    Ended installed = run(directory, List.of("npm", "install", "--no-audit", "--no-fund"));
    Assumptions.assumeTrue(
        installed.code == 0, "SKIPPED: npm cannot install @grpc/grpc-js: " + installed.output);
    String protos = EXAMPLES.resolve("../../proto/src/main/protobuf").normalize().toString();
    Ended good = run(directory, List.of("node", "list-mailboxes.js", target, key, protos));
    assertThat(sorted(good.output)).isEqualTo(MAILBOXES);
    assertThat(good.code).isZero();
    Ended refused =
        run(directory, List.of("node", "list-mailboxes.js", target, "mwk_wrong", protos));
    assertThat(refused.output).isEqualTo("refused: CREDENTIAL_INVALID\n");
    assertThat(refused.code).isEqualTo(1);
  }

  private static List<String> with(List<String> command, String last) {
    List<String> whole = new java.util.ArrayList<>(command);
    whole.add(last);
    return whole;
  }

  private static String sorted(String lines) {
    return String.join("\n", lines.lines().sorted().toList()) + "\n";
  }

  private static boolean runs(String program) throws InterruptedException {
    try {
      return run(Path.of("."), List.of(program, "--version")).code == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static Ended run(Path directory, List<String> command)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return new Ended(process.waitFor(), output);
  }
}
