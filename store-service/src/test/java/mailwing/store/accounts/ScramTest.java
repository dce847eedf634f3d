package mailwing.store.accounts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mailwing.store.StoreException;
import mailwing.store.persistence.AccountRow;
import mailwing.store.persistence.Verifiers;
import org.junit.jupiter.api.Test;

final class ScramTest {
  private static final byte[] SALT = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
  private static final String NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

  private static Verifiers verifiers() {
    Scram.Keys keys = Scram.keys("pencil".getBytes(StandardCharsets.UTF_8), SALT, 4096);
    return new Verifiers("", ByteString.copyFrom(SALT), 4096, keys.storedKey(), keys.serverKey());
  }

  private static Scram scram(String mechanism, Map<String, ByteString> bindings) {
    return new Scram(
        mechanism,
        bindings,
        name ->
            name.equals("user") || name.equals("u,s=er")
                ? Optional.of(new AccountRow(7, name, true, 1, false, "", false, verifiers()))
                : Optional.empty(),
        name -> verifiers(),
        NONCE);
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }

  /// RFC 7677 §3.
  @Test
  void exchangeOfRfc7677() {
    Scram scram = scram(Scram.NAME, Map.of());
    assertThat(scram.first(utf8("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")).toStringUtf8())
        .isEqualTo(
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    SaslExchange.Proven proven =
        scram.last(
            utf8(
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                    + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
    assertThat(proven.additionalData().toStringUtf8())
        .isEqualTo("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    assertThat(proven.account().accountId()).isEqualTo(7);
  }

  @Test
  void wrongProofNonceOrChannelFails() {
    for (String last :
        List.of(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=eHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=")) {
      Scram scram = scram(Scram.NAME, Map.of());
      scram.first(utf8("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
      assertThatThrownBy(() -> scram.last(utf8(last)))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("wrong user or password");
    }
  }

  @Test
  void rightProofOfAnUnknownUserFailsAtTheEndOnly() {
    Scram scram = scram(Scram.NAME, Map.of());
    String first = scram.first(utf8("n,,n=nobody,r=rOprNGfwEbeRWgbNEkqO")).toStringUtf8();
    assertThat(first).contains("i=4096").contains("s=");
    String last = ScramClient.last("n,,", "n=nobody,r=rOprNGfwEbeRWgbNEkqO", first, "pencil", "");
    assertThatThrownBy(() -> scram.last(utf8(last))).hasMessageContaining("wrong user");
  }

  @Test
  void malformedMessagesAreRefused() {
    for (String bad :
        List.of(
            "",
            "n",
            "n,,",
            "x,,n=user,r=12345678",
            "n,b=x,n=user,r=12345678",
            "n,,m=x,n=user,r=12345678",
            "n,,n=us=er,r=12345678",
            "n,,n=,r=12345678",
            "n,,n=user",
            "n,,n=user,r=")) {
      assertThatThrownBy(() -> scram(Scram.NAME, Map.of()).first(utf8(bad)))
          .as(bad)
          .isInstanceOf(StoreException.class);
    }
    assertThatThrownBy(
            () -> scram(Scram.NAME, Map.of()).first(ByteString.copyFrom(new byte[] {(byte) 0xff})))
        .isInstanceOf(StoreException.class);
  }

  @Test
  void escapedNamesAreUnderstood() {
    Scram scram = scram(Scram.NAME, Map.of());
    String bare = "n=u=2Cs=3Der,r=rOprNGfwEbeRWgbNEkqO";
    String first = scram.first(utf8("n,a=me," + bare)).toStringUtf8();
    SaslExchange.Proven proven =
        scram.last(utf8(ScramClient.last("n,a=me,", bare, first, "pencil", "")));
    assertThat(proven.account().address()).isEqualTo("u,s=er");
    assertThat(proven.authorizationId()).isEqualTo("me");
  }

  /// RFC 5802 §6, RFC 9266.
  @Test
  void plusBindsTheChannelAndRefusesADowngrade() {
    ByteString exporter = utf8("0123456789abcdef0123456789abcdef");
    Map<String, ByteString> bindings = Map.of("tls-exporter", exporter);
    String bare = "n=user,r=rOprNGfwEbeRWgbNEkqO";
    Scram plus = scram(Scram.PLUS, bindings);
    String first = plus.first(utf8("p=tls-exporter,," + bare)).toStringUtf8();
    assertThat(
            plus.last(
                    utf8(
                        ScramClient.last(
                            "p=tls-exporter,,", bare, first, "pencil", exporter.toStringUtf8())))
                .account()
                .accountId())
        .isEqualTo(7);

    Scram other = scram(Scram.PLUS, bindings);
    String again = other.first(utf8("p=tls-exporter,," + bare)).toStringUtf8();
    assertThatThrownBy(
            () ->
                other.last(
                    utf8(
                        ScramClient.last(
                            "p=tls-exporter,,", bare, again, "pencil", "another channel"))))
        .hasMessageContaining("wrong user");

    assertThatThrownBy(() -> scram(Scram.NAME, bindings).first(utf8("y,," + bare)))
        .hasMessageContaining("channel binding");
    assertThatThrownBy(() -> scram(Scram.PLUS, bindings).first(utf8("n,," + bare)))
        .hasMessageContaining("channel binding");
    assertThatThrownBy(() -> scram(Scram.PLUS, bindings).first(utf8("p=tls-unique,," + bare)))
        .hasMessageContaining("channel binding");
    assertThatThrownBy(() -> scram(Scram.NAME, bindings).first(utf8("p=tls-exporter,," + bare)))
        .hasMessageContaining("channel binding");
  }
}
