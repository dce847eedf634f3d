package mailwing.smtp.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 5321 §4.1.2, RFC 6531 §3.3, RFC 3030 §2, RFC 4954 §4.
final class CommandParserTest {

  private static Command parse(String line) {
    byte[] octets = line.getBytes(StandardCharsets.UTF_8);
    return CommandParser.parse(octets, 0, octets.length);
  }

  private static Mailbox recipient(String line) {
    return parse(line) instanceof Command.Rcpt(ForwardPath.Recipient(Mailbox mailbox), var ignored)
        ? mailbox
        : new Mailbox("MALFORMED", new Domain.Name(line));
  }

  @Test
  void quotedLocalPartsLoseTheirQuotesAndGetThemBackOnlyWhereNeeded() {
    Mailbox plain = recipient("RCPT TO:<\"bob\"@example.test>");
    assertThat(plain.address()).isEqualTo("bob@example.test");
    assertThat(plain.encoded()).isEqualTo("bob@example.test");
    Mailbox odd = recipient("RCPT TO:<\"a \\\"b\\\\@c..\"@example.test>");
    assertThat(odd.localPart()).isEqualTo("a \"b\\@c..");
    assertThat(odd.encoded()).isEqualTo("\"a \\\"b\\\\@c..\"@example.test");
    assertThat(recipient("RCPT TO:<\"\"@example.test>").encoded()).isEqualTo("\"\"@example.test");
  }

  @Test
  void sourceRoutesAreReadAndIgnored() {
    assertThat(recipient("RCPT TO:<@a.test,@[192.0.2.1]:bob@example.test>").address())
        .isEqualTo("bob@example.test");
    assertThat(parse("MAIL FROM:<@a.test:bob@example.test>"))
        .isEqualTo(
            new Command.Mail(
                new ReversePath.Sender(new Mailbox("bob", new Domain.Name("example.test"))),
                List.of()));
  }

  @Test
  void nullReversePathAndBarePostmaster() {
    assertThat(parse("mail from:<>"))
        .isEqualTo(new Command.Mail(new ReversePath.Null(), List.of()));
    assertThat(parse("rcpt to:<PostMaster>"))
        .isEqualTo(new Command.Rcpt(new ForwardPath.Postmaster(), List.of()));
    assertThat(parse("RCPT TO:<>")).isInstanceOf(Command.Malformed.class);
    assertThat(parse("RCPT TO:<bob>")).isInstanceOf(Command.Malformed.class);
  }

  @Test
  void internationalAddressesAreReadAsUtf8() {
    Mailbox mailbox = recipient("RCPT TO:<用户@例え.test>");
    assertThat(mailbox.address()).isEqualTo("用户@例え.test");
    assertThat(mailbox.isInternational()).isTrue();
    byte[] broken = "RCPT TO:<b\u00fcro@example.test>".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(CommandParser.parse(broken, 0, broken.length))
        .isEqualTo(new Command.Malformed(CommandParser.NOT_UTF8));
  }

  @Test
  void parametersAreKeywordsAndValues() {
    assertThat(parse("MAIL FROM:<> size=100 BODY=8BITMIME  SMTPUTF8 "))
        .isEqualTo(
            new Command.Mail(
                new ReversePath.Null(),
                List.of(
                    new Parameter("SIZE", "100"),
                    new Parameter("BODY", "8BITMIME"),
                    new Parameter("SMTPUTF8", null))));
    assertThat(parse("MAIL FROM:<> SIZE=")).isInstanceOf(Command.Malformed.class);
    assertThat(parse("MAIL FROM:<> SIZE=1=2")).isInstanceOf(Command.Malformed.class);
    assertThat(parse("MAIL FROM:<>SIZE=1")).isInstanceOf(Command.Malformed.class);
    assertThat(parse("MAIL FROM:<> -X")).isInstanceOf(Command.Malformed.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[192.0.2.1]",
        "[IPv6:2001:db8::1]",
        "[IPv6:::1]",
        "[IPv6:::]",
        "[IPv6:1:2:3:4:5:6:7:8]",
        "[IPv6:::ffff:192.0.2.1]",
        "[IPv6:1:2:3:4:5:6:192.0.2.1]",
        "[future:x]"
      })
  void addressLiteralsAreRead(String literal) {
    assertThat(recipient("RCPT TO:<bob@" + literal + ">").domain())
        .isEqualTo(new Domain.Literal(literal));
    assertThat(parse("EHLO " + literal)).isEqualTo(new Command.Ehlo(literal));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bob@[256.0.0.1]",
        "bob@[1.2.3]",
        "bob@[IPv6:1:2]",
        "bob@[IPv6:1::2::3]",
        "bob@[IPv6:12345::]",
        "bob@[x",
        "bob@[]",
        "bob@-a.test",
        "bob@a-.test",
        "bob@a..test",
        "bob@.test",
        "bob@test.",
        "bob@",
        "@test",
        ".bob@a.test",
        "bob.@a.test",
        "b..b@a.test",
        "b b@a.test",
        "\"bob@a.test",
        "\"b\\\u007f\"@a.test",
        "bob@a_b.test",
        "bob@a.test>x",
        "<bob@a.test"
      })
  void badAddressesAreRefused(String address) {
    assertThat(parse("RCPT TO:<" + address + ">"))
        .isInstanceOfSatisfying(
            Command.Malformed.class, m -> assertThat(m.reply().code()).isBetween(500, 501));
    assertThat(parse("MAIL FROM:<" + address + ">")).isInstanceOf(Command.Malformed.class);
  }

  @ParameterizedTest
  @CsvSource({
    "BDAT 0 LAST, 0, true",
    "bdat 100, 100, false",
    "BDAT 999999999999999999 last, 999999999999999999, true"
  })
  void bdatHasASizeAndMayBeLast(String line, long size, boolean last) {
    assertThat(parse(line)).isEqualTo(new Command.Bdat(size, last));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BDAT",
        "BDAT x",
        "BDAT -1",
        "BDAT 1LAST",
        "BDAT 1 FIRST",
        "BDAT 9999999999999999999",
        "DATA x",
        "RSET x",
        "QUIT now",
        "STARTTLS x",
        "AUTH",
        "AUTH PLAIN a b",
        "EHLO",
        "HELO  ",
        "EHLO a b",
        "EHLO b\u00fc",
        "EHLO (x)",
        "EHLO [1]",
        "VRFY",
        "EXPN",
        "MAIL",
        "MAIL TO:<a@b>",
        "RCPT FROM:<a@b>",
        ""
      })
  void wrongArgumentsGetA5xx(String line) {
    assertThat(parse(line))
        .isInstanceOfSatisfying(
            Command.Malformed.class, m -> assertThat(m.reply().code()).isBetween(500, 504));
  }

  @Test
  void authKeepsItsInitialResponseButDoesNotTellIt() {
    assertThat(parse("AUTH plain AGEAYg==")).isEqualTo(new Command.Auth("PLAIN", "AGEAYg=="));
    assertThat(parse("AUTH PLAIN =")).isEqualTo(new Command.Auth("PLAIN", "="));
    assertThat(parse("AUTH LOGIN")).isEqualTo(new Command.Auth("LOGIN", null));
    assertThat(parse("AUTH PLAIN AGEAYg==").toString()).doesNotContain("AGEAYg");
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void anyOctetsGiveACommandOrAReplyForSeed(long seed) {
    Random random = new Random(seed);
    String[] starts = {
      "MAIL FROM:<", "RCPT TO:<", "EHLO ", "BDAT ", "AUTH ", "VRFY ", "MAIL FROM:<> ", ""
    };
    for (int round = 0; round < 30_000; round++) {
      byte[] start = starts[random.nextInt(starts.length)].getBytes(StandardCharsets.US_ASCII);
      byte[] octets = new byte[start.length + random.nextInt(40)];
      random.nextBytes(octets);
      if (random.nextBoolean()) {
        String alphabet = "ab1.@<>\"\\[]:,-+= \tIPv6";
        for (int i = 0; i < octets.length; i++) {
          octets[i] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
        }
      }
      System.arraycopy(start, 0, octets, 0, start.length);
      if (CommandParser.parse(octets, 0, octets.length) instanceof Command.Malformed(Reply reply)) {
        assertThat(reply.code()).isBetween(500, 504);
      }
    }
  }
}
