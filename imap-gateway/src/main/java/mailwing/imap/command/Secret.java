package mailwing.imap.command;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/// Octets that no log may show: a password, a SASL response.
public final class Secret {
  private final byte[] octets;

  /// Takes the array over; the caller forgets it.
  public Secret(byte[] octets) {
    this.octets = octets;
  }

  public static Secret of(String text) {
    return new Secret(text.getBytes(StandardCharsets.UTF_8));
  }

  /// The octets themselves, no copy.
  public byte[] octets() {
    return octets;
  }

  /// The octets as UTF-8; what is not UTF-8 becomes U+FFFD, which no account or password holds.
  public String text() {
    return new String(octets, StandardCharsets.UTF_8);
  }

  /// Overwrites the octets once they were used.
  public void clear() {
    Arrays.fill(octets, (byte) 0);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret that && MessageDigest.isEqual(octets, that.octets);
  }

  @Override
  public int hashCode() {
    return octets.length;
  }

  @Override
  public String toString() {
    return "(redacted)";
  }
}
