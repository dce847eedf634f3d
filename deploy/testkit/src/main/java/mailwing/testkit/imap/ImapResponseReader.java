package mailwing.testkit.imap;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads a server's responses, literals and all, and throws [ImapGrammarException] at the first
/// octet that the grammar does not allow.
public final class ImapResponseReader {
  private final ImapTokens t;
  private final ImapFetchReader fetch;
  private boolean international;

  public ImapResponseReader(InputStream in) {
    this.t = new ImapTokens(in);
    this.fetch = new ImapFetchReader(t);
  }

  /// Goes on with another stream, as after STARTTLS or COMPRESS.
  public ImapResponseReader over(InputStream in) {
    ImapResponseReader other = new ImapResponseReader(in);
    other.utf8(utf8());
    other.international = international;
    return other;
  }

  /// UTF-8 may stand in quoted strings and text from now on.
  public void utf8(boolean on) {
    t.utf8(on);
  }

  public boolean utf8() {
    return t.utf8();
  }

  /// The next response; null at the end of the stream.
  public @Nullable ImapResponse next() {
    t.start();
    if (t.peek() < 0) {
      return null;
    }
    ImapResponse response = response();
    t.crlf();
    return response;
  }

  private ImapResponse response() {
    if (t.accept('+')) {
      t.sp();
      return status("+", "", null, t.at('\r') ? "" : text());
    }
    if (t.accept('*')) {
      t.sp();
      return t.peek() >= '0' && t.peek() <= '9' ? numbered() : untagged();
    }
    String tag = tag();
    t.sp();
    String name = t.atom().toUpperCase(Locale.ROOT);
    if (!List.of("OK", "NO", "BAD").contains(name)) {
      throw t.wrong("Unknown tagged response");
    }
    return condition(tag, name);
  }

  private String tag() {
    StringBuilder tag = new StringBuilder();
    while (!t.at('+') && (ImapTokens.atomChar(t.peek()) || t.at(']'))) {
      tag.append((char) t.take());
    }
    if (tag.isEmpty()) {
      throw t.wrong("Expected a tag");
    }
    return tag.toString();
  }

  private static ImapResponse status(String tag, String name, @Nullable String code, String text) {
    return new ImapResponse(tag, name, -1, code, text, List.of(), Map.of());
  }

  private ImapResponse condition(String tag, String name) {
    t.sp();
    String code = null;
    if (t.at('[')) {
      code = new ImapCodeReader(t).read();
      t.sp();
    }
    return status(tag, name, code, text());
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    while (!t.at('\r')) {
      int c = t.take();
      if (c == 0 || c == '\n' || (c >= 0x80 && !t.utf8() && !international)) {
        throw t.wrong("Wrong character in text");
      }
      text.append((char) c);
    }
    if (text.isEmpty()) {
      throw t.wrong("Empty text");
    }
    return text.toString();
  }

  private ImapResponse numbered() {
    long number = t.number();
    t.sp();
    String name = t.atom();
    Map<String, @Nullable Object> items = Map.of();
    switch (name) {
      case "EXISTS", "RECENT" -> {}
      case "EXPUNGE" -> t.nonZero(number);
      case "FETCH", "UIDFETCH" -> {
        t.nonZero(number);
        t.sp();
        items = fetch.items();
      }
      default -> throw t.wrong("Unknown response");
    }
    return new ImapResponse("*", name, number, null, "", List.of(), items);
  }

  private ImapResponse untagged() {
    String name = t.atom().toUpperCase(Locale.ROOT);
    List<Object> data = new ArrayList<>();
    switch (name) {
      case "OK", "NO", "BAD", "BYE", "PREAUTH" -> {
        return condition("*", name);
      }
      case "CAPABILITY", "ENABLED" -> {
        while (t.accept(' ')) {
          data.add(t.atom());
        }
      }
      case "FLAGS" -> {
        t.sp();
        data.addAll(t.list(() -> t.flag(false)));
      }
      case "LIST", "LSUB" -> list(data);
      case "STATUS" -> mailboxStatus(data);
      case "SEARCH", "SORT" -> new ImapSearchReader(t, data).numbers();
      case "ESEARCH" -> new ImapSearchReader(t, data).esearch();
      case "UIDBATCHES" -> new ImapSearchReader(t, data).uidBatches();
      case "THREAD" -> new ImapSearchReader(t, data).threads();
      case "VANISHED" -> {
        t.sp();
        if (t.at('(')) {
          t.expect("(EARLIER) ");
          data.add("EARLIER");
        }
        data.add(t.set());
      }
      default -> rare(name, data);
    }
    return new ImapResponse("*", name, -1, null, "", data, Map.of());
  }

  private void rare(String name, List<Object> data) {
    t.sp();
    switch (name) {
      case "NAMESPACE" -> {
        for (int i = 0; i < 3; i++) {
          if (i > 0) {
            t.sp();
          }
          data.add(namespace());
        }
      }
      case "ID" -> {
        if (t.at('(')) {
          t.list(
              () -> {
                data.add(String.valueOf(t.nstring()));
                return data;
              });
        } else {
          t.nil();
        }
      }
      case "QUOTAROOT", "ACL", "LISTRIGHTS", "MYRIGHTS" -> {
        data.add(t.astring());
        while (t.accept(' ')) {
          data.add(t.astring());
        }
      }
      case "QUOTA" -> {
        data.add(t.astring());
        t.sp();
        data.add(t.list(t::atom));
      }
      case "METADATA" -> metadata(data);
      case "LANGUAGE" -> {
        data.addAll(t.list(t::astring));
        // RFC 5255 §3.2: from here on the texts are in that language, in UTF-8.
        international = true;
      }
      case "GENURLAUTH" -> {
        do {
          data.add(t.astring());
        } while (t.accept(' '));
      }
      case "URLFETCH" -> {
        do {
          urlData(data); // a URL, or a further element of the one before
        } while (t.accept(' '));
      }
      default -> throw t.wrong("Unknown response");
    }
  }

  /// urldata-simple, urldata-ext or urldata-error (RFC 5524 §5).
  private void urlData(List<Object> data) {
    if (!t.at('(')) {
      data.add(t.astring());
      t.sp();
    }
    if (!t.at('(')) {
      data.add(String.valueOf(t.nstring()));
      return;
    }
    t.expect("(");
    String element = t.word();
    t.sp();
    data.add(
        switch (element) {
          case "BODYPARTSTRUCTURE" -> fetch.structure();
          case "BODY" -> String.valueOf(t.nstring());
          case "BINARY" -> String.valueOf(t.accept('~') ? t.literal(true) : t.nstring());
          default -> throw t.wrong("Unknown element");
        });
    t.expect(")");
  }

  private void metadata(List<Object> data) {
    data.add(t.astring());
    t.sp();
    if (!t.at('(')) {
      do {
        data.add(t.astring());
      } while (t.accept(' '));
      return;
    }
    t.list(
        () -> {
          data.add(t.astring());
          t.sp();
          data.add(String.valueOf(t.accept('~') ? t.literal(true) : t.nstring()));
          return data;
        });
  }

  private void list(List<Object> data) {
    t.sp();
    data.add(
        t.list(
            () -> {
              t.expect("\\");
              return "\\" + t.atom();
            }));
    t.sp();
    if (t.at('"')) {
      data.add(t.text(t.quoted()));
    } else {
      t.nil();
      data.add("NIL");
    }
    t.sp();
    data.add(t.astring());
    if (t.accept(' ')) {
      data.add(
          t.list(
              () -> {
                String tag = t.astring();
                t.sp();
                return tag + t.list(t::astring);
              }));
    }
  }

  private void mailboxStatus(List<Object> data) {
    t.sp();
    data.add(t.astring());
    t.sp();
    t.list(
        () -> {
          String item = t.atom();
          t.sp();
          data.add(item);
          data.add(statusValue(item));
          return item;
        });
  }

  private Object statusValue(String item) {
    return switch (item) {
      case "MESSAGES", "RECENT", "UNSEEN", "DELETED" -> t.number();
      case "UIDNEXT", "UIDVALIDITY" -> t.nzNumber();
      case "SIZE", "HIGHESTMODSEQ", "DELETED-STORAGE" -> t.number64();
      case "APPENDLIMIT" -> {
        if (t.at('N')) {
          t.nil();
          yield "NIL";
        }
        yield t.number();
      }
      case "MAILBOXID" -> t.list(t::atom);
      default -> throw t.wrong("Unknown status item");
    };
  }

  private Object namespace() {
    if (!t.at('(')) {
      t.nil();
      return "NIL";
    }
    List<String> prefixes = new ArrayList<>();
    t.expect("(");
    do {
      t.expect("(");
      prefixes.add(t.stringText());
      t.sp();
      t.quoted();
      // RFC 2342 §6.
      while (t.accept(' ')) {
        t.stringText();
        t.sp();
        t.list(t::stringText);
      }
      t.expect(")");
    } while (t.at('('));
    t.expect(")");
    return prefixes;
  }
}
