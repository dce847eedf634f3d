package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The date of a Date field (RFC 5322 section 3.3, obsolete forms of 4.3 included), lenient about
/// order-keeping noise.
///
/// @param millis since 1970, UTC. A zone that is broken counts as UTC, a time that is broken as
///   00:00:00 (RFC 5256 section 2.2)
/// @param day the day as written, whatever the zone, since 1970
record SentDate(long millis, int day) {
  private static final String MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec";
  private static final long DAY_SECONDS = 86_400;

  static @Nullable SentDate parse(ByteString value) {
    if (value.isEmpty()) {
      return null;
    }
    return new Reader(new FieldOctets(value.toByteArray())).read();
  }

  private static final class Reader {
    private final FieldOctets field;

    Reader(FieldOctets field) {
      this.field = field;
    }

    @Nullable SentDate read() {
      skip();
      if (isLetter(field.peek())) {
        word();
        skip();
      }
      // "Sat Nov 21 21:58:06 2026", as asctime writes, has the month first and the year last.
      boolean monthFirst = isLetter(field.peek());
      int month = monthFirst ? month(word()) : 0;
      skip();
      int day = number();
      skip();
      int time = -1;
      int zone = 0;
      if (monthFirst) {
        time = time();
        zone = zone();
      } else {
        month = month(word());
      }
      skip();
      int yearAt = field.at;
      int year = number();
      int digits = field.at - yearAt;
      if (day < 0 || month < 0 || year < 0) {
        return null;
      }
      if (!monthFirst) {
        time = time();
        zone = time < 0 ? 0 : zone();
      }
      if (digits <= 2) {
        year += year < 50 ? 2000 : 1900;
      } else if (digits == 3) {
        year += 1900;
      }
      LocalDate date;
      try {
        date = LocalDate.of(year, month, day);
      } catch (DateTimeException e) {
        return null;
      }
      int epochDay = (int) date.toEpochDay();
      long seconds = epochDay * DAY_SECONDS + Math.max(0, time) - zone;
      return new SentDate(seconds * 1000, epochDay);
    }

    private int time() {
      skip();
      int hour = number();
      if (hour < 0 || hour > 24 || !colon()) {
        return -1;
      }
      int minute = number();
      if (minute < 0 || minute > 59) {
        return -1;
      }
      int second = 0;
      if (colon()) {
        second = number();
        if (second < 0 || second > 60) {
          return -1;
        }
      }
      return hour * 3600 + minute * 60 + Math.min(second, 59);
    }

    private boolean colon() {
      field.skipCfws();
      if (field.peek() != ':' && field.peek() != '.') {
        return false;
      }
      field.at++;
      field.skipCfws();
      return true;
    }

    /// Seconds east of UTC.
    private int zone() {
      field.skipCfws();
      int sign = field.peek();
      if (sign == '+' || sign == '-') {
        field.at++;
        int from = field.at;
        int number = number();
        if (number < 0 || field.at - from != 4 || number % 100 > 59) {
          return 0;
        }
        int seconds = (number / 100 * 60 + number % 100) * 60;
        return sign == '-' ? -seconds : seconds;
      }
      int hours =
          switch (word()) {
            case "edt" -> -4;
            case "est", "cdt" -> -5;
            case "cst", "mdt" -> -6;
            case "mst", "pdt" -> -7;
            case "pst" -> -8;
            default -> 0;
          };
      return hours * 3600;
    }

    private void skip() {
      while (field.skipCfws() || field.peek() == ',' || field.peek() == '-') {
        if (field.peek() == ',' || field.peek() == '-') {
          field.at++;
        }
      }
    }

    private int number() {
      int from = field.at;
      int number = 0;
      while (field.peek() >= '0' && field.peek() <= '9' && field.at - from < 6) {
        number = number * 10 + field.peek() - '0';
        field.at++;
      }
      return field.at == from ? -1 : number;
    }

    private String word() {
      int from = field.at;
      while (isLetter(field.peek())) {
        field.at++;
      }
      return field.slice(from, field.at).toStringUtf8().toLowerCase(Locale.ROOT);
    }

    private static int month(String word) {
      if (word.length() < 3) {
        return -1;
      }
      int index = MONTHS.indexOf(word.substring(0, 3));
      return index < 0 || index % 3 != 0 ? -1 : index / 3 + 1;
    }

    private static boolean isLetter(int c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
  }
}
