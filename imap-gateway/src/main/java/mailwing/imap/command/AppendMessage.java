package mailwing.imap.command;

import org.jspecify.annotations.Nullable;

/// A message of APPEND or REPLACE up to, and without, its octets.
///
/// @param date null: now
public record AppendMessage(FlagList flags, @Nullable InternalDate date, Data data) {

  /// Where the octets come from.
  public sealed interface Data {}

  /// One literal that waits in the connection (RFC 9051 §4.3, RFC 3516, RFC 6855 §4).
  ///
  /// @param size its octets
  /// @param synchronizing the client waits for a continuation
  /// @param binary a literal8: may hold NUL
  /// @param utf8 wrapped in `UTF8 (...)`
  public record Literal(long size, boolean synchronizing, boolean binary, boolean utf8)
      implements Data {}

  /// CATENATE (RFC 4469): its parts are asked of the parser one after the other.
  public record Catenate() implements Data {}

  /// A part of CATENATE.
  public sealed interface Part {}

  /// A URL relative to this server (RFC 5092).
  public record UrlPart(String url) implements Part {}

  /// A literal that waits in the connection.
  public record TextPart(Literal literal) implements Part {}
}
