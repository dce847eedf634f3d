package mailwing.acceptance;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/// Runs another module's test classes in a JVM of their own, in that module's directory, with
/// system properties that name the servers they use.
final class TestRun {
  private static final long MINUTES = 10;

  private TestRun() {}

  /// What became of one test.
  ///
  /// @param failure empty: it passed
  record Outcome(String name, String failure) {}

  /// @param directory the module's
  /// @param classes the test classes' full names
  static List<Outcome> run(Path directory, Map<String, String> properties, List<String> classes)
      throws IOException, InterruptedException {
    Path module = directory.toRealPath();
    Path report = Files.createTempFile("mailwing-tests", ".txt");
    Path output = Files.createTempFile("mailwing-tests", ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Djdk.virtualThreadScheduler.parallelism=32",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"));
    properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
    command.addAll(
        List.of(
            "-cp",
            module.resolve("target/test-classes") + ":" + System.getProperty("java.class.path"),
            TestRun.class.getName(),
            report.toString()));
    command.addAll(classes);
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(module.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly().waitFor();
        return List.of(
            new Outcome(
                "the tests' process", "not done after " + MINUTES + " minutes" + output(output)));
      }
      List<Outcome> outcomes = new ArrayList<>();
      for (String line : Files.readAllLines(report)) {
        String[] fields = line.split("\t", -1);
        outcomes.add(new Outcome(decoded(fields[0]), decoded(fields[1])));
      }
      if (process.exitValue() != 0 || outcomes.isEmpty()) {
        outcomes.add(
            new Outcome(
                "the tests' process", "ended with " + process.exitValue() + output(output)));
      }
      return outcomes;
    } finally {
      Files.deleteIfExists(report);
      Files.deleteIfExists(output);
    }
  }

  private static String output(Path output) throws IOException {
    List<String> lines = Files.readAllLines(output);
    return ":\n" + String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
  }

  /// The child: `REPORT CLASS...`.
  public static void main(String[] arguments) throws IOException {
    var request = LauncherDiscoveryRequestBuilder.request();
    for (int i = 1; i < arguments.length; i++) {
      request.selectors(DiscoverySelectors.selectClass(arguments[i]));
    }
    try (PrintWriter report =
        new PrintWriter(
            Files.newBufferedWriter(Path.of(arguments[0]), StandardCharsets.UTF_8), true)) {
      LauncherFactory.create().execute(request.build(), new Reporter(report));
    }
    System.exit(0);
  }

  private static final class Reporter implements TestExecutionListener {
    private final PrintWriter report;

    Reporter(PrintWriter report) {
      this.report = report;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      Optional<Throwable> failure = result.getThrowable();
      boolean failed = result.getStatus() == TestExecutionResult.Status.FAILED;
      if (test.isTest() || failed) {
        String text = failed ? failure.map(Reporter::trace).orElse("failed") : "";
        String name =
            test.getSource().map(Reporter::className).orElse("") + ": " + test.getDisplayName();
        report.println(encoded(name) + "\t" + encoded(text));
      }
    }

    private static String className(TestSource source) {
      return switch (source) {
        case MethodSource method -> method.getJavaClass().getSimpleName();
        case ClassSource type -> type.getJavaClass().getSimpleName();
        default -> "";
      };
    }

    private static String trace(Throwable failure) {
      StringWriter text = new StringWriter();
      failure.printStackTrace(new PrintWriter(text));
      return text.toString();
    }
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String decoded(String text) {
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }
}
