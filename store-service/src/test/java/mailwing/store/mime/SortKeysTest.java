package mailwing.store.mime;

import static mailwing.store.mime.Messages.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// RFC 5256 section 2, RFC 5051, RFC 5957.
class SortKeysTest {
  private static String base(String subject) {
    return BaseSubject.of(subject).text();
  }

  @Test
  void baseSubject() {
    assertThat(base("hello")).isEqualTo("hello");
    assertThat(base("Re: hello")).isEqualTo("hello");
    assertThat(base("re  : FW: fwd [x] :\thello  there (fwd) (FWD) ")).isEqualTo("hello there");
    assertThat(base("[list] Re: [list] hello")).isEqualTo("hello");
    assertThat(base("[list] hello")).isEqualTo("hello");
    assertThat(base("[list]")).isEqualTo("[list]");
    assertThat(base("[a] [b]")).isEqualTo("[b]");
    assertThat(base("Re: [a]")).isEqualTo("[a]");
    assertThat(base("[fwd: Re: hello (fwd)]")).isEqualTo("hello");
    assertThat(base("[Fwd: [Fwd: hello]]")).isEqualTo("hello");
    assertThat(base("Re[2]: hello")).isEqualTo("hello");
    assertThat(base("reply: hello")).isEqualTo("reply: hello");
    assertThat(base("[a[b] hello")).isEqualTo("[a[b] hello");
    assertThat(base("")).isEmpty();
    assertThat(base(" Re: ")).isEmpty();
    assertThat(BaseSubject.of("Re: x").replyOrForward()).isTrue();
    assertThat(BaseSubject.of("x (fwd)").replyOrForward()).isTrue();
    assertThat(BaseSubject.of("[a] x").replyOrForward()).isFalse();
  }

  @Test
  void subjectsAreDecodedAndMapped() {
    assertThat(parse("Subject: Re: =?iso-8859-1?q?sm=F6rg=E5s?=\n\n").sortKeys().baseSubject())
        .isEqualTo(UnicodeCasemap.map("smörgås"))
        .isEqualTo("SMO\u0308RGA\u030aS");
    assertThat(parse("\n").sortKeys().baseSubject()).isEmpty();
  }

  @Test
  void casemapOfRfc5051() {
    assertThat(UnicodeCasemap.map("\u01c4")).isEqualTo("Dz\u030c");
    assertThat(UnicodeCasemap.map("abcXYZ-1")).isEqualTo("ABCXYZ-1");
    assertThat(UnicodeCasemap.map("ß")).isEqualTo("ß");
    assertThat(UnicodeCasemap.map("ﬁ")).isEqualTo("fi");
    assertThat(UnicodeCasemap.map("привет")).isEqualTo("ПРИВЕТ");
    assertThat(UnicodeCasemap.map("ＡＢＣａｂｃ")).isEqualTo("ABCABC");
    assertThat(UnicodeCasemap.map("𐐨")).isEqualTo("𐐀");
  }

  private static @Nullable SentDate date(String value) {
    return SentDate.parse(ByteString.copyFromUtf8(value));
  }

  private static void assertDate(String value, String instant, String day) {
    SentDate date = date(value);
    assertThat(date).as(value).isNotNull();
    if (date != null) {
      assertThat(Instant.ofEpochMilli(date.millis())).as(value).isEqualTo(Instant.parse(instant));
      assertThat(LocalDate.ofEpochDay(date.day())).as(value).isEqualTo(LocalDate.parse(day));
    }
  }

  @Test
  void sentDates() {
    assertDate("31 Dec 2000 16:01:33 -0800", "2001-01-01T00:01:33Z", "2000-12-31");
    assertDate("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06Z", "1997-11-21");
    assertDate("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z", "1997-11-21");
    assertDate("1 Jan 03 00:00 EST", "2003-01-01T05:00:00Z", "2003-01-01");
    assertDate("1 Jan 103 00:00 +0000", "2003-01-01T00:00:00Z", "2003-01-01");
    // RFC 5322 appendix A.6.3.
    assertDate(
        "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600".replace("\n", "\r\n"),
        "1997-11-21T15:55:06Z",
        "1997-11-21");
    assertDate(
        "Thu,\r\n  13\r\n Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)".replace("\r\n", ""),
        "1969-02-14T03:02:00Z",
        "1969-02-13");
    assertDate("Wednesday, 02-Nov-94 20:00:00 GMT", "1994-11-02T20:00:00Z", "1994-11-02");
    assertDate("1 January 2020 10:00:60 +0100", "2020-01-01T09:00:59Z", "2020-01-01");
    // A broken zone is UTC, a broken time midnight.
    assertDate("1 Jan 2020 10:00:00 +9", "2020-01-01T10:00:00Z", "2020-01-01");
    assertDate("1 Jan 2020 10:00:00 nowhere", "2020-01-01T10:00:00Z", "2020-01-01");
    assertDate("1 Jan 2020 25:00:00 +0100", "2020-01-01T00:00:00Z", "2020-01-01");
    assertDate("1 Jan 2020", "2020-01-01T00:00:00Z", "2020-01-01");
    assertDate("Sat Nov 21 21:58:06 2026", "2026-11-21T21:58:06Z", "2026-11-21");
    assertDate("Sat Nov 21 21:58:06 PST 2026", "2026-11-22T05:58:06Z", "2026-11-21");
    for (String broken :
        new String[] {
          "",
          "x",
          "32 Jan 2020 00:00:00 +0000",
          "1 Foo 2020",
          "Mon,",
          "1",
          "1 Jan",
          "-",
          "()",
          "30 Feb 2020"
        }) {
      assertThat(date(broken)).as(broken).isNull();
    }
  }

  @Test
  void keysAndPreviewCanBeStored() {
    var message =
        parse(
            "From: =?utf-8?q?a=00b?= <a@b>\nSubject: =?utf-16be?q?=D8=00=00x?= =?utf-7?q?+2AA-?=\nContent-Type: text/plain; charset=utf-7\n\nx+2AA-y\n");
    assertThat(message.sortKeys().displayFrom()).isEqualTo("AB");
    for (String text : new String[] {message.sortKeys().baseSubject(), message.preview()}) {
      assertThat(text.codePoints().noneMatch(c -> c == 0 || (c >= 0xd800 && c <= 0xdfff))).isTrue();
    }
    assertThat(message.preview()).startsWith("x").endsWith("y");
  }

  @Test
  void addressKeys() {
    var keys =
        parse("From: =?utf-8?q?J=C3=B6?= <zed@x>, b@y\nTo: Group: a@b;\nCc: jim@x\n\n").sortKeys();
    assertThat(keys.from()).isEqualTo("ZED");
    assertThat(keys.displayFrom()).isEqualTo("JO\u0308");
    assertThat(keys.to()).isEqualTo("GROUP");
    assertThat(keys.cc()).isEqualTo("JIM");
    keys = parse("From: a@b.c\nTo: \"\" <x@y>\n\n").sortKeys();
    assertThat(keys.displayFrom()).isEqualTo("A@B.C");
    assertThat(keys.displayTo()).isEqualTo("X@Y");
    assertThat(keys.cc()).isEmpty();
    assertThat(parse("From: " + "ﷺ".repeat(300) + " <a@b>\n\n").sortKeys().displayFrom().length())
        .isLessThanOrEqualTo(MimeLimits.SORT_KEY_LENGTH);
  }
}
