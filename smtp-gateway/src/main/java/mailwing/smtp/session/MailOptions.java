package mailwing.smtp.session;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import mailwing.smtp.protocol.Parameter;
import mailwing.smtp.protocol.Reply;
import mailwing.smtp.protocol.Xtext;
import org.jspecify.annotations.Nullable;

/// What MAIL's parameters say of a message.
///
/// @param size the declared size in octets, 0 if none was (RFC 1870)
/// @param body what octets the message may hold
/// @param smtpUtf8 addresses and header may hold UTF-8 (RFC 6531)
/// @param sending what is asked of the message's way to other systems
public record MailOptions(long size, Body body, boolean smtpUtf8, SendingOptions sending) {
  static final Reply UNKNOWN_PARAMETER =
      Reply.of(555, "5.5.4", "A parameter is not recognized or not implemented");
  static final Reply TWICE = Reply.of(501, "5.5.4", "A parameter is given twice");
  static final Reply HELD_TOO_LONG =
      Reply.of(501, "5.5.4", "The message would be held for longer than BY allows");

  static final Reply TIME_TOO_SHORT =
      Reply.of(555, "5.5.4", "A message cannot be sure to be delivered in so short a time");

  private static final int ENVELOPE_ID_MAX = 100;

  /// BODY's value (RFC 6152, RFC 3030 §3).
  public enum Body {
    /// Said or, where nothing was, assumed; octets above 127 are taken all the same.
    SEVEN_BIT,
    EIGHT_BIT,
    /// Every octet, and no lines: comes by BDAT alone.
    BINARY
  }

  /// The parameters, read, or the reply that refuses them.
  sealed interface Reading {
    record Understood(MailOptions options) implements Reading {}

    record Refused(Reply reply) implements Reading {}
  }

  /// Of a parameter that we know.
  static Reply badValue(String keyword) {
    return Reply.of(501, "5.5.4", "The value of " + keyword + " is not valid");
  }

  /// Reads parameters; those of an extension only where it is announced.
  static Reading read(
      List<Parameter> parameters, long maxOctets, SendingLimits limits, Set<Extension> announced) {
    Reader reader = new Reader(maxOctets, limits, announced);
    Set<String> seen = new HashSet<>();
    for (Parameter parameter : parameters) {
      Reply refused =
          seen.add(parameter.keyword())
              ? reader.read(parameter.keyword(), parameter.value())
              : TWICE;
      if (refused != null) {
        return new Reading.Refused(refused);
      }
    }
    return reader.isHeldTooLong()
        ? new Reading.Refused(HELD_TOO_LONG)
        : new Reading.Understood(reader.options());
  }

  MailOptions withPriority(int priority) {
    return new MailOptions(size, body, smtpUtf8, sending.withPriority(priority));
  }

  /// Gathers parameters.
  private static final class Reader {
    private final long maxOctets;
    private final SendingLimits limits;
    private final Set<Extension> announced;
    private final Instant now = Instant.now();
    private long size;
    private Body body = Body.SEVEN_BIT;
    private boolean smtpUtf8;
    private Optional<String> envelopeId = Optional.empty();
    private SendingOptions.Returned returned = SendingOptions.Returned.UNSAID;
    private Optional<SendingOptions.Hold> hold = Optional.empty();
    private Optional<SendingOptions.DeliverBy> deliverBy = Optional.empty();
    private int priority;
    private boolean requireTls;

    Reader(long maxOctets, SendingLimits limits, Set<Extension> announced) {
      this.maxOctets = maxOctets;
      this.limits = limits;
      this.announced = announced;
    }

    MailOptions options() {
      return new MailOptions(
          size,
          body,
          smtpUtf8,
          new SendingOptions(envelopeId, returned, hold, deliverBy, priority, requireTls));
    }

    /// It would be late before it is sent (RFC 4865 §5.2.2).
    boolean isHeldTooLong() {
      return hold.isPresent()
          && deliverBy.isPresent()
          && hold.get().until().isAfter(now.plus(deliverBy.get().time()));
    }

    /// The reply that refuses the parameter, else null.
    @Nullable Reply read(String keyword, @Nullable String value) {
      Extension extension = extension(keyword);
      if (extension != null && !announced.contains(extension)) {
        return UNKNOWN_PARAMETER;
      }
      return switch (keyword) {
        case "SMTPUTF8" -> {
          smtpUtf8 = true;
          yield value == null ? null : badValue(keyword);
        }
        case "REQUIRETLS" -> {
          requireTls = true;
          yield value == null ? null : badValue(keyword);
        }
        case "SIZE", "BODY", "AUTH", "RET", "ENVID", "HOLDFOR", "HOLDUNTIL", "BY", "MT-PRIORITY" ->
            value == null ? badValue(keyword) : valued(keyword, value);
        default -> UNKNOWN_PARAMETER;
      };
    }

    private static @Nullable Extension extension(String keyword) {
      return switch (keyword) {
        case "AUTH" -> Extension.AUTH;
        case "RET", "ENVID" -> Extension.DSN;
        case "HOLDFOR", "HOLDUNTIL" -> Extension.FUTURERELEASE;
        case "BY" -> Extension.DELIVERBY;
        case "MT-PRIORITY" -> Extension.MT_PRIORITY;
        case "REQUIRETLS" -> Extension.REQUIRETLS;
        default -> null;
      };
    }

    private @Nullable Reply valued(String keyword, String value) {
      return switch (keyword) {
        case "SIZE" -> size(value);
        case "BODY" -> body(value);
        case "RET" -> returned(value);
        case "ENVID" -> envelopeId(value);
        case "HOLDFOR" -> holdFor(value);
        case "HOLDUNTIL" -> holdUntil(value);
        case "BY" -> deliverBy(value);
        case "MT-PRIORITY" -> priority(value);
        // AUTH's value is not trusted (RFC 4954 §5).
        default -> null;
      };
    }

    private @Nullable Reply size(String value) {
      if (!value.matches("[0-9]{1,20}")) {
        return badValue("SIZE");
      }
      size = value.length() > 18 ? Long.MAX_VALUE : Long.parseLong(value);
      return size > maxOctets
          ? Reply.of(552, "5.3.4", "Message is larger than " + maxOctets + " octets")
          : null;
    }

    private @Nullable Reply body(String value) {
      switch (value.toUpperCase(Locale.ROOT)) {
        case "7BIT" -> body = Body.SEVEN_BIT;
        case "8BITMIME" -> body = Body.EIGHT_BIT;
        case "BINARYMIME" -> body = Body.BINARY;
        default -> {
          return badValue("BODY");
        }
      }
      return null;
    }

    private @Nullable Reply returned(String value) {
      switch (value.toUpperCase(Locale.ROOT)) {
        case "FULL" -> returned = SendingOptions.Returned.FULL;
        case "HDRS" -> returned = SendingOptions.Returned.HEADERS;
        default -> {
          return badValue("RET");
        }
      }
      return null;
    }

    private @Nullable Reply envelopeId(String value) {
      String decoded = value.length() > ENVELOPE_ID_MAX ? null : Xtext.decode(value);
      if (decoded == null || decoded.chars().anyMatch(Character::isISOControl)) {
        return badValue("ENVID");
      }
      envelopeId = Optional.of(decoded);
      return null;
    }

    private @Nullable Reply holdFor(String value) {
      return value.matches("[1-9][0-9]{0,8}")
          ? hold(now.plusSeconds(Long.parseLong(value)), "for;" + value)
          : badValue("HOLDFOR");
    }

    /// The time is in UTC (RFC 4865 §3).
    private @Nullable Reply holdUntil(String value) {
      try {
        OffsetDateTime time = OffsetDateTime.parse(value);
        return time.getOffset().equals(ZoneOffset.UTC)
            ? hold(time.toInstant(), "until;" + value)
            : badValue("HOLDUNTIL");
      } catch (DateTimeException e) {
        return badValue("HOLDUNTIL");
      }
    }

    private @Nullable Reply hold(Instant until, String request) {
      if (hold.isPresent()) {
        return TWICE;
      }
      if (!until.isAfter(now) || until.isAfter(now.plus(limits.longestHold()))) {
        return Reply.of(
            501,
            "5.5.4",
            "A message may be held for 1 to " + limits.longestHold().toSeconds() + " seconds");
      }
      hold = Optional.of(new SendingOptions.Hold(until, request));
      return null;
    }

    /// A limit to return by is in the future (RFC 2852 §4).
    private @Nullable Reply deliverBy(String value) {
      if (!value.matches("[+-]?[0-9]{1,9};[RrNn][Tt]?")) {
        return badValue("BY");
      }
      int semicolon = value.indexOf(';');
      int seconds = Integer.parseInt(value.substring(0, semicolon));
      String mode = value.substring(semicolon + 1).toUpperCase(Locale.ROOT);
      boolean bounce = mode.startsWith("R");
      if (bounce && seconds <= 0) {
        return badValue("BY");
      }
      if (bounce && seconds < limits.shortestTime().toSeconds()) {
        return TIME_TOO_SHORT;
      }
      deliverBy =
          Optional.of(
              new SendingOptions.DeliverBy(
                  Duration.ofSeconds(seconds), bounce, mode.endsWith("T")));
      return null;
    }

    private @Nullable Reply priority(String value) {
      if (!value.matches("-?[0-9]")) {
        return badValue("MT-PRIORITY");
      }
      priority = Integer.parseInt(value);
      return null;
    }
  }
}
