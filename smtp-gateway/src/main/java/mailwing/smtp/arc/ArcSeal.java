package mailwing.smtp.arc;

import mailwing.smtp.dkim.TagList;
import org.jspecify.annotations.Nullable;

/// An ARC-Seal's tags (RFC 8617 §4.1.3).
///
/// @param domain in lower case
record ArcSeal(String algorithm, String domain, String selector, String chain, String signature) {
  /// Null where it is malformed, or has what a seal may not have.
  static @Nullable ArcSeal read(String text) {
    TagList tags = TagList.parse(text);
    if (tags == null || tags.get("h").isPresent()) {
      return null;
    }
    String domain = tags.name("d");
    String selector = tags.name("s");
    String signature = tags.compact("b").orElse("");
    return domain.isEmpty() || selector.isEmpty() || signature.isEmpty()
        ? null
        : new ArcSeal(tags.name("a"), domain, selector, tags.compact("cv").orElse(""), signature);
  }
}
