package mailwing.smtp.report;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// The TXT record at `_smtp._tls` by which a domain asks for reports (RFC 8460 §3).
final class ReportRecord {
  private static final Pattern BEGIN = Pattern.compile("v=TLSRPTv1[ \t]*;.*", Pattern.DOTALL);
  private static final int MOST = 5;

  private ReportRecord() {}

  /// Where reports are to go: `mailto:` and `https:`; none where not exactly one record is of this
  /// version.
  static List<URI> receivers(List<String> texts) {
    List<String> records = texts.stream().filter(text -> BEGIN.matcher(text).matches()).toList();
    if (records.size() != 1) {
      return List.of();
    }
    for (String field : records.getFirst().split("[ \t]*;[ \t]*", -1)) {
      if (field.startsWith("rua=")) {
        return uris(field.substring("rua=".length()));
      }
    }
    return List.of();
  }

  private static List<URI> uris(String list) {
    return Arrays.stream(list.split("[ \t]*,[ \t]*", -1))
        .map(ReportRecord::uri)
        .flatMap(Optional::stream)
        .limit(MOST)
        .toList();
  }

  /// One that is of a scheme that is known; the others may be.
  private static Optional<URI> uri(String text) {
    try {
      URI uri = URI.create(text);
      String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
      return scheme.equals("mailto") || scheme.equals("https")
          ? Optional.of(uri)
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
