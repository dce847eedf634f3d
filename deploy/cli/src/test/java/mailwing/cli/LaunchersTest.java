package mailwing.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;

/// What starts the commands, on a machine and in a container, knows each of them.
class LaunchersTest {
  private static final Path ROOT = Path.of("../..");

  /// A branch of the shell's `case` that takes commands.
  private static List<String> branches(Path script) throws IOException {
    return Files.readAllLines(script).stream()
        .filter(line -> line.matches(" *(up \\| )?domain \\| .*\\)"))
        .map(line -> " " + line.replace(")", " ").strip() + " ")
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mailwing", "deploy/docker/mailwing"})
  void everyCommandIsStarted(String script) throws IOException {
    List<String> branches = branches(ROOT.resolve(script));
    assertThat(branches).isNotEmpty();
    for (Class<?> command : Admin.class.getAnnotation(Command.class).subcommands()) {
      String name = command.getAnnotation(Command.class).name();
      if (!name.equals("secrets") || script.startsWith("deploy/docker")) {
        assertThat(branches).allSatisfy(branch -> assertThat(branch).contains(" " + name + " "));
      }
    }
  }
}
