package mailwing.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import mailwing.gateway.GatewayMain;
import mailwing.imap.ImapConfig;
import mailwing.pop3.Pop3Config;
import mailwing.service.Key;
import mailwing.service.Manual;
import mailwing.smtp.SmtpConfig;
import mailwing.store.StoreSettings;
import org.junit.jupiter.api.Test;

/// docs/configuration.md names every key as the program has it. To write it anew: `./mvnw verify
/// -pl deploy/acceptance -am -Dmailwing.write-docs=true -Dtest=ConfigurationPageTest`.
class ConfigurationPageTest {
  private static final Path PAGE = Path.of("../../docs/configuration.md");
  private static final String START =
      """
      # Configuration

      Each service reads one small YAML file (`--config FILE`, or the file that `MAILWING_CONFIG` names). Every key has a
      safe default or is named when it is missing. The environment overrides the file: `limits.message` is
      `MAILWING_LIMITS_MESSAGE`. A secret `store.credential` may be given as `store.credential-file`, or
      `MAILWING_STORE_CREDENTIAL_FILE`: a file that holds it. A wrong or unknown key is an error that names it.
      `./mailwing imap-gateway --help` prints the same.

      `./mailwing up` needs none of this. With `--config DIR` it reads those of `store-service.yaml`, `smtp-gateway.yaml`,
      `pop3-gateway.yaml` and `imap-gateway.yaml` that are there, but no environment; addresses, ports and credentials it decides
      by itself, and it trusts 127.0.0.0/8 and ::1 unless it has `--bind` or the file has `trusted-networks` (`""`: nobody), so
      that no limit and no check of senders holds on this machine. `deploy/docker/config` has the files of the containers.
      """;

  @Test
  void thePageNamesEveryKeyAsTheProgramHasIt() throws IOException {
    StringBuilder page = new StringBuilder(START);
    section(page, "store-service", StoreSettings.keys());
    section(page, "smtp-gateway", gateway(SmtpConfig.keys()));
    section(page, "pop3-gateway", gateway(Pop3Config.keys()));
    section(page, "imap-gateway", gateway(ImapConfig.keys()));
    if (Boolean.getBoolean("mailwing.write-docs")) {
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PAGE)).isEqualTo(page.toString());
  }

  private static List<Key<?>> gateway(Collection<? extends Key<?>> own) {
    List<Key<?>> keys = new ArrayList<>(GatewayMain.keys());
    keys.addAll(own);
    return keys;
  }

  private static void section(
      StringBuilder page, String service, Collection<? extends Key<?>> keys) {
    page.append("\n## ").append(service).append("\n\n").append(Manual.table(keys));
  }
}
