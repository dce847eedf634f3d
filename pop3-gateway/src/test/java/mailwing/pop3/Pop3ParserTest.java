package mailwing.pop3;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Pop3ParserTest {
  private static Pop3Command parse(String line) {
    return Pop3Parser.parse(line.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void commandsAreRead() {
    assertThat(parse("user älice@example.test"))
        .isEqualTo(new Pop3Command.User("älice@example.test"));
    assertThat(parse("PASS  two spaces "))
        .isInstanceOfSatisfying(
            Pop3Command.Pass.class,
            pass -> assertThat(pass.password().reveal()).isEqualTo(" two spaces "));
    assertThat(parse("Pass hush").toString()).doesNotContain("hush");
    assertThat(parse("AUTH PLAIN ="))
        .isEqualTo(new Pop3Command.Auth(Optional.of("PLAIN"), Optional.of("=")));
    assertThat(parse("AUTH")).isEqualTo(new Pop3Command.Auth(Optional.empty(), Optional.empty()));
    assertThat(parse("list")).isEqualTo(new Pop3Command.ScanListing(OptionalInt.empty()));
    assertThat(parse("LIST 007 ")).isEqualTo(new Pop3Command.ScanListing(OptionalInt.of(7)));
    assertThat(parse("UIDL 2")).isEqualTo(new Pop3Command.Uidl(OptionalInt.of(2)));
    assertThat(parse("TOP 1 0")).isEqualTo(new Pop3Command.Top(1, 0));
    assertThat(parse("RETR 99999999999999999999"))
        .isEqualTo(new Pop3Command.Retr(Integer.MAX_VALUE));
    assertThat(parse("QUIT  ")).isEqualTo(new Pop3Command.Quit());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        " STAT",
        "STATUS",
        "STAT 1",
        "RETR",
        "RETR -1",
        "RETR +1",
        "RETR 1 2",
        "RETR one",
        "RETR 1\u0000",
        "RETR 999999999999999999999",
        "TOP 1",
        "TOP 1 -1",
        "TOP 1  2",
        "TOP 1 2 3",
        "DELE",
        "LIST a",
        "UIDL 1 2",
        "USER",
        "USER ",
        "USER a\rb",
        "USER a\u0000b",
        "PASS",
        "PASS a\u0000",
        "AUTH PLAIN a b",
        "APOP a b",
        "GET / HTTP/1.1"
      })
  void malformedLinesAreBad(String line) {
    assertThat(parse(line)).isInstanceOf(Pop3Command.Bad.class);
  }

  @Test
  void textThatIsNotUtf8IsBad() {
    assertThat(Pop3Parser.parse(new byte[] {'U', 'S', 'E', 'R', ' ', (byte) 0xFF}))
        .isInstanceOf(Pop3Command.Bad.class);
  }
}
