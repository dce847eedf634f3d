package mailwing.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The load generator against a server that is not ours.
class BenchTest {
  @TempDir private Path directory = Path.of("");

  @Test
  void measuresAServerThatIsNotOursAndWritesTheFigures() throws Exception {
    GreenMail server =
        new GreenMail(
            new ServerSetup[] {
              new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP),
              new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_IMAP),
              new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_POP3)
            });
    server.start();
    try {
      for (int user = 1; user <= 10; user++) {
        server.setUser("user" + user + "@example.test", "user" + user, "secret");
      }
      Path json = directory.resolve("figures.json");
      StringWriter out = new StringWriter();
      int exit =
          Bench.run(
              new String[] {
                "--host=127.0.0.1",
                "--smtp-port=" + server.getSmtp().getPort(),
                "--imap-port=" + server.getImap().getPort(),
                "--pop3-port=" + server.getPop3().getPort(),
                "--login=user%d",
                "--recipient=user%d@example.test",
                "--password=secret",
                "--users=3",
                "--connections=3",
                "--seconds=0.3",
                "--warm-up=0.1",
                "--runs=1",
                "--size=1000",
                "--seeded=5",
                "--json=" + json,
                "smtp",
                "append",
                "login",
                "smtp-visible",
                "fetch-headers",
                "fetch-body",
                "store",
                "pop3"
              },
              new PrintWriter(out, true),
              new PrintWriter(out, true));

      assertThat(exit).as(out.toString()).isZero();
      try (JsonReader reader = Json.createReader(Files.newBufferedReader(json))) {
        var workloads = reader.readObject().getJsonArray("workloads");
        assertThat(workloads).hasSize(8);
        assertThat(workloads)
            .allSatisfy(
                workload ->
                    assertThat(workload.asJsonObject().getJsonObject("median").getInt("operations"))
                        .isPositive());
      }
    } finally {
      server.stop();
    }
  }

  @Test
  void measuresALargeMailboxAndTheMemoryOfAProcess() throws Exception {
    GreenMail server =
        new GreenMail(
            new ServerSetup[] {
              new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_IMAP),
              new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_POP3)
            });
    server.start();
    try {
      // After one that gets mail and five that are read.
      server.setUser("user7@example.test", "user7", "secret");
      Path json = directory.resolve("large.json");
      StringWriter out = new StringWriter();
      int exit =
          Bench.run(
              new String[] {
                "--host=127.0.0.1",
                "--imap-port=" + server.getImap().getPort(),
                "--pop3-port=" + server.getPop3().getPort(),
                "--login=user%d",
                "--recipient=user%d@example.test",
                "--password=secret",
                "--users=1",
                "--connections=2",
                "--messages=30",
                "--warm-up=0.1",
                "--patience=0",
                "--pid=" + ProcessHandle.current().pid(),
                "--json=" + json,
                "large"
              },
              new PrintWriter(out, true),
              new PrintWriter(out, true));

      assertThat(exit).as(out.toString()).isZero();
      assertThat(out.toString())
          .contains("large: 30 messages appended", "memory (PSS)")
          .containsPattern("(?m)^\\S+ " + ProcessHandle.current().pid() + " +[0-9]+ +[1-9][0-9]*");
      try (JsonReader reader = Json.createReader(Files.newBufferedReader(json))) {
        assertThat(reader.readObject().getJsonArray("workloads"))
            .extracting(workload -> workload.asJsonObject().getString("name"))
            .contains(
                "large-select",
                "large-envelope",
                "large-body-rare",
                "large-expunge-half",
                "large-pop3-top");
      }
    } finally {
      server.stop();
    }
  }

  @Test
  void comparesTwoServersPublishesTheRatiosAndChecksThem() throws Exception {
    GreenMail server =
        new GreenMail(
            new ServerSetup[] {
              new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP),
              new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_IMAP),
            });
    server.start();
    try {
      for (int user = 1; user <= 9; user++) {
        server.setUser("user" + user + "@example.test", "user" + user, "pass");
      }
      Path page = directory.resolve("page.md");
      Path ratios = directory.resolve("ratios.csv");
      Files.writeString(
          page,
          """
          # Speed
          <!-- made by bench --publish from deploy/bench/ratios.csv -->
          <!-- end of the table -->
          That was it.
          """);
      StringWriter out = new StringWriter();
      assertThat(sideBySide(server, ratios, page, "--publish", out)).as(out.toString()).isZero();

      assertThat(Files.readString(page))
          .startsWith("# Speed\n")
          .contains("| APPEND, 5 KB, a second | ", "| SMTP, 5 KB, 100 mailboxes: durable")
          .endsWith("<!-- end of the table -->\nThat was it.\n");
      assertThat(out.toString())
          .contains("append, run 1 of 1, Mailwing:", "append, run 1 of 1, it:");
      assertThat(Files.readAllLines(ratios))
          .anyMatch(line -> line.startsWith("append,"))
          .anyMatch(line -> line.startsWith("large-search-subject-again,"));

      StringWriter checked = new StringWriter();
      int code = sideBySide(server, ratios, page, "--check", checked);
      assertThat(code).isBetween(0, 3);
      assertThat(checked.toString())
          .containsPattern("(?m)^append +(holds|worse|not told) +ratio .*, published .*, at least");
    } finally {
      server.stop();
    }
  }

  private static int sideBySide(
      GreenMail server, Path ratios, Path page, String how, StringWriter out) {
    return Bench.run(
        new String[] {
          "--host=127.0.0.1",
          "--smtp-port=" + server.getSmtp().getPort(),
          "--imap-port=" + server.getImap().getPort(),
          "--login=user%d",
          "--recipient=user%d@example.test",
          "--password=pass",
          "--against=127.0.0.1",
          "--against-smtp-port=" + server.getSmtp().getPort(),
          "--against-imap-port=" + server.getImap().getPort(),
          "--against-recipient=user%d@example.test",
          "--against-first=5",
          "--against-name=it",
          "--users=2",
          "--connections=1",
          "--seconds=0.2",
          "--warm-up=0.1",
          "--patience=0",
          "--runs=1",
          "--size=1000",
          "--ratios=" + ratios,
          "--page=" + page,
          how,
          "--messages=30",
          "smtp-visible",
          "append",
          "large"
        },
        new PrintWriter(out, true),
        new PrintWriter(out, true));
  }

  @Test
  void aCheckWithoutAPeerIsAWrongCommandLine() {
    StringWriter err = new StringWriter();
    int exit =
        Bench.run(
            new String[] {"--host=127.0.0.1", "--check"},
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true));
    assertThat(exit).isEqualTo(2);
    assertThat(err.toString()).contains("needs --against");
  }

  @Test
  void anUnknownWorkloadIsNamedInTheError() {
    StringWriter err = new StringWriter();
    int exit =
        Bench.run(
            new String[] {"--host=127.0.0.1", "fly"},
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true));
    assertThat(exit).isEqualTo(2);
    assertThat(err.toString()).contains("no workload 'fly'");
  }
}
