package mailwing.store.mime;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Charsets as messages name them, right or wrong.
final class Charsets {
  /// What octets that are no UTF-8 mean where nothing better is known: it decodes every octet that
  /// Latin 1 has, and what its users meant besides.
  static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

  private Charsets() {}

  /// The charset of this name; null where it is unknown, or US-ASCII, which is where senders say
  /// nothing or wrong.
  static @Nullable Charset find(String name) {
    String key = name.strip().toLowerCase(Locale.ROOT);
    if (key.length() > 40) {
      return null;
    }
    return switch (key) {
      case "",
          "us-ascii",
          "ascii",
          "ansi_x3.4-1968",
          "unknown-8bit",
          "8bit",
          "x-unknown",
          "default" ->
          null;
      case "utf-8", "utf8", "unicode-1-1-utf-8", "utf-8-strict" -> StandardCharsets.UTF_8;
      // What says Latin 1 is Windows' superset more often than not.
      case "iso-8859-1", "latin1", "iso8859-1", "iso_8859-1", "windows-1252", "cp1252" ->
          WINDOWS_1252;
      case "gb2312", "gbk", "gb_2312-80", "cp936", "x-gbk" -> byName("GB18030");
      case "ks_c_5601-1987", "ks_c_5601", "ksc5601", "euc-kr", "korean" -> byName("x-windows-949");
      case "shift_jis", "sjis", "x-sjis", "shift-jis", "cp932" -> byName("windows-31j");
      case "iso-2022-jp" -> byName("x-windows-iso2022jp");
      case "big5", "x-x-big5" -> byName("Big5-HKSCS");
      case "iso-8859-8-i", "iso-8859-8-e", "logical" -> byName("ISO-8859-8");
      case "iso-8859-11" -> byName("x-iso-8859-11");
      default -> byName(key.startsWith("cp-") ? "cp" + key.substring(3) : key);
    };
  }

  private static @Nullable Charset byName(String name) {
    try {
      return Charset.forName(name);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      return null;
    }
  }

  /// A text as a database and protobuf take it: no NUL, no half of a surrogate pair.
  static String storable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || Character.isSurrogate(c)) {
        return new String(
            text.replace("\0", "").getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
      }
    }
    return text;
  }

  /// Decodes octets whose charset is not known: UTF-8 if they are, else Windows-1252.
  static String guess(byte[] octets, int from, int length) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(octets, from, length))
          .toString();
    } catch (CharacterCodingException e) {
      return new String(octets, from, length, WINDOWS_1252);
    }
  }

  /// Decodes octets by the charset's name; what it does not say is guessed.
  static String decode(byte[] octets, int from, int length, String name) {
    if (isUtf7(name)) {
      return utf7(octets, from, length);
    }
    Charset charset = find(name);
    return charset == null || charset.equals(StandardCharsets.UTF_8)
        ? guess(octets, from, length)
        : new String(octets, from, length, charset);
  }

  private static String utf7(byte[] octets, int from, int length) {
    var out = new StringWriter(length);
    try (var reader = new Utf7Reader(new ByteArrayInputStream(octets, from, length))) {
      reader.transferTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString();
  }

  /// As `decode`, for a stream.
  static Reader reader(InputStream in, String name) {
    if (isUtf7(name)) {
      return new Utf7Reader(new BufferedInputStream(in));
    }
    Charset charset = find(name);
    return charset == null || charset.equals(StandardCharsets.UTF_8)
        ? new Utf8Reader(in)
        : new InputStreamReader(in, charset);
  }

  /// Is every octet of US-ASCII its own character, and part of no other one?
  static boolean keepsAscii(String name) {
    if (isUtf7(name)) {
      return false;
    }
    Charset charset = find(name);
    if (charset == null || charset.equals(StandardCharsets.UTF_8)) {
      return true;
    }
    String known = charset.name().toLowerCase(Locale.ROOT);
    return known.startsWith("iso-8859-")
        || known.startsWith("windows-125")
        || known.startsWith("koi8-");
  }

  private static boolean isUtf7(String name) {
    int length = name.length();
    return length >= 5 && length < 24 && name.regionMatches(true, length - 5, "utf-7", 0, 5);
  }
}
