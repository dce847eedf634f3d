package mailwing.smtp.session;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import mailwing.smtp.protocol.InternationalAddress;
import mailwing.smtp.protocol.Parameter;
import mailwing.smtp.protocol.Reply;
import mailwing.smtp.protocol.Xtext;
import org.jspecify.annotations.Nullable;

/// What RCPT's parameters ask for a recipient (RFC 3461 §4.1, §4.2).
///
/// @param reports when to report; empty where nothing was said
/// @param original the original recipient: its type, `;` and the address, decoded
public record RecipientOptions(Set<Notify> reports, Optional<String> original) {
  /// Nothing was said.
  static final RecipientOptions NONE = new RecipientOptions(Set.of(), Optional.empty());

  private static final int ORIGINAL_MAX = 500;

  /// When a report is wanted.
  public enum Notify {
    NEVER,
    SUCCESS,
    FAILURE,
    DELAY
  }

  /// The parameters, read, or the reply that refuses them.
  sealed interface Reading {
    record Understood(RecipientOptions options) implements Reading {}

    record Refused(Reply reply) implements Reading {}
  }

  public RecipientOptions {
    reports = Set.copyOf(reports);
  }

  static Reading read(List<Parameter> parameters, Set<Extension> announced) {
    Set<Notify> reports = Set.of();
    Optional<String> original = Optional.empty();
    Set<String> seen = new HashSet<>();
    for (Parameter parameter : parameters) {
      String value = parameter.value();
      if (!announced.contains(Extension.DSN)) {
        return new Reading.Refused(MailOptions.UNKNOWN_PARAMETER);
      }
      switch (parameter.keyword()) {
        case "NOTIFY" -> {
          Set<Notify> found = value == null ? null : notify(value);
          if (found == null) {
            return new Reading.Refused(MailOptions.badValue("NOTIFY"));
          }
          reports = found;
        }
        case "ORCPT" -> {
          original = value == null ? Optional.empty() : original(value);
          if (original.isEmpty()) {
            return new Reading.Refused(MailOptions.badValue("ORCPT"));
          }
        }
        default -> {
          return new Reading.Refused(MailOptions.UNKNOWN_PARAMETER);
        }
      }
      if (!seen.add(parameter.keyword())) {
        return new Reading.Refused(MailOptions.TWICE);
      }
    }
    return new Reading.Understood(new RecipientOptions(reports, original));
  }

  private static @Nullable Set<Notify> notify(String value) {
    Set<Notify> found = EnumSet.noneOf(Notify.class);
    for (String word : value.toUpperCase(Locale.ROOT).split(",", -1)) {
      Notify one =
          switch (word) {
            case "NEVER" -> Notify.NEVER;
            case "SUCCESS" -> Notify.SUCCESS;
            case "FAILURE" -> Notify.FAILURE;
            case "DELAY" -> Notify.DELAY;
            default -> null;
          };
      if (one == null || !found.add(one)) {
        return null;
      }
    }
    return found.contains(Notify.NEVER) && found.size() > 1 ? null : found;
  }

  /// `rfc822;` and xtext, or `utf-8;` in its own encoding (RFC 6533 §3).
  private static Optional<String> original(String value) {
    int semicolon = value.indexOf(';');
    if (semicolon < 1 || value.length() > ORIGINAL_MAX) {
      return Optional.empty();
    }
    String type = value.substring(0, semicolon);
    if (!type.matches("[A-Za-z0-9-]+")) {
      return Optional.empty();
    }
    String rest = value.substring(semicolon + 1);
    String address =
        type.equalsIgnoreCase("utf-8") ? InternationalAddress.decode(rest) : Xtext.decode(rest);
    return address == null || address.isEmpty() || address.chars().anyMatch(Character::isISOControl)
        ? Optional.empty()
        : Optional.of(type + ";" + address);
  }
}
