package mailwing.store.mime;

import java.io.IOException;
import java.util.Locale;
import mailwing.store.v1.Part;

/// A phrase to search for (RFC 9051 section 6.4.4), compared as [MessageText] says:
/// i;unicode-casemap, any white space like any other. May be used by many threads.
public final class SearchText {
  private final String needle;

  private SearchText(String needle) {
    this.needle = needle;
  }

  /// Makes one of what the client sent, decoded.
  public static SearchText matcher(String needle) {
    return new SearchText(MessageText.normalise(needle));
  }

  /// The phrase in the form that normalised text is in.
  public String normalised() {
    return needle;
  }

  /// Is it in this text, which is decoded but not normalised?
  public boolean isIn(String text) {
    return needle.isEmpty() || MessageText.normalise(text).contains(needle);
  }

  /// Has the header a field of this name whose decoded value contains the phrase? The empty phrase
  /// is in every value.
  public boolean isInField(byte[] header, String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    var fields = new HeaderFields(header);
    while (fields.next()) {
      if (fields.is(lower)
          && (needle.isEmpty()
              || MessageText.field(header, fields.valueStart(), fields.end()).contains(needle))) {
        return true;
      }
    }
    return false;
  }

  /// `SEARCH BODY`: is it in the text of the body?
  public boolean isInBody(OctetSource source, Part message) throws IOException {
    return needle.isEmpty() || !MessageText.body(source, message, new Scan());
  }

  /// `SEARCH TEXT`: is it in the header or the text of the body?
  public boolean isInText(OctetSource source, Part message) throws IOException {
    return needle.isEmpty() || !MessageText.all(source, message, new Scan());
  }

  /// Is it in the body for certain, as far as that shows without decoding? False says nothing.
  public boolean isPlainlyInBody(byte[] message, Part structure) {
    return RawText.holds(message, structure, needle);
  }

  /// Looks through text that comes in pieces, until it is found.
  private final class Scan implements MessageText.Sink {
    private final StringBuilder window = new StringBuilder();

    @Override
    public boolean take(CharSequence text) {
      window.append(text);
      if (window.indexOf(needle) >= 0) {
        return false;
      }
      int keep = Math.min(window.length(), needle.length() - 1);
      window.delete(0, window.length() - keep);
      return true;
    }
  }
}
