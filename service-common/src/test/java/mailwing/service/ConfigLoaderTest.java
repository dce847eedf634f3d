package mailwing.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigLoaderTest {
  private static final Key<Integer> PORT = Key.port("listeners.pop3.port", 110, "");
  private static final Key<Long> SIZE = Key.size("limits.message-size", "50 MiB", "");
  private static final Key<Duration> TIME = Key.duration("limits.idle-time", "35m", "");
  private static final Key<Networks> TRUSTED =
      Key.networks("trusted-networks", List.of("127.0.0.0/8"), "");
  private static final Key<Secret> CREDENTIAL = Key.secret("store.credential", "");
  private static final Key<Boolean> FLAG = Key.flag("mark-seen", true, "");
  private static final Key<String> NAME = Key.text("host-name", null, "");
  private static final List<Key<?>> KEYS =
      List.of(PORT, SIZE, TIME, TRUSTED, CREDENTIAL, FLAG, NAME);

  @TempDir Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("service.yaml"), text);
  }

  @Test
  void defaultsHoldWithoutAFile() {
    Settings settings = ConfigLoader.load(KEYS, null, Map.of("PATH", "/bin"));
    assertThat(settings.get(PORT)).isEqualTo(110);
    assertThat(settings.get(SIZE)).isEqualTo(50L << 20);
    assertThat(settings.find(NAME)).isEmpty();
    assertThatThrownBy(() -> settings.get(NAME))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("host-name")
        .hasMessageContaining("MAILWING_HOST_NAME");
  }

  @Test
  void aListKeepsItsOrder() throws Exception {
    Key<List<String>> list = Key.list("auth.mechanisms", List.of(), "");
    List<String> items = IntStream.range(0, 30).mapToObj(n -> "M-" + n).toList();
    Path file = file("auth:\n  mechanisms: [" + String.join(", ", items) + "]\n");
    assertThat(ConfigLoader.load(List.of(list), file, Map.of()).get(list)).isEqualTo(items);
  }

  @Test
  void aProcessOfSeveralHasDefaultsOfItsOwnAndDecidesWhatNoFileMay() throws Exception {
    Map<String, String> defaults = Map.of("mark-seen", "false", "limits.idle-time", "1s");
    Map<String, String> decided = Map.of("host-name", "here", "store.credential", "mws_x");
    Settings settings =
        ConfigLoader.load(KEYS, defaults, decided, file("limits: {idle-time: 2s}\n"));
    assertThat(settings.get(FLAG)).isFalse();
    assertThat(settings.get(TIME)).isEqualTo(Duration.ofSeconds(2));
    assertThat(settings.get(NAME)).isEqualTo("here");
    assertThat(ConfigLoader.load(KEYS, defaults, decided, null).get(PORT)).isEqualTo(110);
    Path meddling = file("host-name: there\nstore:\n  credential-file: /x\n");
    assertThatThrownBy(() -> ConfigLoader.load(KEYS, defaults, decided, meddling))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("key host-name in " + meddling + " is not for the file")
        .hasMessageContaining("key store.credential-file in");
  }

  @Test
  void environmentStandsOverTheFile() throws Exception {
    Path secret = Files.writeString(directory.resolve("credential"), "mws_hush\n");
    Path file =
        file(
            """
            # A comment
            listeners:
              pop3:
                port: 2110
            limits:
              message-size: 10 KiB
              idle-time: 500ms
            trusted-networks:
              - 10.0.0.0/8
              - ::1
            mark-seen: false
            store:
              credential-file: %s
            """
                .formatted(secret));
    Settings settings =
        ConfigLoader.load(
            KEYS, file, Map.of("MAILWING_LISTENERS_POP3_PORT", "0", "MAILWING_CONFIG", "x"));
    assertThat(settings.get(PORT)).isZero();
    assertThat(settings.get(SIZE)).isEqualTo(10240);
    assertThat(settings.get(TIME)).isEqualTo(Duration.ofMillis(500));
    assertThat(settings.get(FLAG)).isFalse();
    assertThat(settings.get(CREDENTIAL).reveal()).isEqualTo("mws_hush");
    assertThat(settings.get(CREDENTIAL).toString()).doesNotContain("hush");
    Networks trusted = settings.get(TRUSTED);
    assertThat(trusted.contains(InetAddress.ofLiteral("10.255.0.1"))).isTrue();
    assertThat(trusted.contains(InetAddress.ofLiteral("::1"))).isTrue();
    assertThat(trusted.contains(InetAddress.ofLiteral("11.0.0.1"))).isFalse();
    assertThat(trusted.contains(InetAddress.ofLiteral("127.0.0.1"))).isFalse();
  }

  @Test
  void everyProblemIsNamedWithWhatIsAllowed() throws Exception {
    Path file =
        file(
            "listeners:\n  pop3:\n    prot: 1\nlimits:\n  message-size: big\nmark-seen: perhaps\n");
    assertThatThrownBy(
            () ->
                ConfigLoader.load(
                    KEYS,
                    file,
                    Map.of(
                        "MAILWING_LISTENERS_POP3_PORT",
                        "70000",
                        "MAILWING_LISTENER_PORT",
                        "1",
                        "MAILWING_STORE_CREDENTIAL_FILE",
                        "/nowhere/hush")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("unknown key listeners.pop3.prot in " + file)
        .hasMessageContaining("allowed: listeners.pop3.port")
        .hasMessageContaining("limits.message-size")
        .hasMessageContaining("a size such as")
        .hasMessageContaining("mark-seen")
        .hasMessageContaining("true or false")
        .hasMessageContaining("MAILWING_LISTENERS_POP3_PORT has '70000'")
        .hasMessageContaining("unknown variable MAILWING_LISTENER_PORT")
        .hasMessageContaining("MAILWING_STORE_CREDENTIAL_FILE names a file that cannot be read");
  }

  @Test
  void whatIsNotYamlOrNotThereIsOneClearLine() throws Exception {
    Path file = file("a: [b\n  c: }\n");
    assertThatThrownBy(() -> ConfigLoader.load(KEYS, file, Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is not YAML")
        .message()
        .doesNotContain("\n");
    assertThatThrownBy(() -> ConfigLoader.load(KEYS, directory.resolve("none"), Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("cannot be read");
  }
}
