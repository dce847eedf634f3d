package mailwing.store.domain;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import mailwing.store.mime.ParsedMessage;
import mailwing.store.mime.SortKeys;
import mailwing.store.persistence.MessageFacts;
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// From what the parser tells to what the columns keep.
final class Facts {
  /// Of many references the oldest and the newest say where a message belongs.
  private static final int REFERENCES = 64;

  private Facts() {}

  /// The facts of a message whose octets stand behind a prefix of whole header lines.
  static MessageFacts of(ParsedMessage parsed, int prefix) {
    SortKeys keys = parsed.sortKeys();
    List<String> references = limited(parsed.references());
    return new MessageFacts(
        parsed.parserVersion(),
        parsed.headerOctets() + prefix,
        parsed.envelope().toByteArray(),
        (prefix == 0 ? parsed.structure() : shifted(parsed.structure(), prefix, true))
            .toByteArray(),
        clean(parsed.preview()),
        keys.sentMillis(),
        keys.sentDay(),
        clean(keys.baseSubject()),
        clean(keys.from()),
        clean(keys.to()),
        clean(keys.cc()),
        clean(keys.displayFrom()),
        clean(keys.displayTo()),
        parsed.messageId() == null ? null : clean(parsed.messageId()),
        references.stream().map(Facts::clean).toList(),
        hashes(parsed.messageId(), references));
  }

  private static List<String> limited(List<String> references) {
    if (references.size() <= REFERENCES) {
      return references;
    }
    List<String> some = new ArrayList<>(references.subList(0, REFERENCES / 2));
    some.addAll(references.subList(references.size() - REFERENCES / 2, references.size()));
    return some;
  }

  /// The same part further on; the message's own header starts where the prefix does.
  private static Part shifted(Part part, int by, boolean root) {
    Part.Builder shifted = part.toBuilder();
    shifted
        .setHeaderOffset(root ? 0 : part.getHeaderOffset() + by)
        .setBodyOffset(part.getBodyOffset() + by)
        .setEndOffset(part.getEndOffset() + by);
    for (int i = 0; i < part.getPartsCount(); i++) {
      shifted.setParts(i, shifted(part.getParts(i), by, false));
    }
    return shifted.build();
  }

  /// What PostgreSQL takes as text: no NUL, no half of a surrogate pair, no line feed (which parts
  /// the references).
  static String clean(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0 || c == '\n' || Character.isSurrogate(c)) {
        return cleaned(text);
      }
    }
    return text;
  }

  private static String cleaned(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c ->
                clean.appendCodePoint(
                    c == 0 || (c >= 0xd800 && c <= 0xdfff) ? 0xfffd : c == '\n' ? ' ' : c));
    return clean.toString();
  }

  private static long[] hashes(@Nullable String messageId, List<String> references) {
    if (messageId == null && references.isEmpty()) {
      return new long[0];
    }
    MessageDigest digest = sha256();
    List<String> ids = new ArrayList<>(references);
    if (messageId != null) {
      ids.add(messageId);
    }
    return ids.stream().distinct().mapToLong(id -> hash(digest, id)).toArray();
  }

  private static long hash(MessageDigest digest, String id) {
    byte[] hash = digest.digest(id.getBytes(StandardCharsets.UTF_8));
    long value = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      value = value << 8 | (hash[i] & 0xff);
    }
    return value;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
