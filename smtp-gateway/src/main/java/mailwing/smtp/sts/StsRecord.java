package mailwing.smtp.sts;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The TXT record that announces a policy (RFC 8461 §3.1).
final class StsRecord {
  private static final Pattern BEGIN = Pattern.compile("v=STSv1[ \t]*;.*", Pattern.DOTALL);
  private static final Pattern ID = Pattern.compile("id=([A-Za-z0-9]{1,32})");
  private static final Pattern EXTENSION =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[!-:<>-~]+");

  private StsRecord() {}

  /// The policy's id, where exactly one record is of this version and is well formed.
  static Optional<String> id(List<String> texts) {
    List<String> records = texts.stream().filter(text -> BEGIN.matcher(text).matches()).toList();
    if (records.size() != 1) {
      return Optional.empty();
    }
    String[] fields = records.getFirst().split("[ \t]*;[ \t]*", -1);
    String id = null;
    for (int i = 1; i < fields.length; i++) {
      if (fields[i].isBlank() && i == fields.length - 1) {
        break;
      }
      var matcher = ID.matcher(fields[i]);
      if (matcher.matches()) {
        id = id == null ? matcher.group(1) : id;
      } else if (fields[i].startsWith("id=") || !EXTENSION.matcher(fields[i]).matches()) {
        return Optional.empty();
      }
    }
    return Optional.ofNullable(id);
  }
}
