package mailwing.smtp.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import mailwing.smtp.protocol.Parameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// MAIL's and RCPT's parameters (RFC 1870, 3030, 3461, 4865, 2852, 6710, 8689).
final class MailOptionsTest {
  private static final Set<Extension> ALL = EnumSet.allOf(Extension.class);

  private static final SendingLimits LIMITS =
      new SendingLimits(Duration.ofDays(365 * 20), Duration.ofSeconds(10), 4);

  private static List<Parameter> parameters(String text) {
    List<Parameter> parameters = new ArrayList<>();
    for (String word : text.split(" ", -1)) {
      int equals = word.indexOf('=');
      parameters.add(
          equals < 0
              ? new Parameter(word, null)
              : new Parameter(word.substring(0, equals), word.substring(equals + 1)));
    }
    return parameters;
  }

  private static MailOptions mail(String text) {
    return MailOptions.read(parameters(text), 1000, LIMITS, ALL)
            instanceof MailOptions.Reading.Understood(MailOptions options)
        ? options
        : fail(text);
  }

  private static MailOptions fail(String text) {
    throw new AssertionError("refused: " + text);
  }

  @Test
  void parametersOfAllExtensionsAreRead() {
    MailOptions options =
        mail(
            "SIZE=1000 BODY=BINARYMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb HOLDFOR=60 BY=62;NT"
                + " MT-PRIORITY=-9 REQUIRETLS AUTH=<>");
    assertThat(options.size()).isEqualTo(1000);
    assertThat(options.body()).isEqualTo(MailOptions.Body.BINARY);
    SendingOptions sending = options.sending();
    assertThat(sending.envelopeId()).contains("a+b");
    assertThat(sending.returned()).isEqualTo(SendingOptions.Returned.HEADERS);
    assertThat(sending.hold().orElseThrow().request()).isEqualTo("for;60");
    assertThat(sending.hold().orElseThrow().until())
        .isBetween(Instant.now().plusSeconds(50), Instant.now().plusSeconds(60));
    assertThat(sending.deliverBy())
        .contains(new SendingOptions.DeliverBy(Duration.ofSeconds(62), false, true));
    assertThat(sending.priority()).isEqualTo(-9);
    assertThat(sending.requireTls()).isTrue();
    assertThat(mail("HOLDUNTIL=2030-01-02T03:04:05Z").sending().hold())
        .contains(
            new SendingOptions.Hold(
                Instant.parse("2030-01-02T03:04:05Z"), "until;2030-01-02T03:04:05Z"));
    assertThat(mail("BY=-12;N").sending().deliverBy())
        .contains(new SendingOptions.DeliverBy(Duration.ofSeconds(-12), false, false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SIZE",
        "SIZE=x",
        "BODY=",
        "BODY=8BIT",
        "SMTPUTF8=1",
        "REQUIRETLS=1",
        "RET=HEADERS",
        "ENVID=a+4",
        "ENVID=a+0a",
        "ENVID=a+0D",
        "HOLDFOR=0",
        "HOLDFOR=1234567890",
        "HOLDUNTIL=tomorrow",
        "HOLDUNTIL=2030-01-02T03:04:05+01:00",
        "BY=0;R",
        "BY=-1;RT",
        "BY=1",
        "BY=1;X",
        "BY=1234567890;N",
        "MT-PRIORITY=10",
        "MT-PRIORITY=+1",
        "MT-PRIORITY"
      })
  void badValuesAreRefusedByName(String text) {
    assertThat(refusal(text)).isEqualTo("The value of " + text.split("=", 2)[0] + " is not valid");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SIZE=1 SIZE=1", "HOLDFOR=1 HOLDUNTIL=2030-01-02T03:04:05Z"})
  void whatIsSaidTwiceIsRefused(String text) {
    assertThat(refusal(text)).isEqualTo("A parameter is given twice");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HOLDUNTIL=2020-01-02T03:04:05Z",
        "HOLDUNTIL=2130-01-02T03:04:05Z",
        "HOLDFOR=700000000"
      })
  void theRefusalOfAHoldTellsWhatIsAllowed(String text) {
    assertThat(refusal(text))
        .isEqualTo(
            "A message may be held for 1 to " + LIMITS.longestHold().toSeconds() + " seconds");
  }

  @ParameterizedTest
  @ValueSource(strings = {"HOLDFOR=100 BY=99;N", "BY=99;R HOLDFOR=100"})
  void aMessageIsNotHeldUntilItIsLate(String text) {
    assertThat(refusal(text)).isEqualTo("The message would be held for longer than BY allows");
  }

  private static String refusal(String text) {
    var refused =
        (MailOptions.Reading.Refused) MailOptions.read(parameters(text), 1000, LIMITS, ALL);
    assertThat(refused.reply().code()).isEqualTo(501);
    return refused.reply().lines().getFirst();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"RET=FULL", "ENVID=a", "HOLDFOR=1", "BY=1;R", "MT-PRIORITY=1", "REQUIRETLS"})
  void parametersThatAreNotAnnouncedAreUnknown(String text) {
    assertThat(MailOptions.read(parameters(text), 1000, LIMITS, Set.of()))
        .isEqualTo(new MailOptions.Reading.Refused(MailOptions.UNKNOWN_PARAMETER));
  }

  @Test
  void aTimeThatIsTooShortToBeSureOfIsRefused() {
    assertThat(MailOptions.read(parameters("BY=9;R"), 1000, LIMITS, ALL))
        .isEqualTo(new MailOptions.Reading.Refused(MailOptions.TIME_TOO_SHORT));
    assertThat(mail("BY=9;N").sending().deliverBy()).isPresent();
    assertThat(mail("BY=10;R").sending().deliverBy()).isPresent();
  }

  @Test
  void recipientParametersAreRead() {
    assertThat(
            RecipientOptions.read(
                parameters("NOTIFY=success,DELAY ORCPT=rfc822;a+2Bb@c.test"), ALL))
        .isEqualTo(
            new RecipientOptions.Reading.Understood(
                new RecipientOptions(
                    Set.of(RecipientOptions.Notify.SUCCESS, RecipientOptions.Notify.DELAY),
                    Optional.of("rfc822;a+b@c.test"))));
    for (String bad :
        List.of(
            "NOTIFY=NEVER,DELAY",
            "NOTIFY=DELAY,DELAY",
            "NOTIFY=",
            "ORCPT=a@c.test",
            "ORCPT=rfc822;",
            "ORCPT=rfc822;a+0A",
            "ORCPT=" + "x".repeat(499) + ";a")) {
      assertThat(recipientRefusal(bad))
          .isEqualTo("The value of " + bad.split("=", 2)[0] + " is not valid");
    }
    assertThat(recipientRefusal("NOTIFY=DELAY NOTIFY=DELAY"))
        .isEqualTo("A parameter is given twice");
    assertThat(RecipientOptions.read(parameters("NOTIFY=NEVER"), Set.of()))
        .isEqualTo(new RecipientOptions.Reading.Refused(MailOptions.UNKNOWN_PARAMETER));
  }

  private static String recipientRefusal(String text) {
    var refused = (RecipientOptions.Reading.Refused) RecipientOptions.read(parameters(text), ALL);
    return refused.reply().lines().getFirst();
  }
}
