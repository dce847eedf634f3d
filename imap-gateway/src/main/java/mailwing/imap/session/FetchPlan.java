package mailwing.imap.session;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import mailwing.imap.cache.Need;
import mailwing.imap.command.FetchItem;
import mailwing.service.imap.BodySection;
import org.jspecify.annotations.Nullable;

/// What a FETCH's items need of a message, all items together.
///
/// @param needs what must be known of each message
/// @param setsSeen whether \Seen is set implicitly
record FetchPlan(List<FetchItem> items, Set<Need> needs, boolean setsSeen) {
  /// Bodies up to here come with the batch and are kept; larger ones are read by range. Octets.
  static final int SMALL_BODY = 64 * 1024;

  private static final Set<Need> LITTLE =
      Set.of(Need.INTERNAL_DATE, Need.ENVELOPE, Need.PREVIEW, Need.IDS);

  static FetchPlan of(List<FetchItem> items) {
    Set<Need> needs = EnumSet.noneOf(Need.class);
    boolean setsSeen = false;
    boolean headerOnly = true;
    boolean octets = false;
    for (FetchItem item : items) {
      setsSeen |= item.setsSeen();
      if (holdsOctets(item)) {
        octets = true;
        headerOnly &= !isBinary(item) && isHeader(FetchItem.section(item));
      }
      Need need = need(item);
      if (need != null) {
        needs.add(need);
      }
    }
    if (octets && headerOnly) {
      needs.add(Need.HEADER);
    } else if (octets) {
      needs.add(Need.BODY);
      if (!items.stream().filter(FetchPlan::holdsOctets).allMatch(FetchPlan::isWhole)) {
        needs.add(Need.STRUCTURE);
      }
    }
    return new FetchPlan(List.copyOf(items), needs, setsSeen);
  }

  boolean needsBody() {
    return needs.contains(Need.BODY);
  }

  /// Is what is needed of a message some hundred octets nearly always?
  boolean needsLittle() {
    return LITTLE.containsAll(needs);
  }

  static boolean holdsOctets(FetchItem item) {
    return switch (item) {
      case FetchItem.Attribute.RFC822,
          FetchItem.Attribute.RFC822_HEADER,
          FetchItem.Attribute.RFC822_TEXT ->
          true;
      case FetchItem.Body _, FetchItem.Binary _, FetchItem.BinarySize _ -> true;
      default -> false;
    };
  }

  /// Whether a transfer encoding is to be taken off.
  static boolean isBinary(FetchItem item) {
    return item instanceof FetchItem.Binary || item instanceof FetchItem.BinarySize;
  }

  private static boolean isWhole(FetchItem item) {
    if (isBinary(item)) {
      return false;
    }
    BodySection section = FetchItem.section(item);
    return section.part().isEmpty() && section.text() == BodySection.Text.CONTENT;
  }

  /// Of the message itself.
  static boolean isHeader(BodySection section) {
    return section.part().isEmpty()
        && switch (section.text()) {
          case HEADER, HEADER_FIELDS, HEADER_FIELDS_NOT -> true;
          case CONTENT, TEXT, MIME -> false;
        };
  }

  private static @Nullable Need need(FetchItem item) {
    return switch (item) {
      case FetchItem.Attribute.INTERNALDATE -> Need.INTERNAL_DATE;
      case FetchItem.Attribute.ENVELOPE -> Need.ENVELOPE;
      case FetchItem.Attribute.BODY, FetchItem.Attribute.BODYSTRUCTURE -> Need.STRUCTURE;
      case FetchItem.Attribute.EMAILID,
          FetchItem.Attribute.THREADID,
          FetchItem.Attribute.SAVEDATE ->
          Need.IDS;
      case FetchItem.Preview _ -> Need.PREVIEW;
      default -> null;
    };
  }
}
