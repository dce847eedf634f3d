package mailwing.store.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The contract only grows.
///
/// src/test/resources/contract.txt is what clients may rely on. A line of it that is no longer true is a breaking
/// change: a field, call or value that was removed, renamed, renumbered or retyped. What is new is added to it by
///
///     ./mvnw test -pl store-service -am -Dtest=ContractTest -Dsurefire.failIfNoSpecifiedTests=false \
///       -Dmailwing.contract.extend=true
///
/// which adds lines and never takes one away.
final class ContractTest {
  private static final Path GOLDEN = Path.of("src/test/resources/contract.txt");

  @Test
  void nothingThatClientsRelyOnHasChanged() throws Exception {
    List<String> promised = Files.exists(GOLDEN) ? Files.readAllLines(GOLDEN) : List.of();
    List<String> now = Contract.lines();
    assertThat(now).as("lines of contract.txt that are true no longer").containsAll(promised);
    if (Boolean.getBoolean("mailwing.contract.extend")) {
      Files.createDirectories(Path.of("src/test/resources"));
      Files.write(GOLDEN, now);
      return;
    }
    List<String> added = new ArrayList<>(now);
    added.removeAll(promised);
    assertThat(added).as("new in the contract: extend contract.txt, see this class").isEmpty();
  }

  @Test
  void everyFileOfTheContractIsCompared() throws Exception {
    try (var files = Files.list(Path.of("../proto/src/main/protobuf/mailwing/store/v1"))) {
      assertThat(files.map(f -> "mailwing/store/v1/" + f.getFileName()))
          .containsExactlyInAnyOrderElementsOf(
              Contract.files().stream().map(f -> f.getName()).toList());
    }
  }
}
