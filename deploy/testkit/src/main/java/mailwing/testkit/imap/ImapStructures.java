package mailwing.testkit.imap;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// ENVELOPE, BODY and BODYSTRUCTURE (RFC 9051 §9: envelope, body), as nested lists; NIL is null.
final class ImapStructures {
  private final ImapTokens t;

  ImapStructures(ImapTokens tokens) {
    this.t = tokens;
  }

  List<@Nullable Object> envelope() {
    List<@Nullable Object> fields = new ArrayList<>();
    t.expect("(");
    fields.add(t.nstring());
    t.sp();
    fields.add(t.nstring());
    for (int i = 0; i < 6; i++) {
      t.sp();
      fields.add(addresses());
    }
    t.sp();
    fields.add(t.nstring());
    t.sp();
    fields.add(t.nstring());
    t.expect(")");
    return fields;
  }

  private @Nullable List<List<@Nullable ByteString>> addresses() {
    if (!t.at('(')) {
      t.nil();
      return null;
    }
    List<List<@Nullable ByteString>> addresses = new ArrayList<>();
    t.expect("(");
    do {
      List<@Nullable ByteString> address = new ArrayList<>();
      t.expect("(");
      for (int i = 0; i < 4; i++) {
        if (i > 0) {
          t.sp();
        }
        address.add(t.nstring());
      }
      t.expect(")");
      addresses.add(address);
    } while (t.at('('));
    t.expect(")");
    return addresses;
  }

  List<@Nullable Object> body(boolean extended) {
    t.expect("(");
    List<@Nullable Object> fields = t.at('(') ? multipart(extended) : single(extended);
    t.expect(")");
    return fields;
  }

  private List<@Nullable Object> multipart(boolean extended) {
    List<@Nullable Object> fields = new ArrayList<>();
    while (t.at('(')) {
      fields.add(body(extended));
    }
    t.sp();
    fields.add(t.string());
    if (extended) {
      t.sp();
      fields.add(parameters());
      extension(fields);
    }
    return fields;
  }

  private List<@Nullable Object> single(boolean extended) {
    List<@Nullable Object> fields = new ArrayList<>();
    String type = t.stringText();
    fields.add(type);
    t.sp();
    String subtype = t.stringText();
    fields.add(subtype);
    t.sp();
    fields.add(parameters());
    t.sp();
    fields.add(t.nstring());
    t.sp();
    fields.add(t.nstring());
    t.sp();
    fields.add(t.string());
    t.sp();
    fields.add(t.number());
    boolean message =
        type.equalsIgnoreCase("MESSAGE")
            && (subtype.equalsIgnoreCase("RFC822")
                || (t.utf8() && subtype.equalsIgnoreCase("GLOBAL")));
    if (message) {
      t.sp();
      fields.add(envelope());
      t.sp();
      fields.add(body(extended));
    }
    if (message || type.equalsIgnoreCase("TEXT")) {
      t.sp();
      fields.add(t.number64());
    }
    if (extended) {
      t.sp();
      fields.add(t.nstring());
      extension(fields);
    }
    return fields;
  }

  private @Nullable List<String> parameters() {
    if (!t.at('(')) {
      t.nil();
      return null;
    }
    List<String> parameters = t.list(t::stringText);
    if (parameters.isEmpty() || parameters.size() % 2 != 0) {
      throw t.wrong("Wrong parameters");
    }
    return parameters;
  }

  private void extension(List<@Nullable Object> fields) {
    t.sp();
    if (t.accept('(')) {
      List<@Nullable Object> disposition = new ArrayList<>();
      disposition.add(t.stringText());
      t.sp();
      disposition.add(parameters());
      t.expect(")");
      fields.add(disposition);
    } else {
      t.nil();
      fields.add(null);
    }
    t.sp();
    if (t.at('(')) {
      List<String> languages = t.list(t::stringText);
      if (languages.isEmpty()) {
        throw t.wrong("Empty languages");
      }
      fields.add(languages);
    } else {
      fields.add(t.nstring());
    }
    t.sp();
    fields.add(t.nstring());
  }
}
