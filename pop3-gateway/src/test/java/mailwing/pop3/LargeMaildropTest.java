package mailwing.pop3;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mailwing.gateway.ConnectionConfig;
import mailwing.gateway.Encryption;
import mailwing.gateway.ListenerConfig;
import mailwing.gateway.StoreClient;
import mailwing.gateway.StoreSession;
import mailwing.gateway.StoreUpload;
import mailwing.service.Metrics;
import mailwing.service.Networks;
import mailwing.service.Secret;
import mailwing.store.v1.AppendHeader;
import mailwing.store.v1.AppendRequest;
import mailwing.store.v1.AppendResponse;
import mailwing.store.v1.ClientInfo;
import mailwing.testkit.StoreCalls;
import mailwing.testkit.TestStore;
import mailwing.testkit.TestTls;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What a session asks of the store, however many messages the maildrop has (RFC 1939 §5).
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LargeMaildropTest {
  private static final int FEW = 20;
  private static final int MANY = 3000;
  private static final int BATCH = 500;

  private final StoreCalls asked = new StoreCalls();
  private TestStore store;
  private StoreClient client;
  private Pop3Gateway gateway;

  @BeforeAll
  void start() throws IOException {
    store = TestStore.start();
    client = asked.client(store, TestStore.Role.POP3);
    gateway =
        Pop3Gateway.start(
            Pop3Config.defaults(
                List.of(new ListenerConfig("pop3", "127.0.0.1", 0, Encryption.STARTTLS, false)),
                ConnectionConfig.defaults(Networks.parse(List.of("127.0.0.0/8")))),
            client,
            Optional.of(TestTls.shared().material()),
            new Metrics());
  }

  @AfterAll
  void stop() {
    gateway.close();
    client.close();
    store.close();
  }

  /// A maildrop of so many messages, all alike.
  private String user(String name, int messages) {
    String address = store.addUser(name).getAddress();
    try (StoreClient imap = store.client(TestStore.Role.IMAP);
        StoreSession session =
            imap.authenticatePassword(
                "", address, Secret.of("wing"), ClientInfo.getDefaultInstance())) {
      ByteString message = ByteString.copyFromUtf8("Subject: one\r\n\r\n" + "text\r\n".repeat(500));
      for (int done = 0; done < messages; done += BATCH) {
        try (StoreUpload<AppendRequest, AppendResponse> append = session.append()) {
          for (int i = 0; i < Math.min(BATCH, messages - done); i++) {
            AppendHeader.Builder header = AppendHeader.newBuilder();
            if (i == 0) {
              header.setMailboxName("INBOX");
            }
            append.send(AppendRequest.newBuilder().setHeader(header).setData(message).build());
          }
          append.finish();
        }
      }
    }
    return address;
  }

  /// What a session took of the store.
  private record Taken(int calls, long octets) {}

  private final class Client implements AutoCloseable {
    private final Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), gateway.port("pop3"));
    private final BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));

    Client() throws IOException {
      socket.setSoTimeout(60_000);
      assertThat(in.readLine()).startsWith("+OK");
    }

    String ask(String command) throws IOException {
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      String line = in.readLine();
      assertThat(line).as(command).startsWith("+OK");
      return line;
    }

    List<String> list(String command) throws IOException {
      ask(command);
      List<String> lines = new ArrayList<>();
      for (String line = in.readLine(); !line.equals("."); line = in.readLine()) {
        lines.add(line);
      }
      return lines;
    }

    Taken taking(String command, boolean lines) throws IOException {
      int calls = asked.calls();
      long octets = asked.octets();
      if (lines) {
        list(command);
      } else {
        ask(command);
      }
      return new Taken(asked.calls() - calls, asked.octets() - octets);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private Client login(String address) throws IOException {
    Client client = new Client();
    client.ask("USER " + address);
    return client;
  }

  @Test
  void oneMessageCostsTheSameInAnyMaildrop() throws IOException {
    String few = user("few", FEW);
    String many = user("many", MANY);
    try (Client small = login(few);
        Client large = login(many)) {
      Taken smallLogin = small.taking("PASS wing", false);
      Taken largeLogin = large.taking("PASS wing", false);
      assertThat(largeLogin.calls()).isEqualTo(smallLogin.calls());
      // UID, size, flags and modseq of each, and no body.
      assertThat(largeLogin.octets() - smallLogin.octets()).isLessThan((MANY - FEW) * 16L);

      assertThat(large.ask("STAT")).startsWith("+OK " + MANY + " ");
      assertThat(small.ask("STAT")).startsWith("+OK " + FEW + " ");
      for (String known : List.of("LIST 7", "UIDL 7", "STAT", "DELE 3", "RSET")) {
        assertThat(large.taking(known, false)).as(known).isEqualTo(new Taken(0, 0));
      }
      for (String all : List.of("LIST", "UIDL")) {
        int calls = asked.calls();
        assertThat(large.list(all)).hasSize(MANY);
        assertThat(asked.calls()).as(all).isEqualTo(calls);
      }
      for (String one : List.of("TOP 7 0", "RETR 7", "TOP 15 3", "RETR 12")) {
        Taken taken = small.taking(one, true);
        assertThat(taken.calls()).as(one).isLessThanOrEqualTo(1);
        Taken inLarge = large.taking(one, true);
        assertThat(inLarge.calls()).as(one).isEqualTo(taken.calls());
        // The lengths of the numbers themselves may differ.
        assertThat(inLarge.octets()).as(one).isBetween(taken.octets() - 16, taken.octets() + 16);
        assertThat(inLarge.octets()).as(one).isLessThan(8_000);
      }
      // And at its far end.
      assertThat(large.taking("RETR " + MANY, true).octets()).isLessThan(8_000);
      large.ask("QUIT");
      small.ask("QUIT");
    }
  }
}
