package mailwing.testkit.imap;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The small rules of RFC 9051 §9, each exactly as written: one SP is one SP, an atom is an atom.
final class ImapTokens {
  private final InputStream in;
  private final StringBuilder seen = new StringBuilder();
  private boolean utf8;
  private int next = -2;

  ImapTokens(InputStream in) {
    this.in = in;
  }

  void utf8(boolean on) {
    utf8 = on;
  }

  boolean utf8() {
    return utf8;
  }

  void start() {
    seen.setLength(0);
  }

  ImapGrammarException wrong(String what) {
    return new ImapGrammarException(what + " after: " + seen);
  }

  int peek() {
    if (next == -2) {
      try {
        next = in.read();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return next;
  }

  int take() {
    int octet = peek();
    if (octet < 0) {
      throw wrong("End of stream");
    }
    next = -2;
    if (seen.length() < 4000) {
      seen.append((char) octet);
    }
    return octet;
  }

  boolean at(char c) {
    return peek() == c;
  }

  boolean accept(char c) {
    if (peek() == c) {
      take();
      return true;
    }
    return false;
  }

  void expect(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!accept(text.charAt(i))) {
        throw wrong("Expected '" + text + "', found " + peek());
      }
    }
  }

  void sp() {
    expect(" ");
  }

  void crlf() {
    expect("\r\n");
  }

  static boolean atomChar(int c) {
    return c > 0x20 && c < 0x7f && "(){%*\"\\]".indexOf(c) < 0;
  }

  String atom() {
    StringBuilder atom = new StringBuilder();
    while (atomChar(peek())) {
      atom.append((char) take());
    }
    if (atom.isEmpty()) {
      throw wrong("Expected an atom, found " + peek());
    }
    return atom.toString();
  }

  /// A URL that stands in a response code.
  String url() {
    StringBuilder url = new StringBuilder();
    while (peek() > 0x20 && peek() < 0x7f && !at(']')) {
      url.append((char) take());
    }
    if (url.isEmpty()) {
      throw wrong("Expected a URL");
    }
    return url.toString();
  }

  /// Letters, digits, dots and hyphens.
  String word() {
    StringBuilder word = new StringBuilder();
    while (Character.isLetterOrDigit(peek()) || at('.') || at('-')) {
      word.append((char) take());
    }
    return word.toString();
  }

  long number() {
    return number(0xffffffffL);
  }

  long number64() {
    return number(Long.MAX_VALUE);
  }

  long nzNumber() {
    return nonZero(number());
  }

  long nonZero(long number) {
    if (number == 0) {
      throw wrong("Expected a number above 0");
    }
    return number;
  }

  private long number(long max) {
    StringBuilder digits = new StringBuilder();
    while (peek() >= '0' && peek() <= '9') {
      digits.append((char) take());
    }
    if (digits.isEmpty()
        || digits.length() > 19
        || (digits.length() > 1 && digits.charAt(0) == '0')) {
      throw wrong("Expected a number");
    }
    long number = Long.parseUnsignedLong(digits.toString());
    if (number < 0 || number > max) {
      throw wrong("Number too large");
    }
    return number;
  }

  /// sequence-set without `*` and `$`.
  String set() {
    StringBuilder set = new StringBuilder();
    do {
      set.append(set.isEmpty() ? "" : ",").append(nzNumber());
      if (accept(':')) {
        set.append(':').append(nzNumber());
      }
    } while (accept(','));
    return set.toString();
  }

  ByteString string() {
    if (at('"')) {
      return quoted();
    }
    if (at('{')) {
      return literal(false);
    }
    throw wrong("Expected a string, found " + peek());
  }

  String text(ByteString octets) {
    return octets.toString(StandardCharsets.ISO_8859_1);
  }

  String stringText() {
    return text(string());
  }

  ByteString quoted() {
    expect("\"");
    ByteString.Output octets = ByteString.newOutput();
    boolean eightBit = false;
    while (!accept('"')) {
      int c = take();
      if (c == '\\') {
        c = take();
        if (c != '"' && c != '\\') {
          throw wrong("Wrong escape");
        }
      } else if (c == 0 || c == '\r' || c == '\n') {
        throw wrong("Wrong character in a quoted string");
      }
      eightBit |= c >= 0x80;
      octets.write(c);
    }
    ByteString string = octets.toByteString();
    if (eightBit && !(utf8 && isUtf8(string))) {
      throw wrong("8-bit quoted string");
    }
    return string;
  }

  private static boolean isUtf8(ByteString octets) {
    try {
      ByteBuffer buffer = octets.asReadOnlyByteBuffer();
      return StandardCharsets.UTF_8.newDecoder().decode(buffer).limit() >= 0;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  ByteString literal(boolean mayHoldNul) {
    expect("{");
    long size = number64();
    expect("}");
    crlf();
    ByteString octets = exactly(size);
    for (int i = 0; !mayHoldNul && i < octets.size(); i++) {
      if (octets.byteAt(i) == 0) {
        throw wrong("NUL in a literal");
      }
    }
    return octets;
  }

  /// So many octets as they come; none has been peeked at, since a line end was taken before.
  private ByteString exactly(long size) {
    try {
      byte[] octets = in.readNBytes(Math.toIntExact(size));
      if (octets.length < size) {
        throw wrong("End of stream in a literal");
      }
      return ByteString.copyFrom(octets);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// nstring; null for NIL.
  @Nullable ByteString nstring() {
    if (at('N') || at('n')) {
      nil();
      return null;
    }
    return string();
  }

  void nil() {
    if (!atom().equalsIgnoreCase("NIL")) {
      throw wrong("Expected NIL");
    }
  }

  /// astring in Latin-1.
  String astring() {
    if (at('"') || at('{')) {
      return stringText();
    }
    StringBuilder atom = new StringBuilder();
    while (atomChar(peek()) || at(']')) {
      atom.append((char) take());
    }
    if (atom.isEmpty()) {
      throw wrong("Expected an astring");
    }
    return atom.toString();
  }

  /// A flag; `\*` where it may be.
  String flag(boolean star) {
    if (!accept('\\')) {
      return atom();
    }
    if (star && accept('*')) {
      return "\\*";
    }
    return "\\" + atom();
  }

  /// `(` items with single spaces `)`; may be empty.
  <T> List<T> list(Item<T> item) {
    List<T> items = new ArrayList<>();
    expect("(");
    if (accept(')')) {
      return items;
    }
    do {
      items.add(item.read());
    } while (accept(' '));
    expect(")");
    return items;
  }

  /// Reads one item of a list.
  interface Item<T> {
    T read();
  }
}
