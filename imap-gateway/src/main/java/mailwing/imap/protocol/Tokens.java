package mailwing.imap.protocol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import mailwing.imap.command.MailboxName;
import org.jspecify.annotations.Nullable;

/// The small rules of RFC 9051 §9 that all commands are made of, read at the input's position.
///
/// Several SPs count as one, and SPs may stand before the line's end: people and some clients send
/// them. Strings are octets, one char each, unless a method says otherwise.
final class Tokens {
  final Input in;
  private final Set<Grammar> grammars = EnumSet.noneOf(Grammar.class);
  private boolean utf8;
  private boolean utf8Alone;
  private int depth;

  Tokens(Input in) {
    this.in = in;
  }

  /// Others that allow the same, of another input.
  Tokens of(Input input) {
    Tokens tokens = new Tokens(input);
    tokens.grammars(grammars);
    tokens.utf8 = utf8;
    return tokens;
  }

  void grammars(Set<Grammar> allowed) {
    grammars.clear();
    grammars.addAll(allowed);
  }

  boolean allows(Grammar grammar) {
    return grammars.contains(grammar);
  }

  void need(Grammar grammar, String what) throws SyntaxError {
    if (!allows(grammar)) {
      throw SyntaxError.bad("Unknown " + what);
    }
  }

  void utf8(boolean on) {
    utf8 = on;
  }

  /// Strings are UTF-8 and no command may say otherwise (RFC 9755 §3).
  void utf8Alone(boolean on) {
    utf8Alone = on;
  }

  /// `CHARSET` and the name behind it where it is next, null where not; refused where all strings
  /// are UTF-8 anyway.
  @Nullable String charset() throws IOException, SyntaxError {
    if (!acceptWord("CHARSET")) {
      return null;
    }
    if (utf8Alone) {
      throw SyntaxError.bad("CHARSET is not allowed once UTF8=ACCEPT is enabled");
    }
    sp();
    String name = astring();
    sp();
    return name;
  }

  /// A charset that must be named, as in SORT.
  String mandatoryCharset() throws IOException, SyntaxError {
    String name = astring();
    if (utf8Alone && !name.equalsIgnoreCase("UTF-8")) {
      throw SyntaxError.bad("The charset is UTF-8 once UTF8=ACCEPT is enabled");
    }
    return name;
  }

  void start() {
    depth = 0;
  }

  /// Enters a nested rule; [#leave] ends it.
  void enter() throws SyntaxError {
    if (++depth > in.limits().nesting()) {
      throw SyntaxError.no(ResponseCode.Name.LIMIT, "Too deeply nested");
    }
  }

  void leave() {
    depth--;
  }

  void count(int items) throws SyntaxError {
    if (items > in.limits().arguments()) {
      throw SyntaxError.no(ResponseCode.Name.LIMIT, "Too many arguments");
    }
  }

  boolean at(char c) {
    return in.peek() == c;
  }

  boolean accept(char c) {
    if (in.peek() == c) {
      in.skip(1);
      return true;
    }
    return false;
  }

  void expect(char c) throws SyntaxError {
    if (!accept(c)) {
      throw SyntaxError.bad("Expected " + c);
    }
  }

  void sp() throws SyntaxError {
    if (!acceptSp()) {
      throw SyntaxError.bad(in.atEnd() ? "Missing argument" : "Expected a space");
    }
  }

  private boolean acceptSp() {
    boolean found = false;
    while (accept(' ')) {
      found = true;
    }
    return found;
  }

  /// Whether a further argument stands after a space; then the space is gone.
  boolean more() {
    int before = in.position();
    if (acceptSp() && !in.atEnd()) {
      return true;
    }
    in.position(before);
    return false;
  }

  /// Skips spaces that stand before something, as within parentheses.
  void optionalSp() {
    acceptSp();
  }

  void end() throws SyntaxError {
    acceptSp();
    if (!in.atEnd()) {
      throw SyntaxError.bad("Unexpected argument");
    }
  }

  /// `(`, then items with spaces between, then `)`. An empty list is refused unless it may be.
  void list(boolean mayBeEmpty, Item item) throws IOException, SyntaxError {
    enter();
    expect('(');
    optionalSp();
    int items = 0;
    while (!accept(')')) {
      if (in.atEnd()) {
        throw SyntaxError.bad("Missing )");
      }
      count(++items);
      item.read();
      if (!at(')')) {
        sp();
      }
    }
    if (items == 0 && !mayBeEmpty) {
      throw SyntaxError.bad("Empty list");
    }
    leave();
  }

  /// Reads one item of a list.
  interface Item {
    void read() throws IOException, SyntaxError;
  }

  /// A run of ATOM-CHARs.
  String atom() throws SyntaxError {
    int start = in.position();
    while (Octets.atom(in.peek())) {
      in.skip(1);
    }
    return since(start, "Expected an atom");
  }

  /// An atom in upper case.
  String keyword() throws SyntaxError {
    return upper(atom());
  }

  /// A run of letters, digits and hyphens in upper case, which may be empty: what stands before
  /// `[`, `<` or the like.
  String word() {
    int start = in.position();
    while (isWord(in.peek())) {
      in.skip(1);
    }
    return upper(text(start));
  }

  private static boolean isWord(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || Octets.digit(c)
        || c == '-'
        || c == '.'
        || c == '_';
  }

  /// Whether the word is next; then it is gone.
  boolean acceptWord(String upperCase) {
    int before = in.position();
    if (word().equals(upperCase)) {
      return true;
    }
    in.position(before);
    return false;
  }

  private String since(int start, String otherwise) throws SyntaxError {
    if (in.position() == start) {
      throw SyntaxError.bad(otherwise);
    }
    return text(start);
  }

  String text(int start) {
    return new String(in.buffer(), start, in.position() - start, StandardCharsets.ISO_8859_1);
  }

  static String upper(String text) {
    StringBuilder upper = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'a' && c <= 'z') {
        if (upper == null) {
          upper = new StringBuilder(text);
        }
        upper.setCharAt(i, (char) (c - 32));
      }
    }
    return upper == null ? text : upper.toString();
  }

  String tag() throws SyntaxError {
    int start = in.position();
    while (Octets.tag(in.peek())) {
      in.skip(1);
    }
    return since(start, "Missing tag");
  }

  String astring() throws IOException, SyntaxError {
    return Octets.latin1(astringOctets());
  }

  byte[] astringOctets() throws IOException, SyntaxError {
    return astringOctets(true);
  }

  /// As [#astringOctets]; a quoted string may hold octets that are not UTF-8 too.
  byte[] anyAstringOctets() throws IOException, SyntaxError {
    return astringOctets(false);
  }

  private byte[] astringOctets(boolean utf8Quoted) throws IOException, SyntaxError {
    int start = in.position();
    while (Octets.astring(in.peek())) {
      in.skip(1);
    }
    if (in.position() > start) {
      return Arrays.copyOfRange(in.buffer(), start, in.position());
    }
    return at('"') ? quoted(utf8Quoted) : stringOctets();
  }

  String string() throws IOException, SyntaxError {
    return Octets.latin1(stringOctets());
  }

  byte[] stringOctets() throws IOException, SyntaxError {
    if (at('"')) {
      return quoted(true);
    }
    if (at('{')) {
      return in.take(literal());
    }
    throw SyntaxError.bad(in.atEnd() ? "Missing argument" : "Expected a string");
  }

  /// A string, or null for NIL.
  byte @Nullable [] nstringOctets() throws IOException, SyntaxError {
    return acceptNil() ? null : stringOctets();
  }

  boolean acceptNil() {
    int before = in.position();
    if (word().equals("NIL") && !Octets.astring(in.peek())) {
      return true;
    }
    in.position(before);
    return false;
  }

  private byte[] quoted(boolean utf8Wanted) throws SyntaxError {
    in.skip(1);
    int start = in.position();
    byte[] buffer = in.buffer();
    int at = start;
    int escapes = 0;
    boolean eightBit = false;
    while (true) {
      if (at >= in.length()) {
        throw SyntaxError.bad("Missing closing quote");
      }
      byte c = buffer[at];
      if (c == '"') {
        break;
      }
      if (c == '\\') {
        at++;
        escapes++;
        if (at >= in.length() || (buffer[at] != '"' && buffer[at] != '\\')) {
          throw SyntaxError.bad("Wrong escape in a quoted string");
        }
      } else if (c == 0 || c == '\r') {
        throw SyntaxError.bad("Wrong character in a quoted string");
      }
      eightBit |= c < 0;
      at++;
    }
    byte[] octets = unescaped(buffer, start, at, escapes);
    if (eightBit && utf8Wanted && Octets.utf8(octets) == null) {
      throw SyntaxError.bad("Quoted string is not UTF-8");
    }
    in.skip(at + 1 - start);
    return octets;
  }

  private static byte[] unescaped(byte[] from, int start, int end, int escapes) {
    byte[] octets = new byte[end - start - escapes];
    int to = 0;
    for (int i = start; i < end; i++) {
      if (from[i] == '\\') {
        i++;
      }
      octets[to++] = from[i];
    }
    return octets;
  }

  /// `{n}` or `{n+}`, and `~` before it where a literal8 may stand, at the end of the line.
  Input.Announced literal() throws SyntaxError {
    Input.Announced literal = in.announced();
    if (literal == null || literal.start() != in.position()) {
      throw SyntaxError.bad("Wrong literal");
    }
    if (!literal.synchronizing() && !plusAllowed(literal.size())) {
      throw SyntaxError.bad("Non-synchronizing literal not allowed");
    }
    in.skip(in.length() - in.position());
    return literal;
  }

  private boolean plusAllowed(long size) {
    return allows(Grammar.LITERAL_PLUS) || (allows(Grammar.LITERAL_MINUS) && size <= 4096);
  }

  /// A mailbox's name: modified UTF-7, or UTF-8 where the client enabled it or sends 8-bit octets.
  MailboxName mailbox() throws IOException, SyntaxError {
    return new MailboxName(name(astringOctets()));
  }

  /// A mailbox's name from its octets.
  String name(byte[] octets) throws SyntaxError {
    String text = Octets.latin1(octets);
    String name = utf8 || !Octets.ascii(text) ? Octets.utf8(octets) : ModifiedUtf7.decode(text);
    if (name == null || !printable(name)) {
      throw SyntaxError.no(ResponseCode.Name.CANNOT, "Wrong characters in a mailbox name");
    }
    return name;
  }

  private static boolean printable(String name) {
    return name.codePoints().noneMatch(Character::isISOControl);
  }

  /// A string that people read: UTF-8 (which US-ASCII is).
  String utf8String(byte[] octets) throws SyntaxError {
    String text = Octets.utf8(octets);
    if (text == null) {
      throw SyntaxError.bad("String is not UTF-8");
    }
    return text;
  }

  /// Digits, at most `max`.
  long number(long max) throws SyntaxError {
    long value = 0;
    int start = in.position();
    while (Octets.digit(in.peek())) {
      int digit = in.peek() - '0';
      if (value > (max - digit) / 10) {
        throw SyntaxError.bad("Number too large");
      }
      value = value * 10 + digit;
      in.skip(1);
    }
    if (in.position() == start) {
      throw SyntaxError.bad("Expected a number");
    }
    return value;
  }

  /// number: 32 bits.
  long number32() throws SyntaxError {
    return number(0xffffffffL);
  }

  /// nz-number.
  long nzNumber() throws SyntaxError {
    return nonZero(number32());
  }

  /// number64 and mod-sequence-valzer: 63 bits.
  long number64() throws SyntaxError {
    return number(Long.MAX_VALUE);
  }

  static long nonZero(long number) throws SyntaxError {
    if (number == 0) {
      throw SyntaxError.bad("Number is 0");
    }
    return number;
  }
}
