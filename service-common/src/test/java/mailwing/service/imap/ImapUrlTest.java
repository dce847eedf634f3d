package mailwing.service.imap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 5092 §11 and RFC 4467 §9.
class ImapUrlTest {
  private static final String TOKEN = "01" + "ab".repeat(32);

  @Test
  void urlOfAPartIsTakenApart() {
    ImapUrl url =
        ImapUrl.parse(
                "IMAP://joe%40a.example;AUTH=*@Mail.Example:143/d%C3%A9j%C3%A0/vu;uidvalidity=7/;UID=20"
                    + "/;section=1.2.HEADER.FIELDS.NOT%20(a%20%22b%22)/;Partial=5.10")
            .orElseThrow();
    assertThat(url.server()).isEqualTo(new ImapUrl.Server("joe@a.example", "mail.example"));
    assertThat(url.mailbox()).isEqualTo("déjà/vu");
    assertThat(url.uidValidity()).isEqualTo(7);
    assertThat(url.uid()).isEqualTo(20);
    assertThat(url.section().part()).containsExactly(1, 2);
    assertThat(url.section().text()).isEqualTo(BodySection.Text.HEADER_FIELDS_NOT);
    assertThat(url.section().fields()).containsExactly("a", "b");
    assertThat(url.partial()).isEqualTo(new Partial(5, 10));
    assertThat(url.authorization()).isNull();
  }

  @Test
  void rumpIsTheUrlUpToItsToken() {
    String rump = "imap://j@h/INBOX/;UID=1;EXPIRE=2026-01-01T00:00:00Z;URLAUTH=submit+fred%2Bx";
    ImapUrl.Authorization authorization =
        ImapUrl.parse(rump + ":internal:" + TOKEN).orElseThrow().authorization();
    assertThat(authorization).isNotNull();
    assertThat(authorization.rump()).isEqualTo(rump);
    assertThat(authorization.access()).isEqualTo(ImapUrl.Access.SUBMIT);
    assertThat(authorization.user()).isEqualTo("fred+x");
    assertThat(authorization.mechanism()).isEqualTo("INTERNAL");
    assertThat(authorization.token()).isEqualTo(TOKEN);
    assertThat(authorization.toString()).doesNotContain("ab");
    assertThat(ImapUrl.parse(rump).map(ImapUrl::authorization).orElseThrow().mechanism()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a/;UID=1", ";UID=1/;SECTION=TEXT", "//h/a/;UID=1", "imap://h/a/;UID=1"})
  void formsThatAreTaken(String url) {
    assertThat(ImapUrl.parse(url)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "a/;UID=1",
        "/;UID=1",
        "/a;UID=1",
        "/a/;UID=0",
        "/a/;UID=4294967296",
        "/a/;UID=1/",
        "/a/;UID=1/;SECTION=",
        "/a/;UID=1/;SECTION=0",
        "/a/;UID=1/;SECTION=1.",
        "/a/;UID=1/;SECTION=MIME",
        "/a/;UID=1/;SECTION=HEADER%20(a)",
        "/a/;UID=1/;SECTION=HEADER.FIELDS%20()",
        "/a/;UID=1/;PARTIAL=1/;SECTION=1",
        "/a/;UID=1/;PARTIAL=1.0",
        "/a?SUBJECT%20x",
        "/a%0/;UID=1",
        "/a%00/;UID=1",
        "/a%FF/;UID=1",
        "/é/;UID=1",
        "imap://h",
        "imap:///a/;UID=1",
        "imaps://h/a/;UID=1",
        "/a/;UID=1;URLAUTH=user+",
        "/a/;UID=1;URLAUTH=anonymous:INTERNAL:0123",
        "/a/;UID=1;URLAUTH=anonymous:INTERNAL:",
        "/a/;UID=1;EXPIRE=2026-01-01T00:00:00Z",
        "/a/;UID=1;URLAUTH=anonymous;EXPIRE=2026-01-01T00:00:00Z",
      })
  void whatIsNoUrlOfAMessageIsRefused(String url) {
    assertThat(ImapUrl.parse(url)).isEmpty();
  }

  /// Seed 4467: neither an exception nor time without bound.
  @Test
  void whateverComesIsAnswered() {
    Random random = new Random(4467);
    String[] pieces = {
      "/",
      ";",
      "UID=1",
      "SECTION=",
      "1.",
      "HEADER.FIELDS%20(",
      "%",
      "%C3",
      "imap://",
      "@",
      ":",
      "a",
      "PARTIAL=0.1",
      "URLAUTH=",
      "submit+",
      "x:INTERNAL:",
      TOKEN,
      "EXPIRE=",
      "[",
      "]",
      "?",
      "\"",
      "9"
    };
    for (int round = 0; round < 100_000; round++) {
      StringBuilder url = new StringBuilder();
      for (int i = random.nextInt(12); i >= 0; i--) {
        url.append(pieces[random.nextInt(pieces.length)]);
      }
      ImapUrl.parse(url.toString());
    }
    for (String piece : pieces) {
      ImapUrl.parse("/a/;UID=1/;SECTION=" + piece.repeat(8000 / piece.length()));
      ImapUrl.parse(piece.repeat(8000 / piece.length()) + "/;UID=1;URLAUTH=anonymous");
    }
  }
}
