package mailwing.imap.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Random;
import mailwing.imap.command.InternalDate;
import mailwing.imap.command.SequenceSet;
import mailwing.imap.command.SequenceSet.Range;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PureRulesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plain|plain", "&-|&", "a&-b|a&b", "~peter/mail/&U,BTFw-/&ZeVnLIqe-|~peter/mail/台北/日本語",
        "&Jjo-!|☺!", "Entw&APw-rfe|Entwürfe", "&2D3eAA-|😀", "&AOk-&-|é&",
      })
  void modifiedUtf7GoesBothWays(String wire, String name) {
    assertThat(ModifiedUtf7.decode(wire)).isEqualTo(name);
    assertThat(ModifiedUtf7.encode(name)).isEqualTo(wire);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "&",
        "a&b",
        "&Jjo",
        "&Jjo!",
        "&AGEAYg-",
        "&Jj-",
        "&Jjp-",
        "&2D0-",
        "&3gA-",
        "&A-",
        "&U,BTFw-&ZeVnLIqe-",
        "\u00e9",
        "a\tb",
        "&AOk=-",
        "&====-",
        "&AAAA-",
      })
  void wrongModifiedUtf7IsNoName(String wire) {
    assertThat(ModifiedUtf7.decode(wire)).isNull();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyNameSurvivesModifiedUtf7(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 3000; i++) {
      StringBuilder name = new StringBuilder();
      for (int c = random.nextInt(10); c >= 0; c--) {
        int point = random.nextInt(3) > 0 ? 0x20 + random.nextInt(0x5f) : random.nextInt(0x10ffff);
        boolean surrogate = point >= 0xd800 && point < 0xe000;
        name.appendCodePoint(surrogate || point < 0x20 || point == 0x7f ? 'x' : point);
      }
      String wire = ModifiedUtf7.encode(name.toString());
      assertThat(wire).isASCII();
      assertThat(ModifiedUtf7.decode(wire)).isEqualTo(name.toString());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "*,INBOX,true",
    "%,INBOX,true",
    "inbox,INBOX,true",
    "InB%,INBOX,true",
    "%,a/b,false",
    "*,a/b,true",
    "a/%,a/b,true",
    "a/%,a/b/c,false",
    "a%c,abc,true",
    "a%c,a/c,false",
    "a*c,a/b/c,true",
    "%/%,a/b,true",
    "a,A,false",
    "%b%,ab,true",
    "a*,b,false",
    "inbox/x,INBOX/x,true",
    "inbox/%,INBOX/Y,true",
    "%/x,INBOX/x,true",
    "*%*,anything/at/all,true",
    "a%,a,true",
  })
  void listPatternsMatch(String pattern, String name, boolean matches) {
    assertThat(new ListPattern("", pattern).matches(name)).isEqualTo(matches);
  }

  @Test
  void listPatternsTakeNoTimeWhateverTheirWildcards() {
    Assertions.assertThat(Duration.ofSeconds(5))
        .isGreaterThan(
            timed(
                () -> {
                  ListPattern pattern = new ListPattern("", "*a%a".repeat(250) + "b");
                  assertThat(pattern.matches("a".repeat(1000))).isFalse();
                }));
  }

  private static Duration timed(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Test
  void setsResolveToAscendingRanges() {
    assertThat(set("2,4:7,9,12:*").resolve(15))
        .containsExactly(new Range(2, 2), new Range(4, 7), new Range(9, 9), new Range(12, 15));
    assertThat(set("*:4,5:7").resolve(10)).containsExactly(new Range(4, 10));
    assertThat(set("3291:*").resolve(100)).containsExactly(new Range(100, 3291));
    assertThat(set("1:4294967295").resolve(3)).containsExactly(new Range(1, 4294967295L));
    assertThat(set("*").resolve(0)).isEmpty();
    assertThat(set("*").resolve(7)).containsExactly(new Range(7, 7));
    assertThat(set("3:1,2,5,4").resolve(9)).containsExactly(new Range(1, 5));
    assertThat(set("4294967295,4294967294").resolve(9))
        .containsExactly(new Range(4294967294L, 4294967295L));
    assertThat(set("7,*:9")).hasToString("7,*:9");
    assertThat(set("7,*:9").hasStar()).isTrue();
    assertThat(set("7,12:9").largest()).isEqualTo(12);
  }

  private static SequenceSet set(String text) {
    return ((mailwing.imap.command.SelectedCommand.Fetch) Wire.command("FETCH " + text + " FLAGS"))
        .messages();
  }

  @Test
  void runsKeepTheOrderGiven() {
    assertThat(UidRuns.of(List.of(3, 4, 5, 9, 8, -1)))
        .containsExactly(
            new Range(3, 5), new Range(9, 9), new Range(8, 8), new Range(4294967295L, 4294967295L));
    assertThat(UidRuns.of(List.of())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "17-Jul-1996 02:44:25 -0700,837596665000,-420", "' 1-Jan-1970 00:00:00 +0000',0,0",
    "1-jan-1970 05:30:00 +0530,0,330", "31-Dec-1969 23:59:60 +0000,-1000,0",
    "29-Feb-2024 12:00:00 +0100,1709204400000,60",
  })
  void dateTimesAreRead(String text, long millis, int zone) throws SyntaxError {
    assertThat(Dates.dateTime(text)).isEqualTo(new InternalDate(millis, zone));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void dateTimesGoBothWays(long seed) throws SyntaxError {
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      long seconds = random.nextLong(-60_000_000_000L, 250_000_000_000L);
      InternalDate date = new InternalDate(seconds * 1000, random.nextInt(-840, 841));
      byte[] text = new byte[26];
      Dates.write(date, text, 0);
      assertThat(Dates.dateTime(Octets.latin1(text))).isEqualTo(date);
    }
  }

  @Test
  void searchKeysBecomeTheContracts() {
    MessageNumbers numbers =
        new MessageNumbers() {
          @Override
          public List<Range> uidsOfSequence(SequenceSet set) {
            return set.isSavedResult() ? List.of() : List.of(new Range(101, 103));
          }

          @Override
          public List<Range> uids(SequenceSet set) {
            return set.resolve(900);
          }

          @Override
          public List<Range> recentUids() {
            return List.of(new Range(102, 102));
          }
        };
    SearchKeys keys = new SearchKeys(numbers);
    mailwing.imap.command.SelectedCommand.Search search =
        (mailwing.imap.command.SelectedCommand.Search)
            Wire.command("SEARCH 1:3 UID 5:* NEW $ OR SENTON 2-Jan-1970 FROM x FUZZY BODY b");
    mailwing.store.v1.SearchKey key = keys.toContract(search.key());
    assertThat(key.getAnd().getKeysList()).hasSize(6);
    assertThat(key.getAnd().getKeys(0).getUid().getRanges(0).getLast()).isEqualTo(103);
    assertThat(key.getAnd().getKeys(1).getUid().getRanges(0).getFirst()).isEqualTo(5);
    assertThat(key.getAnd().getKeys(2).getAnd().getKeys(1).getNot().getFlagSet()).isEqualTo(1);
    assertThat(key.getAnd().getKeys(3).getNot().getAll()).isTrue();
    assertThat(key.getAnd().getKeys(4).getOr().getKeys(0).getSentOn())
        .isEqualTo((int) LocalDate.of(1970, 1, 2).toEpochDay());
    assertThat(key.getAnd().getKeys(4).getOr().getKeys(1).getHeader().getName()).isEqualTo("FROM");
    assertThat(key.getAnd().getKeys(5).getFuzzy().getBody()).isEqualTo("b");
  }
}
