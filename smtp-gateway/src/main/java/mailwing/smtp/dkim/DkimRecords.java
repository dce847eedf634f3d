package mailwing.smtp.dkim;

import java.util.List;
import java.util.Optional;

/// What the DNS has at a key's name.
public final class DkimRecords {
  private DkimRecords() {}

  /// Would a verifier that finds these records take them for the key of `wanted`?
  public static boolean shows(List<String> records, String wanted) {
    Optional<DkimKey> found = first(records).filter(key -> key.key().isPresent());
    return found.isPresent()
        && DkimKey.read(wanted)
            .filter(key -> key.type().equals(found.get().type()))
            .filter(key -> key.key().equals(found.get().key()))
            .isPresent();
  }

  /// The first record that is a key (RFC 6376 §6.1.2).
  static Optional<DkimKey> first(List<String> records) {
    return records.stream().map(DkimKey::read).flatMap(Optional::stream).findFirst();
  }
}
