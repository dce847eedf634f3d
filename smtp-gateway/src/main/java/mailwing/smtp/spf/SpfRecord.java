package mailwing.smtp.spf;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A record, read (RFC 7208 §4.6, §12).
///
/// @param redirect where to go on when nothing matches, else null
/// @param explanation where the explanation of a failure is, else null
record SpfRecord(
    List<Directive> directives, @Nullable String redirect, @Nullable String explanation) {

  SpfRecord {
    directives = List.copyOf(directives);
  }

  /// A mechanism and what its match means.
  record Directive(SpfResult qualifier, Mechanism mechanism) {}

  /// What may match (RFC 7208 §5). A target is a macro string, empty where it is the domain itself.
  sealed interface Mechanism {
    record All() implements Mechanism {}

    record Include(String target) implements Mechanism {}

    record Address(String target, int prefix4, int prefix6) implements Mechanism {}

    record Exchange(String target, int prefix4, int prefix6) implements Mechanism {}

    record Pointer(String target) implements Mechanism {}

    record Network(SpfNetwork network) implements Mechanism {}

    record Exists(String target) implements Mechanism {}
  }
}
