package mailwing.service.imap;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import mailwing.service.mime.OctetSpan;
import org.jspecify.annotations.Nullable;

/// HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 9051 §6.4.5.1): the fields asked for as they stand in
/// the header, folding and all, then its empty line, where it has one.
///
/// The names are made ready once, for any number of headers, one at a time.
public final class HeaderSubset {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long FEEDS = ONES * '\n';

  private final FieldNames names;
  private final boolean not;
  private final Kept kept = new Kept();

  /// The subset that a section asks for.
  public HeaderSubset(BodySection section) {
    names = new FieldNames(section.fields());
    not = section.text() == BodySection.Text.HEADER_FIELDS_NOT;
  }

  /// That of one header.
  ///
  /// @param header a header's octets with its empty line
  /// @param partial counted in the subset
  public static ByteString of(ByteString header, BodySection section, @Nullable Partial partial) {
    return new HeaderSubset(section).of(header, partial);
  }

  /// That of one header of many.
  ///
  /// @param header a header's octets with its empty line
  /// @param partial counted in the subset
  public ByteString of(ByteString header, @Nullable Partial partial) {
    ByteString subset = of(OctetSpan.of(header));
    if (partial == null) {
      return subset;
    }
    Sections.Octets range = new Sections.Octets(0, subset.size()).partial(partial);
    return subset.substring((int) range.start(), (int) range.end());
  }

  /// A line without a colon is no field: it is left out of FIELDS and kept in FIELDS.NOT.
  private ByteString of(OctetSpan header) {
    kept.clear();
    byte[] octets = header.array();
    int end = header.to();
    int at = header.from();
    boolean keeps = false;
    while (at < end) {
      int next = lineEnd(octets, at, end);
      if (isEmpty(octets, at, next)) {
        kept.add(at, next);
        break;
      }
      boolean continued = octets[at] == ' ' || octets[at] == '\t';
      if (!continued || at == header.from()) {
        keeps = not != names.hasNameOf(octets, at, next);
      }
      if (keeps) {
        kept.add(at, next);
      }
      at = next;
    }
    return kept.of(octets);
  }

  /// Behind the line's LF, which is looked for in eight octets at a time.
  private static int lineEnd(byte[] octets, int start, int end) {
    int at = start;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      long differing = (long) LONGS.get(octets, at) ^ FEEDS;
      long found = (differing - ONES) & ~differing & (ONES << 7);
      if (found != 0) {
        return at + Long.numberOfTrailingZeros(found) / Byte.SIZE + 1;
      }
    }
    while (at < end && octets[at] != '\n') {
      at++;
    }
    return Math.min(at + 1, end);
  }

  private static boolean isEmpty(byte[] octets, int start, int end) {
    return (end - start == 1 && octets[start] == '\n')
        || (end - start == 2 && octets[start] == '\r' && octets[start + 1] == '\n');
  }

  /// Pieces of a header, those that touch as one.
  private static final class Kept {
    /// Start and end of each.
    private int[] places = new int[32];

    private int count;
    private int octets;

    void clear() {
      count = 0;
      octets = 0;
    }

    void add(int start, int end) {
      octets += end - start;
      if (count > 0 && places[count - 1] == start) {
        places[count - 1] = end;
        return;
      }
      if (count == places.length) {
        places = Arrays.copyOf(places, 2 * count);
      }
      places[count++] = start;
      places[count++] = end;
    }

    ByteString of(byte[] header) {
      byte[] all = new byte[octets];
      int at = 0;
      for (int i = 0; i < count; i += 2) {
        int length = places[i + 1] - places[i];
        System.arraycopy(header, places[i], all, at, length);
        at += length;
      }
      return UnsafeByteOperations.unsafeWrap(all);
    }
  }
}
