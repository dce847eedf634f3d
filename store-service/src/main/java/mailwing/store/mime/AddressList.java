package mailwing.store.mime;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.v1.Address;
import org.jspecify.annotations.Nullable;

/// Address lists of RFC 5322 section 3.4, obsolete forms (4.4) included, as RFC 9051 section 7.5.2
/// tells them.
///
/// What is broken still gives an address: a domain that is missing is an empty host (NIL would be a
/// group), a phrase alone is a mailbox.
final class AddressList {
  private final FieldOctets field;
  private final List<Address> addresses = new ArrayList<>();
  private boolean inGroup;

  // The last one read after a mailbox.
  private @Nullable ByteString comment;

  private AddressList(byte[] value) {
    this.field = new FieldOctets(value);
  }

  static List<Address> parse(byte[] value) {
    var list = new AddressList(value);
    list.read();
    return list.addresses;
  }

  private void read() {
    while (addresses.size() < MimeLimits.ADDRESSES - 1) {
      field.skipCfws();
      switch (field.peek()) {
        case -1 -> {
          endGroup();
          return;
        }
        case ',' -> field.at++;
        case ';' -> {
          field.at++;
          endGroup();
        }
        default -> one();
      }
    }
    endGroup();
  }

  private void endGroup() {
    if (inGroup) {
      inGroup = false;
      addresses.add(Address.getDefaultInstance());
    }
  }

  /// An address or the start of a group: words up to what tells which it is.
  private void one() {
    int start = field.at;
    field.clearWord();
    boolean space = false;
    int words = 1;
    comment = null;
    while (true) {
      int c = field.peek();
      switch (c) {
        case '<' -> {
          ByteString name = field.trimmedWord();
          field.at++;
          angle(name);
          return;
        }
        case ':' -> {
          field.at++;
          ByteString name = field.word();
          endGroup();
          inGroup = true;
          addresses.add(Address.newBuilder().setMailbox(name).build());
          return;
        }
        case '@' -> {
          field.at++;
          field.at = localPart(start, field.at);
          ByteString local = field.word();
          ByteString host = domain();
          ByteString name = nameFromComment();
          if (field.peek() == '<') {
            // Name of the form user@host <user@host>, unquoted.
            ByteString asName = field.slice(start, trimmedEnd(start, field.at));
            field.at++;
            angle(asName);
            return;
          }
          add(name, null, local, host);
          return;
        }
        case ',', ';', -1 -> {
          if (!field.wordIsEmpty()) {
            // One word may be a mailbox without its domain; more are a name.
            if (words > 1) {
              add(field.trimmedWord(), null, ByteString.EMPTY, ByteString.EMPTY);
            } else {
              add(comment, null, field.word(), ByteString.EMPTY);
            }
          }
          return;
        }
        case ' ', '\t', '\r', '\n' -> {
          field.at++;
          space = true;
        }
        case '(' -> {
          comment = field.commentAside();
          space = true;
        }
        case '"' -> {
          words += separate(space);
          space = false;
          // Quoted, so never a mailbox without its domain.
          words++;
          field.quoted();
        }
        default -> {
          words += separate(space);
          space = false;
          if (c == '\\' && field.at + 1 < field.end) {
            field.at++;
          }
          field.append(field.octets[field.at++]);
        }
      }
    }
  }

  private int separate(boolean space) {
    if (space && !field.wordIsEmpty()) {
      field.append(' ');
      return 1;
    }
    return 0;
  }

  private int trimmedEnd(int from, int to) {
    int end = to;
    while (end > from && FieldOctets.isSpace(field.octets[end - 1])) {
      end--;
    }
    return end;
  }

  /// Reads the local part in [from, at) again, without spaces and comments, into the scratch word;
  /// gives `to`.
  private int localPart(int from, int to) {
    field.at = from;
    var words = new ArrayList<ByteString>(1);
    while (field.at < to - 1) {
      field.skipCfws();
      if (field.at >= to - 1) {
        break;
      }
      field.clearWord();
      if (field.peek() == '"') {
        field.quoted();
      } else {
        while (field.at < to - 1
            && !FieldOctets.isSpace(field.octets[field.at])
            && field.peek() != '('
            && field.peek() != '"') {
          field.append(field.octets[field.at++]);
        }
      }
      words.add(field.word());
    }
    field.clearWord();
    for (ByteString word : words) {
      for (int i = 0; i < word.size(); i++) {
        field.append(word.byteAt(i));
      }
    }
    return to;
  }

  /// After `<`: an optional route, the local part, the domain, up to `>`.
  private void angle(ByteString name) {
    ByteString route = null;
    field.skipCfws();
    if (field.peek() == '@') {
      int from = field.at;
      while (!field.atEnd() && field.peek() != ':' && field.peek() != '>') {
        field.at++;
      }
      if (field.peek() == ':') {
        route = withoutSpace(from, field.at);
        field.at++;
      } else {
        field.at = from;
      }
    }
    field.clearWord();
    while (true) {
      field.skipSpace();
      int c = field.peek();
      if (c == '(') {
        field.commentAside();
      } else if (c == '"') {
        field.quoted();
      } else if (c == -1 || c == '@' || c == '>' || c == ',') {
        break;
      } else {
        field.append(field.octets[field.at++]);
      }
    }
    ByteString local = field.word();
    ByteString host = ByteString.EMPTY;
    if (field.peek() == '@') {
      field.at++;
      host = domain();
    }
    while (!field.atEnd() && field.peek() != '>' && field.peek() != ',') {
      field.at++;
    }
    if (field.peek() == '>') {
      field.at++;
    }
    ByteString inComment = nameFromComment();
    // Whatever else stands before the comma has no meaning.
    while (!field.atEnd() && field.peek() != ',' && field.peek() != ';') {
      if (field.peek() == '"') {
        field.quoted();
      } else if (field.peek() == '(') {
        field.comment();
      } else if (field.peek() == '<') {
        break;
      } else {
        field.at++;
      }
    }
    add(name.isEmpty() ? inComment : name, route, local, host);
  }

  private ByteString withoutSpace(int from, int to) {
    field.clearWord();
    for (int i = from; i < to; i++) {
      if (!FieldOctets.isSpace(field.octets[i])) {
        field.append(field.octets[i]);
      }
    }
    return field.word();
  }

  /// Reads a domain. Space and comments may stand around its dots (RFC 5322 section 4.4); the last
  /// comment is kept, as it may be the name.
  private ByteString domain() {
    field.clearWord();
    comment = null;
    boolean dot = true;
    while (true) {
      int c = field.peek();
      switch (c) {
        case -1, ',', ';', '>', '<' -> {
          return field.word();
        }
        case ' ', '\t', '\r', '\n', '(' -> {
          if (c == '(') {
            comment = field.commentAside();
          } else {
            field.at++;
          }
          if (!dot && !gap()) {
            return field.word();
          }
        }
        case '[' -> {
          while (!field.atEnd()) {
            byte b = field.octets[field.at++];
            field.append(b);
            if (b == ']') {
              break;
            }
          }
          dot = false;
        }
        default -> {
          dot = c == '.';
          field.append(field.octets[field.at++]);
        }
      }
    }
  }

  /// Skips space and comments within a domain; true if a dot follows.
  private boolean gap() {
    while (true) {
      field.skipSpace();
      if (field.peek() != '(') {
        return field.peek() == '.';
      }
      comment = field.commentAside();
    }
  }

  /// A comment after an address stands for its name where it has none.
  private @Nullable ByteString nameFromComment() {
    field.skipSpace();
    while (field.peek() == '(') {
      comment = field.commentAside();
      field.skipSpace();
    }
    return comment;
  }

  private void add(
      @Nullable ByteString name, @Nullable ByteString route, ByteString local, ByteString host) {
    var address = Address.newBuilder().setMailbox(local).setHost(host);
    if (name != null && !name.isEmpty()) {
      address.setName(name);
    }
    if (route != null) {
      address.setRoute(route);
    }
    addresses.add(address.build());
  }
}
