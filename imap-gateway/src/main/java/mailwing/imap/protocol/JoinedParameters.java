package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mailwing.store.v1.Parameter;
import org.jspecify.annotations.Nullable;

/// Parameters as IMAP4rev2 tells them (RFC 9051 §7.5.2): `name*0` and `name*1` are one `name`, and
/// values that name a charset are UTF-8 under `name*` (RFC 2231 §3, §4). What does not follow RFC
/// 2231 stays as it is written.
final class JoinedParameters {
  private static final Pattern NAME = Pattern.compile("([^*]+)(?:\\*(0|[1-9][0-9]{0,3}))?(\\*)?");

  private JoinedParameters() {}

  private record Piece(Parameter parameter, boolean encoded) {}

  static List<Parameter> of(List<Parameter> parameters) {
    if (parameters.stream().noneMatch(p -> text(p.getName()).indexOf('*') >= 0)) {
      return parameters;
    }
    Map<String, NavigableMap<Integer, Piece>> pieces = new HashMap<>();
    for (Parameter parameter : parameters) {
      Matcher name = NAME.matcher(text(parameter.getName()));
      if (name.matches() && (name.group(2) != null || name.group(3) != null)) {
        int number = name.group(2) == null ? 0 : Integer.parseInt(name.group(2));
        pieces
            .computeIfAbsent(key(name), _ -> new TreeMap<>())
            .putIfAbsent(number, new Piece(parameter, name.group(3) != null));
      }
    }
    List<Parameter> joined = new ArrayList<>();
    Map<String, Boolean> told = new HashMap<>();
    for (Parameter parameter : parameters) {
      Matcher name = NAME.matcher(text(parameter.getName()));
      NavigableMap<Integer, Piece> value = name.matches() ? pieces.get(key(name)) : null;
      if (value == null || (name.group(2) == null && name.group(3) == null)) {
        joined.add(parameter);
        continue;
      }
      Boolean before = told.get(key(name));
      if (before == null) {
        Parameter whole = join(name.group(1), value);
        told.put(key(name), whole != null);
        joined.add(whole == null ? parameter : whole);
      } else if (!before) {
        joined.add(parameter);
      }
    }
    return joined;
  }

  private static String key(Matcher name) {
    return Tokens.upper(name.group(1));
  }

  /// Null where pieces are missing or cannot be decoded.
  private static @Nullable Parameter join(String name, NavigableMap<Integer, Piece> pieces) {
    if (pieces.firstKey() != 0 || pieces.lastKey() != pieces.size() - 1) {
      return null;
    }
    ByteArrayOutputStream octets = new ByteArrayOutputStream();
    Charset charset = null;
    for (Map.Entry<Integer, Piece> piece : pieces.entrySet()) {
      String value = text(piece.getValue().parameter().getValue());
      if (!piece.getValue().encoded()) {
        octets.writeBytes(Octets.latin1(value));
        continue;
      }
      if (piece.getKey() == 0) {
        int language = value.indexOf('\'');
        int start = language < 0 ? -1 : value.indexOf('\'', language + 1);
        charset = start < 0 ? null : charset(value.substring(0, language));
        value = value.substring(start + 1);
      }
      if (charset == null || !unescape(value, octets)) {
        return null;
      }
    }
    if (charset == null) {
      return parameter(name, ByteString.copyFrom(octets.toByteArray()));
    }
    String decoded = Octets.decode(octets.toByteArray(), charset);
    return decoded == null ? null : parameter(name + "*", ByteString.copyFromUtf8(decoded));
  }

  private static Parameter parameter(String name, ByteString value) {
    return Parameter.newBuilder()
        .setName(ByteString.copyFrom(Octets.latin1(name)))
        .setValue(value)
        .build();
  }

  private static @Nullable Charset charset(String name) {
    try {
      return name.isEmpty() ? StandardCharsets.US_ASCII : Charset.forName(name);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /// `%41` is A.
  private static boolean unescape(String value, ByteArrayOutputStream to) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '%') {
        int high = i + 2 < value.length() ? Character.digit(value.charAt(i + 1), 16) : -1;
        int low = high < 0 ? -1 : Character.digit(value.charAt(i + 2), 16);
        if (low < 0) {
          return false;
        }
        to.write(high * 16 + low);
        i += 2;
      } else {
        to.write(c);
      }
    }
    return true;
  }

  private static String text(ByteString octets) {
    return octets.toString(StandardCharsets.ISO_8859_1);
  }
}
