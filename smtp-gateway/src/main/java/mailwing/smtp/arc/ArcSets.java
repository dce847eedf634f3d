package mailwing.smtp.arc;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.smtp.data.HeaderScan;
import org.jspecify.annotations.Nullable;

/// The sets of a header section, by their instances (RFC 8617 §4.2).
final class ArcSets {
  static final int MOST = 50;
  static final String RESULTS = "arc-authentication-results";
  static final String SIGNATURE = "arc-message-signature";
  static final String SEAL = "arc-seal";

  private static final Pattern INSTANCE = Pattern.compile("i\\s*=\\s*([0-9]{1,2})");

  /// One set, as far as it is there.
  static final class Set {
    HeaderScan.@Nullable Field results;
    HeaderScan.@Nullable Field signature;
    HeaderScan.@Nullable Field seal;
  }

  private final TreeMap<Integer, Set> sets = new TreeMap<>();
  private boolean malformed;

  private ArcSets() {}

  static ArcSets of(byte[] octets, HeaderScan scan) {
    ArcSets found = new ArcSets();
    for (HeaderScan.Field field : scan.fields()) {
      for (String name : new String[] {RESULTS, SIGNATURE, SEAL}) {
        if (scan.isNamed(field, name)) {
          found.add(name, field, text(octets, field));
        }
      }
    }
    return found;
  }

  static String text(byte[] octets, HeaderScan.Field field) {
    return new String(
        octets, field.valueStart(), field.end() - field.valueStart(), StandardCharsets.ISO_8859_1);
  }

  private void add(String name, HeaderScan.Field field, String text) {
    int instance = instance(text, name.equals(RESULTS));
    if (instance < 1 || instance > MOST) {
      malformed = true;
      return;
    }
    Set set = sets.computeIfAbsent(instance, n -> new Set());
    switch (name) {
      case RESULTS -> {
        malformed |= set.results != null;
        set.results = field;
      }
      case SIGNATURE -> {
        malformed |= set.signature != null;
        set.signature = field;
      }
      default -> {
        malformed |= set.seal != null;
        set.seal = field;
      }
    }
  }

  /// 0 where it says none. Of the results only the first part can be it: the rest is free.
  private static int instance(String text, boolean firstOnly) {
    int start = 0;
    while (start <= text.length()) {
      int semicolon = text.indexOf(';', start);
      int end = semicolon < 0 ? text.length() : semicolon;
      Matcher matcher = INSTANCE.matcher(text.substring(start, end).strip());
      if (matcher.matches()) {
        return Integer.parseInt(matcher.group(1));
      }
      if (firstOnly) {
        return 0;
      }
      start = end + 1;
    }
    return 0;
  }

  boolean isEmpty() {
    return sets.isEmpty() && !malformed;
  }

  /// The greatest instance; 0 for none.
  int newest() {
    return sets.isEmpty() ? 0 : sets.lastKey();
  }

  /// One each of the three, from 1 to the newest, without gaps or repetition.
  boolean isWhole() {
    return !malformed
        && sets.size() == newest()
        && sets.values().stream()
            .allMatch(set -> set.results != null && set.signature != null && set.seal != null);
  }

  Optional<Set> set(int instance) {
    return Optional.ofNullable(sets.get(instance));
  }
}
