package mailwing.store.mime;

import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// A part that is being read.
final class Node {
  enum Kind {
    LEAF,
    MULTIPART,
    MESSAGE
  }

  final @Nullable Node parent;
  final int depth;
  final Part.Builder part = Part.newBuilder();
  final long headerOffset;
  Kind kind = Kind.LEAF;
  long bodyOffset;

  /// Line ends of the message before the body.
  long linesBefore;

  /// Where the last part within ended.
  long lastEnd;

  /// Of a multipart whose closing boundary has not been seen.
  byte @Nullable [] boundary;

  /// Is it the message, or the one within a message part: has it an envelope?
  final boolean message;

  /// Where the octets of the body kept for the preview are; null if none are kept.
  @Nullable PreviewText preview;

  Node(@Nullable Node parent, long headerOffset, boolean message) {
    this.parent = parent;
    this.depth = parent == null ? 1 : parent.depth + 1;
    this.headerOffset = headerOffset;
    this.bodyOffset = headerOffset;
    this.message = message;
  }

  boolean isDigest() {
    return kind == Kind.MULTIPART && ContentFields.is(part.getSubtype(), "digest");
  }
}
