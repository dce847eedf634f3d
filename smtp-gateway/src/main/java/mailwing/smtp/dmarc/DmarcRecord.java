package mailwing.smtp.dmarc;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// A policy record, read (RFC 9989 §4.7, §4.8).
///
/// @param policy of the domain itself
/// @param subdomains of domains below it
/// @param missing of domains below it that do not exist
/// @param strictDkim the domain that signed has to be the author's
/// @param strictSpf the sender's domain has to be the author's
/// @param publicSuffix what `psd` says
record DmarcRecord(
    DmarcPolicy policy,
    DmarcPolicy subdomains,
    DmarcPolicy missing,
    boolean strictDkim,
    boolean strictSpf,
    PublicSuffix publicSuffix) {

  /// Whether the domain says that others register below it.
  enum PublicSuffix {
    YES,
    NO,
    UNSAID
  }

  /// Empty where the text is no policy record, or none that is to be applied.
  static Optional<DmarcRecord> parse(String text) {
    Map<String, String> tags = new HashMap<>();
    String[] parts = text.split(";", -1);
    if (!parts[0].strip().matches("v[ \\t]*=[ \\t]*DMARC1")) {
      return Optional.empty();
    }
    for (String part : parts) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        tags.putIfAbsent(part.substring(0, equals).strip(), part.substring(equals + 1).strip());
      }
    }
    Optional<DmarcPolicy> policy = policy(tags, "p");
    Optional<DmarcPolicy> below = policy(tags, "sp");
    Optional<DmarcPolicy> missing = policy(tags, "np");
    boolean valid =
        policy.isPresent()
            && below.isPresent() == tags.containsKey("sp")
            && missing.isPresent() == tags.containsKey("np");
    if (!valid && !tags.getOrDefault("rua", "").matches("(?s)[A-Za-z][A-Za-z0-9+.-]*:.+")) {
      return Optional.empty();
    }
    boolean testing = tags.getOrDefault("t", "n").equalsIgnoreCase("y");
    DmarcPolicy own = valid ? policy.get() : DmarcPolicy.NONE;
    DmarcPolicy sub = valid ? below.orElse(own) : DmarcPolicy.NONE;
    DmarcPolicy none = valid ? missing.orElse(sub) : DmarcPolicy.NONE;
    return Optional.of(
        new DmarcRecord(
            testing ? own.milder() : own,
            testing ? sub.milder() : sub,
            testing ? none.milder() : none,
            tags.getOrDefault("adkim", "r").equalsIgnoreCase("s"),
            tags.getOrDefault("aspf", "r").equalsIgnoreCase("s"),
            switch (tags.getOrDefault("psd", "u")) {
              case "y", "Y" -> PublicSuffix.YES;
              case "n", "N" -> PublicSuffix.NO;
              default -> PublicSuffix.UNSAID;
            }));
  }

  private static Optional<DmarcPolicy> policy(Map<String, String> tags, String name) {
    return Optional.ofNullable(tags.get(name)).flatMap(DmarcPolicy::named);
  }
}
