package mailwing.store.mime;

/// What bounds the parser. Input beyond a limit is never an error: it stays in the message as
/// opaque octets.
public final class MimeLimits {
  /// Octets of one header (of the message, a message within, or a part) that are looked into.
  /// Fields beyond are in the stored octets but not in envelope, structure or sort keys.
  public static final int HEADER_OCTETS = 256 * 1024;

  /// Parts of a message, multiparts and messages within included. The rest lies, unnamed, in the
  /// enclosing multipart.
  public static final int PARTS = 10_000;

  /// Levels of parts, the message itself being the first. What lies deeper is one part of
  /// `APPLICATION/OCTET-STREAM`. Below half of protobuf's recursion limit of 100.
  public static final int DEPTH = 48;

  /// Octets of a boundary; RFC 2046 section 5.1.1 allows 70. A longer one is compared by its first
  /// octets.
  public static final int BOUNDARY_OCTETS = 256;

  /// Parameters of a field.
  public static final int PARAMETERS = 100;

  /// Addresses of a field, starts and ends of groups included.
  public static final int ADDRESSES = 5_000;

  /// Octets of all structure fields and envelopes of the parts of one message. Parts found after
  /// that are told with type and encoding alone.
  public static final int STRUCTURE_OCTETS = 1024 * 1024;

  /// Message ids kept of a References field: the first, and the last ones.
  public static final int REFERENCES = 200;

  /// Octets of these message ids together: THREAD reads those of thousands of messages at a time.
  public static final int REFERENCES_OCTETS = 8 * 1024;

  /// Characters of a message id; a longer one counts as none.
  public static final int MESSAGE_ID_LENGTH = 900;

  /// Characters of a sort key.
  public static final int SORT_KEY_LENGTH = 256;

  /// Characters of a preview (RFC 8970 section 3.1 wants at most 256, and says 200).
  public static final int PREVIEW_LENGTH = 200;

  private MimeLimits() {}
}
