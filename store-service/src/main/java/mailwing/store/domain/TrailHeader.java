package mailwing.store.domain;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import mailwing.store.Address;
import mailwing.store.mime.HeaderFields;

/// What the header section of a message that goes by tells of its way: which addresses have had it,
/// and whether a program has sent it.
final class TrailHeader {
  /// What lies behind is not looked at.
  private static final int MOST = 256 << 10;

  private final ByteArrayOutputStream octets = new ByteArrayOutputStream(0);
  private final List<String> deliveredTo = new ArrayList<>();
  private final List<String> listIds = new ArrayList<>();
  private boolean reply;
  private boolean read;

  void look(ByteString data) {
    if (octets.size() < MOST) {
      octets.writeBytes(
          data.substring(0, Math.min(data.size(), MOST - octets.size())).toByteArray());
    }
  }

  /// Has the message been sent on by this address before?
  boolean passed(Address address) {
    read();
    String mark = SmtpPath.ascii(address);
    return deliveredTo.stream()
        .anyMatch(
            seen -> {
              Optional<Address> parsed = Address.parse(Address.unquoted(seen));
              return seen.equalsIgnoreCase(mark)
                  || parsed.filter(one -> SmtpPath.ascii(one).equals(mark)).isPresent();
            });
  }

  /// Was it posted to this list before?
  boolean listed(String listId) {
    read();
    String end = "<" + listId.toLowerCase(Locale.ROOT) + ">";
    return listIds.stream().anyMatch(id -> id.endsWith(end));
  }

  /// Does it answer another message without anybody's doing (RFC 3834 §5)?
  boolean isAutomaticReply() {
    read();
    return reply;
  }

  private void read() {
    if (read) {
      return;
    }
    read = true;
    byte[] header = octets.toByteArray();
    HeaderFields fields = new HeaderFields(header);
    while (fields.next()) {
      if (fields.is("delivered-to")) {
        deliveredTo.add(value(header, fields));
      } else if (fields.is("list-id")) {
        listIds.add(value(header, fields).toLowerCase(Locale.ROOT));
      } else if (fields.is("auto-submitted")) {
        reply |= value(header, fields).toLowerCase(Locale.ROOT).startsWith("auto-replied");
      }
    }
  }

  private static String value(byte[] header, HeaderFields fields) {
    return new String(
            header, fields.valueStart(), fields.end() - fields.valueStart(), StandardCharsets.UTF_8)
        .replaceAll("[\\r\\n]+", "")
        .strip();
  }
}
