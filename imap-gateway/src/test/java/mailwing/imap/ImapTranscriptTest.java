package mailwing.imap;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import mailwing.testkit.Transcript;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// Plays the sessions in src/test/transcripts against real gateways, store, PostgreSQL and Kafka.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImapTranscriptTest {
  private ImapFixture fixture;

  @BeforeAll
  void start() throws IOException {
    fixture = ImapFixture.start();
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  @TestFactory
  Stream<DynamicTest> transcripts() throws IOException {
    return Transcript.tests(Path.of("src/test/transcripts"), fixture.setting());
  }
}
