package mailwing.smtp.dkim;

import com.google.protobuf.ByteString;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Base64;
import mailwing.service.Pem;
import mailwing.smtp.dkim.SigningKey.Kind;
import mailwing.smtp.dns.TestZone;
import mailwing.store.v1.DkimKey;

/// The keys of RFC 6376 appendix C and RFC 8463 appendix A, private halves included.
public final class TestKeys {
  private static final String RFC8463_ED25519 = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
  private static final String RFC8463_RSA =
      """
      MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi
      Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM
      KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB
      AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm
      6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe
      zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy
      6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc
      uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy
      WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd
      WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a
      licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst
      o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe
      uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL
      """;
  private static final String RFC6376_RSA =
      """
      MIICXwIBAAKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFC
      jxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gb
      to/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB
      AoGBALmn+XwWk7akvkUlqb+dOxyLB9i5VBVfje89Teolwc9YJT36BGN/l4e0l6QX
      /1//6DWUTB3KI6wFcm7TWJcxbS0tcKZX7FsJvUz1SbQnkS54DJck1EZO/BLa5ckJ
      gAYIaqlA9C0ZwM6i58lLlPadX/rtHb7pWzeNcZHjKrjM461ZAkEA+itss2nRlmyO
      n1/5yDyCluST4dQfO8kAB3toSEVc7DeFeDhnC1mZdjASZNvdHS4gbLIA1hUGEF9m
      3hKsGUMMPwJBAPW5v/U+AWTADFCS22t72NUurgzeAbzb1HWMqO4y4+9Hpjk5wvL/
      eVYizyuce3/fGke7aRYw/ADKygMJdW8H/OcCQQDz5OQb4j2QDpPZc0Nc4QlbvMsj
      7p7otWRO5xRa6SzXqqV3+F0VpqvDmshEBkoCydaYwc2o6WQ5EBmExeV8124XAkEA
      qZzGsIxVP+sEVRWZmW6KNFSdVUpk3qzK0Tz/WjQMe5z0UunY9Ax9/4PVhp/j61bf
      eAYXunajbBSOLlx4D+TunwJBANkPI5S9iylsbLs6NkaMHV6k5ioHBBmgCak95JGX
      GMot/L2x0IYyMLAz6oLWh2hm7zwtb0CgOrPo1ke44hFYnfc=
      """;
  public static final String ED25519_RECORD =
      "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
  public static final String RSA_RECORD =
      "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
          + "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
          + "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3"
          + "Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

  private TestKeys() {}

  public static SigningKey ed25519(String domain) {
    byte[] secret = Base64.getDecoder().decode(RFC8463_ED25519);
    try {
      byte[] key =
          KeyFactory.getInstance("Ed25519")
              .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, secret))
              .getEncoded();
      return SigningKey.read(domain, "brisbane", Kind.ED25519, key);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  public static SigningKey rsa(String domain) {
    return rsa(domain, "test", rsaPem());
  }

  /// [#rsa] as the store gives it.
  public static mailwing.store.v1.SigningKey rsaOfTheStore(String domain) {
    return mailwing.store.v1.SigningKey.newBuilder()
        .setKey(
            DkimKey.newBuilder()
                .setDomain(domain)
                .setSelector("test")
                .setAlgorithm(DkimKey.Algorithm.RSA)
                .setState(DkimKey.State.ACTIVE)
                .setRecordName("test._domainkey." + domain)
                .setRecordText(RSA_RECORD))
        .setPrivateKey(ByteString.copyFrom(pkcs8(rsaPem())))
        .build();
  }

  /// The private half of [#rsa], as others take it.
  public static String rsaPem() {
    return pem(RFC8463_RSA);
  }

  static SigningKey rfc6376() {
    return rsa("example.com", "brisbane", pem(RFC6376_RSA));
  }

  private static String pem(String pkcs1) {
    return "-----BEGIN RSA PRIVATE KEY-----\n" + pkcs1 + "-----END RSA PRIVATE KEY-----\n";
  }

  private static SigningKey rsa(String domain, String selector, String pem) {
    return SigningKey.read(domain, selector, Kind.RSA, pkcs8(pem));
  }

  private static byte[] pkcs8(String pem) {
    try {
      return Pem.privateKey(pem, "the RFC").getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Both records of a domain.
  public static TestZone publish(TestZone zone, String domain) {
    return zone.add("brisbane._domainkey." + domain, "TXT", ED25519_RECORD)
        .add("test._domainkey." + domain, "TXT", RSA_RECORD);
  }
}
