package mailwing.imap.command;

import java.util.List;

/// The section of `BODY[...]` (RFC 9051 §6.4.5.1).
///
/// @param part part numbers from 1; empty: the message itself
/// @param text what of it; CONTENT is all of the part (`BODY[]`, `BODY[1.2]`)
/// @param fields of HEADER.FIELDS and HEADER.FIELDS.NOT as sent, one char an octet; else empty
public record BodySection(List<Integer> part, Text text, List<String> fields) {
  public static final BodySection WHOLE = new BodySection(List.of(), Text.CONTENT, List.of());

  public BodySection {
    part = List.copyOf(part);
    fields = List.copyOf(fields);
  }

  public enum Text {
    CONTENT,
    HEADER,
    HEADER_FIELDS,
    HEADER_FIELDS_NOT,
    TEXT,
    MIME
  }
}
