package mailwing.service;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/// A password or credential that cannot be logged by accident.
///
/// `toString` is redacted and comparison takes constant time. The octets are a copy, so a caller
/// may wipe its own.
public final class Secret {
  private final byte[] octets;

  private Secret(byte[] octets) {
    this.octets = octets;
  }

  public static Secret of(String text) {
    return new Secret(text.getBytes(StandardCharsets.UTF_8));
  }

  public static Secret of(byte[] octets) {
    return new Secret(octets.clone());
  }

  public static Secret of(byte[] octets, int from, int to) {
    return new Secret(Arrays.copyOfRange(octets, from, to));
  }

  /// The secret itself, for the one place that must send or compare it.
  public String reveal() {
    return new String(octets, StandardCharsets.UTF_8);
  }

  /// A copy of the octets.
  public byte[] revealOctets() {
    return octets.clone();
  }

  public int length() {
    return octets.length;
  }

  public boolean isEmpty() {
    return octets.length == 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret that && MessageDigest.isEqual(octets, that.octets);
  }

  @Override
  public int hashCode() {
    return 0;
  }

  @Override
  public String toString() {
    return "[secret]";
  }
}
