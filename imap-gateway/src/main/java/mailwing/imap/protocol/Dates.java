package mailwing.imap.protocol;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import mailwing.imap.command.InternalDate;

/// date and date-time (RFC 9051 §9).
final class Dates {
  private static final List<String> MONTHS =
      List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
  private static final String NAMES = "JanFebMarAprMayJunJulAugSepOctNovDec";

  private Dates() {}

  /// date-text: `1-Feb-1994` or `01-Feb-1994`.
  static LocalDate date(String text) throws SyntaxError {
    Fields fields = new Fields(text.strip());
    int day = fields.number(1, 2);
    fields.skip('-');
    int month = fields.month();
    fields.skip('-');
    int year = fields.number(4, 4);
    fields.end();
    return date(year, month, day);
  }

  private static LocalDate date(int year, int month, int day) throws SyntaxError {
    try {
      return LocalDate.of(year, month, day);
    } catch (DateTimeException e) {
      throw SyntaxError.bad("No such date");
    }
  }

  /// date-time without its quotes: `17-Jul-1996 02:44:25 -0700`, a day of one digit with a space or
  /// without. A leap second is the second before it.
  static InternalDate dateTime(String text) throws SyntaxError {
    Fields fields = new Fields(text.strip());
    int day = fields.number(1, 2);
    fields.skip('-');
    int month = fields.month();
    fields.skip('-');
    int year = fields.number(4, 4);
    fields.skip(' ');
    int hour = fields.number(2, 2);
    fields.skip(':');
    int minute = fields.number(2, 2);
    fields.skip(':');
    int second = fields.number(2, 2);
    fields.skip(' ');
    int sign = fields.sign();
    int zone = sign * zone(fields.number(4, 4));
    fields.end();
    if (hour > 23 || minute > 59 || second > 60) {
      throw SyntaxError.bad("No such time");
    }
    LocalDateTime local =
        date(year, month, day).atTime(hour, minute, Math.min(second, 59)).minusMinutes(zone);
    return new InternalDate(local.toInstant(ZoneOffset.UTC).toEpochMilli(), zone);
  }

  private static int zone(int hhmm) throws SyntaxError {
    if (hhmm % 100 > 59) {
      throw SyntaxError.bad("No such zone");
    }
    return hhmm / 100 * 60 + hhmm % 100;
  }

  /// Writes a date-time of 26 octets, without quotes, at `to[at]`.
  ///
  /// Years beyond 0 to 9999, which the grammar cannot say, are written as the nearest it can.
  static void write(InternalDate date, byte[] to, int at) {
    int zone = Math.clamp(date.zoneMinutes(), -(99 * 60 + 59), 99 * 60 + 59);
    LocalDateTime local =
        LocalDateTime.ofInstant(clamped(date.epochMillis()), ZoneOffset.UTC).plusMinutes(zone);
    int month = (local.getMonthValue() - 1) * 3;
    digits(to, at, 2, local.getDayOfMonth());
    if (to[at] == '0') {
      to[at] = ' ';
    }
    to[at + 2] = '-';
    for (int i = 0; i < 3; i++) {
      to[at + 3 + i] = (byte) NAMES.charAt(month + i);
    }
    to[at + 6] = '-';
    digits(to, at + 7, 4, local.getYear());
    to[at + 11] = ' ';
    digits(to, at + 12, 2, local.getHour());
    to[at + 14] = ':';
    digits(to, at + 15, 2, local.getMinute());
    to[at + 17] = ':';
    digits(to, at + 18, 2, local.getSecond());
    to[at + 20] = ' ';
    to[at + 21] = (byte) (zone < 0 ? '-' : '+');
    int absolute = Math.abs(zone);
    digits(to, at + 22, 4, absolute / 60 * 100 + absolute % 60);
  }

  private static Instant clamped(long millis) {
    // 0000-01-06 to 9999-12-25: leaves room for any zone.
    return Instant.ofEpochMilli(Math.clamp(millis, -62166787200000L, 253401696000000L));
  }

  private static void digits(byte[] to, int at, int count, int number) {
    int left = number;
    for (int i = at + count - 1; i >= at; i--) {
      to[i] = (byte) ('0' + left % 10);
      left /= 10;
    }
  }

  /// Reads the pieces of a date from left to right.
  private static final class Fields {
    private final String text;
    private int at;

    Fields(String text) {
      this.text = text;
    }

    private int peek() {
      return at < text.length() ? text.charAt(at) : -1;
    }

    int number(int min, int max) throws SyntaxError {
      int start = at;
      int value = 0;
      while (at - start < max && Octets.digit(peek())) {
        value = value * 10 + text.charAt(at++) - '0';
      }
      if (at - start < min) {
        throw wrong();
      }
      return value;
    }

    int month() throws SyntaxError {
      int index =
          at + 3 <= text.length() ? MONTHS.indexOf(Tokens.upper(text.substring(at, at + 3))) : -1;
      if (index < 0) {
        throw wrong();
      }
      at += 3;
      return index + 1;
    }

    void skip(char c) throws SyntaxError {
      if (peek() != c) {
        throw wrong();
      }
      at++;
    }

    int sign() throws SyntaxError {
      int c = peek();
      if (c != '+' && c != '-') {
        throw wrong();
      }
      at++;
      return c == '-' ? -1 : 1;
    }

    void end() throws SyntaxError {
      if (at != text.length()) {
        throw wrong();
      }
    }

    private static SyntaxError wrong() {
      return SyntaxError.bad("Wrong date");
    }
  }
}
