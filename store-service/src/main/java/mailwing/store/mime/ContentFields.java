package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import mailwing.store.v1.Parameter;
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// Content-* fields of a part (RFC 2045, 2183, 3282, 2557), lenient. Parameters stay as written:
/// RFC 2231 continuations and encodings are the client's to join.
final class ContentFields {
  static final ByteString TEXT = ByteString.copyFromUtf8("TEXT");
  static final ByteString PLAIN = ByteString.copyFromUtf8("PLAIN");
  static final ByteString MESSAGE = ByteString.copyFromUtf8("MESSAGE");
  static final ByteString RFC822 = ByteString.copyFromUtf8("RFC822");
  static final ByteString APPLICATION = ByteString.copyFromUtf8("APPLICATION");
  static final ByteString OCTET_STREAM = ByteString.copyFromUtf8("OCTET-STREAM");
  static final ByteString SEVEN_BIT = ByteString.copyFromUtf8("7BIT");
  static final Parameter US_ASCII =
      Parameter.newBuilder()
          .setName(ByteString.copyFromUtf8("CHARSET"))
          .setValue(ByteString.copyFromUtf8("US-ASCII"))
          .build();

  private ContentFields() {}

  /// Reads Content-Type into `part`; false where it is no type (RFC 2045 section 5.2: as if it were
  /// absent).
  static boolean type(byte[] value, Part.Builder part) {
    var field = new FieldOctets(value);
    field.skipCfws();
    ByteString type = field.token();
    field.skipCfws();
    if (type.isEmpty() || field.peek() != '/') {
      return false;
    }
    field.at++;
    field.skipCfws();
    ByteString subtype = field.token();
    if (subtype.isEmpty()) {
      return false;
    }
    part.setType(type).setSubtype(subtype);
    for (int i = 0; i < MimeLimits.PARAMETERS; i++) {
      Parameter parameter = parameter(field);
      if (parameter == null) {
        break;
      }
      part.addParameters(parameter);
    }
    return true;
  }

  static void disposition(byte[] value, Part.Builder part) {
    var field = new FieldOctets(value);
    field.skipCfws();
    ByteString disposition = field.token();
    if (disposition.isEmpty()) {
      return;
    }
    part.setDisposition(disposition);
    for (int i = 0; i < MimeLimits.PARAMETERS; i++) {
      Parameter parameter = parameter(field);
      if (parameter == null) {
        break;
      }
      part.addDispositionParameters(parameter);
    }
  }

  static void language(byte[] value, Part.Builder part) {
    var field = new FieldOctets(value);
    for (int i = 0; i < MimeLimits.PARAMETERS && !field.atEnd(); i++) {
      field.skipCfws();
      ByteString tag = field.token();
      if (!tag.isEmpty()) {
        part.addLanguage(tag);
      }
      while (!field.atEnd() && field.peek() != ',') {
        field.at++;
      }
      field.at++;
    }
  }

  static ByteString encoding(byte[] value) {
    var field = new FieldOctets(value);
    field.skipCfws();
    ByteString encoding = field.token();
    return encoding.isEmpty() ? SEVEN_BIT : encoding;
  }

  /// The next `; name=value`; null at the end.
  private static @Nullable Parameter parameter(FieldOctets field) {
    while (true) {
      field.skipCfws();
      while (!field.atEnd() && field.peek() != ';') {
        if (field.peek() == '"') {
          field.quoted();
        } else {
          field.at++;
        }
      }
      if (field.atEnd()) {
        return null;
      }
      field.at++;
      field.skipCfws();
      ByteString name = field.token();
      field.skipCfws();
      if (name.isEmpty() || field.peek() != '=') {
        continue;
      }
      field.at++;
      field.skipCfws();
      return Parameter.newBuilder().setName(name).setValue(value(field)).build();
    }
  }

  private static ByteString value(FieldOctets field) {
    if (field.peek() == '"') {
      field.clearWord();
      field.quoted();
      return field.word();
    }
    // A token; what follows unquoted up to the semicolon belongs to it, as file names with spaces
    // are sent so.
    int from = field.at;
    int end = from;
    while (!field.atEnd() && field.peek() != ';') {
      int c = field.peek();
      if (c == '(' && end < field.at) {
        break;
      }
      field.at++;
      if (!FieldOctets.isSpace((byte) c)) {
        end = field.at;
      }
    }
    return field.slice(from, end);
  }

  /// The value of a parameter, by a name in lower case.
  static @Nullable ByteString parameter(Part.Builder part, String name) {
    for (int i = 0; i < part.getParametersCount(); i++) {
      Parameter parameter = part.getParameters(i);
      if (is(parameter.getName(), name)) {
        return parameter.getValue();
      }
    }
    return null;
  }

  /// Equal but for the case of US-ASCII letters; `lower` is in lower case.
  static boolean is(ByteString octets, String lower) {
    int length = octets.size();
    if (length != lower.length()) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      int b = octets.byteAt(i);
      if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lower.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /// Is it one that hides what the octets say?
  static boolean isEncoded(ByteString encoding) {
    return is(encoding, "base64") || is(encoding, "quoted-printable");
  }

  /// The boundary of a multipart, empty if it has none. It may be continued and encoded as RFC 2231
  /// says.
  static byte[] boundary(Part.Builder part) {
    ByteString value = parameter(part, "boundary");
    if (value == null) {
      value = ByteString.EMPTY;
      for (int i = 0; i < part.getParametersCount(); i++) {
        String next = "boundary*" + i;
        ByteString plain = parameter(part, next);
        ByteString encoded = parameter(part, next + "*");
        if (i == 0 && encoded == null && plain == null) {
          encoded = parameter(part, "boundary*");
        }
        if (plain != null) {
          value = value.concat(plain);
        } else if (encoded != null) {
          value = value.concat(percentDecoded(encoded, i == 0));
        } else {
          break;
        }
      }
    }
    byte[] octets = value.toByteArray();
    int end = octets.length;
    while (end > 0 && FieldOctets.isSpace(octets[end - 1])) {
      end--;
    }
    return Arrays.copyOf(octets, Math.min(end, MimeLimits.BOUNDARY_OCTETS));
  }

  private static ByteString percentDecoded(ByteString value, boolean first) {
    var out = ByteString.newOutput(value.size());
    int i = 0;
    if (first) {
      // After charset and language.
      for (int quotes = 0; quotes < 2 && i < value.size(); i++) {
        quotes += value.byteAt(i) == '\'' ? 1 : 0;
      }
    }
    for (; i < value.size(); i++) {
      byte b = value.byteAt(i);
      if (b == '%'
          && i + 2 < value.size()
          && EncodedWords.hex(value.byteAt(i + 1)) >= 0
          && EncodedWords.hex(value.byteAt(i + 2)) >= 0) {
        out.write(
            EncodedWords.hex(value.byteAt(i + 1)) << 4 | EncodedWords.hex(value.byteAt(i + 2)));
        i += 2;
      } else {
        out.write(b);
      }
    }
    return out.toByteString();
  }
}
