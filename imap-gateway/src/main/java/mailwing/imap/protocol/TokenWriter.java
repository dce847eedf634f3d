package mailwing.imap.protocol;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import mailwing.gateway.NulScan;
import mailwing.gateway.OctetWriter;
import mailwing.imap.command.MailboxName;
import mailwing.imap.command.SequenceSet.Range;
import org.jspecify.annotations.Nullable;

/// The small rules of RFC 9051 §9 as a server writes them, always within the grammar, whatever the
/// strings hold.
final class TokenWriter {
  final OctetWriter out;
  private boolean utf8;
  private Texts texts = Texts.DEFAULT;

  TokenWriter(OctetWriter out) {
    this.out = out;
  }

  /// Quoted strings and mailbox names may hold UTF-8 (RFC 6855 §3, RFC 9051 §5.1).
  void utf8(boolean on) {
    utf8 = on;
  }

  void speak(Texts language) {
    texts = language;
  }

  TokenWriter raw(String ascii) throws IOException {
    out.ascii(ascii);
    return this;
  }

  TokenWriter sp() throws IOException {
    out.write(' ');
    return this;
  }

  TokenWriter number(long number) throws IOException {
    out.decimal(number);
    return this;
  }

  void crlf() throws IOException {
    out.crlf();
  }

  /// `1:3,5`, in the order given.
  TokenWriter ranges(List<Range> ranges) throws IOException {
    String separator = "";
    for (Range range : ranges) {
      raw(separator).number(range.first());
      if (range.last() != range.first()) {
        raw(":").number(range.last());
      }
      separator = ",";
    }
    return this;
  }

  /// Text of a status response, in the client's language: one line, never empty, no code that it
  /// does not mean.
  TokenWriter text(String english) throws IOException {
    String text = texts.of(english);
    if (text.isEmpty() || text.charAt(0) == '[') {
      raw(text.isEmpty() ? "-" : " ");
    }
    if (clean(text)) {
      return raw(text);
    }
    StringBuilder cleaned = new StringBuilder(text.length());
    boolean beyondAscii = utf8 || texts.utf8();
    text.codePoints()
        .forEach(
            c ->
                cleaned.appendCodePoint(
                    c >= 0x20 && c != 0x7f && (beyondAscii || c < 0x7f) ? c : '?'));
    out.utf8(cleaned.toString());
    return this;
  }

  private static boolean clean(String text) {
    return text.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
  }

  /// A name that is an atom; what is none is left out by the caller.
  static boolean isAtom(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > 0xff || !Octets.atom(c)) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /// An astring of people's text.
  TokenWriter astring(String text) throws IOException {
    if (isAtom(text) && !text.equalsIgnoreCase("NIL")) {
      return raw(text);
    }
    return string(text);
  }

  /// An astring of octets, one char each.
  TokenWriter octetAstring(String octets) throws IOException {
    if (isAtom(octets) && !octets.equalsIgnoreCase("NIL")) {
      return raw(octets);
    }
    byte[] array = Octets.latin1(octets);
    return string(array, 0, array.length);
  }

  /// A string of people's text, in UTF-8.
  TokenWriter string(String text) throws IOException {
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    return string(octets, 0, octets.length);
  }

  TokenWriter mailbox(MailboxName name) throws IOException {
    return astring(onTheWire(name.value()));
  }

  /// A name as the client gave it, of OLDNAME (RFC 9051 §6.3.9.7).
  TokenWriter oldName(MailboxName name) throws IOException {
    return astring(onTheWire(name.given()));
  }

  /// The beginning of mailboxes' names, of NAMESPACE.
  TokenWriter prefix(String prefix) throws IOException {
    return string(onTheWire(prefix));
  }

  /// What a name is in the language that is spoken.
  String translated(String english) {
    return texts.of(english);
  }

  private String onTheWire(String name) {
    return utf8 ? name : ModifiedUtf7.encode(name);
  }

  /// Whether UTF-8 was enabled.
  boolean utf8() {
    return utf8;
  }

  TokenWriter nil() throws IOException {
    return raw("NIL");
  }

  TokenWriter nstring(@Nullable String text) throws IOException {
    return text == null ? nil() : string(text);
  }

  TokenWriter string(ByteString octets) throws IOException {
    byte[] array = octets.toByteArray();
    return string(array, 0, array.length);
  }

  /// As [Strings] has it.
  TokenWriter string(byte[] octets, int start, int end) throws IOException {
    int length = end - start;
    if (length <= Strings.QUOTED_MAX) {
      byte[] to = out.reserve(2 * length + Strings.BESIDE);
      out.reached(Strings.put(octets, start, end, utf8, to, out.buffered()));
    } else if (NulScan.finds(octets, start, end)) {
      byte[] without = Strings.withoutNuls(octets, start, end);
      string(without, 0, without.length);
    } else {
      literal(octets, start, end);
    }
    return this;
  }

  private void literal(byte[] octets, int start, int end) throws IOException {
    literalHeader(end - start);
    out.write(octets, start, end - start);
  }

  /// A string, or a literal8 where it holds a NUL (RFC 5464 §5).
  TokenWriter metadataValue(ByteString octets) throws IOException {
    if (!NulScan.finds(octets)) {
      return string(octets);
    }
    raw("~").literalHeader(octets.size());
    out.write(octets);
    return this;
  }

  /// `{n}` and its line end; n octets must follow.
  TokenWriter literalHeader(long length) throws IOException {
    raw("{").number(length).raw("}\r\n");
    return this;
  }

  /// `(\Seen keyword)`; keywords that are no atoms are left out.
  TokenWriter flags(int system, boolean recent, Iterable<String> keywords) throws IOException {
    return flags(system, recent, keywords, false);
  }

  /// The same, with `\*` where `star` says so.
  TokenWriter flags(int system, boolean recent, Iterable<String> keywords, boolean star)
      throws IOException {
    out.write('(');
    String separator = "";
    for (int i = 0; i < SYSTEM.length; i++) {
      if ((system & (1 << i)) != 0) {
        raw(separator).raw(SYSTEM[i]);
        separator = " ";
      }
    }
    if (recent) {
      raw(separator).raw("\\Recent");
      separator = " ";
    }
    for (String keyword : keywords) {
      if (isAtom(keyword)) {
        raw(separator).raw(keyword);
        separator = " ";
      }
    }
    if (star) {
      raw(separator).raw("\\*");
    }
    out.write(')');
    return this;
  }

  /// In the order of FlagList's bits.
  private static final String[] SYSTEM = {
    "\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"
  };
}
