package mailwing.imap.command;

import java.util.List;
import mailwing.service.imap.BodySection;
import mailwing.service.imap.Partial;
import org.jspecify.annotations.Nullable;

/// What FETCH asks of a message (RFC 9051 §6.4.5 and extensions).
public sealed interface FetchItem {

  /// Items that are a name alone.
  enum Attribute implements FetchItem {
    FLAGS("FLAGS"),
    INTERNALDATE("INTERNALDATE"),
    RFC822_SIZE("RFC822.SIZE"),
    ENVELOPE("ENVELOPE"),
    /// BODY without a section: BODYSTRUCTURE without extension data.
    BODY("BODY"),
    BODYSTRUCTURE("BODYSTRUCTURE"),
    UID("UID"),
    /// RFC 3501: BODY[] that sets \Seen.
    RFC822("RFC822"),
    /// RFC 3501: BODY.PEEK[HEADER].
    RFC822_HEADER("RFC822.HEADER"),
    /// RFC 3501: BODY[TEXT] that sets \Seen.
    RFC822_TEXT("RFC822.TEXT"),
    /// RFC 7162 §3.1.5.
    MODSEQ("MODSEQ"),
    /// RFC 8474.
    EMAILID("EMAILID"),
    THREADID("THREADID"),
    /// RFC 8514.
    SAVEDATE("SAVEDATE");

    private final String wire;

    Attribute(String wire) {
      this.wire = wire;
    }

    /// As it stands on the wire.
    public String wire() {
      return wire;
    }
  }

  /// BODY[section]<partial> and BODY.PEEK.
  record Body(boolean peek, BodySection section, @Nullable Partial partial) implements FetchItem {}

  /// BINARY[part]<partial> and BINARY.PEEK (RFC 9051 §6.4.5, RFC 3516).
  record Binary(boolean peek, List<Integer> part, @Nullable Partial partial) implements FetchItem {
    public Binary {
      part = List.copyOf(part);
    }
  }

  /// BINARY.SIZE[part].
  record BinarySize(List<Integer> part) implements FetchItem {
    public BinarySize {
      part = List.copyOf(part);
    }
  }

  /// PREVIEW (RFC 8970).
  record Preview(boolean lazy) implements FetchItem {}

  /// Whether fetching it sets \Seen (RFC 9051 §6.4.5).
  default boolean setsSeen() {
    return switch (this) {
      case Attribute a -> a == Attribute.RFC822 || a == Attribute.RFC822_TEXT;
      case Body b -> !b.peek();
      case Binary b -> !b.peek();
      case BinarySize _, Preview _ -> false;
    };
  }

  /// The section that an item which holds octets stands for.
  static BodySection section(FetchItem item) {
    return switch (item) {
      case Attribute.RFC822 -> BodySection.WHOLE;
      case Attribute.RFC822_HEADER ->
          new BodySection(List.of(), BodySection.Text.HEADER, List.of());
      case Attribute.RFC822_TEXT -> new BodySection(List.of(), BodySection.Text.TEXT, List.of());
      case Body body -> body.section();
      default -> throw new IllegalArgumentException("no section: " + item);
    };
  }
}
