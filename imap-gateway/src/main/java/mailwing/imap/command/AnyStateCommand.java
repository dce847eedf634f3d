package mailwing.imap.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Commands of any state (RFC 9051 §6.1).
public sealed interface AnyStateCommand extends Command {

  /// CAPABILITY (RFC 9051 §6.1.1).
  record Capability() implements AnyStateCommand {}

  /// NOOP (RFC 9051 §6.1.2).
  record Noop() implements AnyStateCommand {}

  /// LOGOUT (RFC 9051 §6.1.3).
  record Logout() implements AnyStateCommand {}

  /// ID (RFC 2971 §3.1): at most 30 fields in the order given; empty for NIL.
  record Id(List<Field> fields) implements AnyStateCommand {
    public Id {
      fields = List.copyOf(fields);
    }

    /// A field of at most 30 octets and its value of at most 1024, or null for NIL.
    public record Field(String name, @Nullable String value) {}
  }

  /// LANGUAGE (RFC 5255 §3.2): wanted language ranges, best first; empty asks which there are.
  record Language(List<String> ranges) implements AnyStateCommand {
    public Language {
      ranges = List.copyOf(ranges);
    }
  }
}
