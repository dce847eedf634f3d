package mailwing.store.mime;

import java.util.Arrays;
import mailwing.store.v1.Part;
import org.jspecify.annotations.Nullable;

/// Reads a message once, as its octets come in, and tells what IMAP needs of it.
///
/// Octets may be fed in pieces of any size; the result does not depend on how they were split.
/// Nothing is refused: what is broken is read as Dovecot and Cyrus would, and what is beyond
/// [MimeLimits] stays opaque. Memory is bounded whatever comes in; the body flows through.
///
/// A line ends with LF, with or without CR before it: in the header, for boundaries, and where
/// lines are counted. A CR alone is an octet like any other.
public final class MessageParser {
  /// Goes up when the same octets give another result.
  public static final int PARSER_VERSION = 1;

  /// Of a line, what is looked at when it arrives in pieces: hyphens, boundary, hyphens.
  private static final int LINE_HEAD = MimeLimits.BOUNDARY_OCTETS + 4;

  private static final byte[] NONE = new byte[0];

  private final Node root = new Node(null, 0, true);
  private final PartHeaders headers = new PartHeaders();
  private final PreviewText plainPreview = new PreviewText(PreviewText.PLAIN_OCTETS);
  private final PreviewText htmlPreview = new PreviewText(PreviewText.HTML_OCTETS);

  private Node current = root;
  private boolean inHeader = true;
  private int parts = 1;

  // Multiparts whose boundary still counts.
  private int openBoundaries;

  // The header being read, up to the limit; headerStart is its offset in the message.
  private byte[] header = new byte[2048];
  private int headerLength;

  // Where we are: octets read, start of the current line, line ends before it, octets of the line
  // end before it.
  private long position;
  private long lineStart;
  private long lines;
  private int lastEol;

  // The current line, when it came in pieces: its first octets, its length so far, its last octet.
  private byte[] head = NONE;
  private int headLength;
  private long pending;
  private byte lastOctet;

  private boolean finished;

  /// Takes the next octets.
  public void feed(byte[] octets, int offset, int length) {
    if (finished) {
      throw new IllegalStateException("already finished");
    }
    int end = offset + length;
    int at = offset;
    while (at < end) {
      int stop = at;
      while (stop < end && octets[stop] != '\n') {
        stop++;
      }
      boolean whole = stop < end;
      if (whole) {
        stop++;
      }
      keep(octets, at, stop - at);
      position += stop - at;
      if (!whole) {
        hold(octets, at, stop - at);
        return;
      }
      if (pending == 0) {
        boolean crlf = stop - at >= 2 && octets[stop - 2] == '\r';
        line(octets, at, stop - at, stop - at, crlf ? 2 : 1);
      } else {
        boolean crlf = (stop - at >= 2 ? octets[stop - 2] : lastOctet) == '\r';
        hold(octets, at, stop - at);
        line(head, 0, headLength, pending, crlf ? 2 : 1);
        pending = 0;
        headLength = 0;
      }
      at = stop;
    }
  }

  /// No more octets: gives the result.
  public ParsedMessage finish() {
    if (finished) {
      throw new IllegalStateException("already finished");
    }
    finished = true;
    if (pending > 0) {
      // A last line without its end.
      line(head, 0, headLength, pending, 0);
    }
    while (true) {
      Node node = current;
      close(node, position, lines);
      if (node.parent == null) {
        break;
      }
      current = node.parent;
    }
    String preview = plainPreview.text();
    if (preview.isEmpty()) {
      preview = htmlPreview.text();
    }
    return headers.message(position, root.part.build(), preview);
  }

  /// Parses a message that is whole.
  public static ParsedMessage parse(byte[] octets) {
    var parser = new MessageParser();
    parser.feed(octets, 0, octets.length);
    return parser.finish();
  }

  /// Keeps what will be looked into: the header, or the start of a text. A boundary line that is
  /// kept along is cut off again.
  private void keep(byte[] octets, int offset, int length) {
    if (inHeader) {
      int size = Math.min(length, MimeLimits.HEADER_OCTETS - headerLength);
      if (size > 0) {
        if (headerLength + size > header.length) {
          header =
              Arrays.copyOf(
                  header,
                  Math.min(
                      MimeLimits.HEADER_OCTETS, Math.max(header.length * 2, headerLength + size)));
        }
        System.arraycopy(octets, offset, header, headerLength, size);
        headerLength += size;
      }
    } else if (current.preview != null) {
      current.preview.keep(octets, offset, length);
    }
  }

  private void hold(byte[] octets, int offset, int length) {
    int size = Math.min(length, LINE_HEAD - headLength);
    if (size > 0) {
      if (head.length == 0) {
        head = new byte[LINE_HEAD];
      }
      System.arraycopy(octets, offset, head, headLength, size);
      headLength += size;
    }
    pending += length;
    lastOctet = octets[offset + length - 1];
  }

  /// A line is complete: its first octets, its length with its end of `eol` octets.
  private void line(byte[] octets, int offset, int known, long length, int eol) {
    if (openBoundaries > 0 && known > 2 && octets[offset] == '-' && octets[offset + 1] == '-') {
      int text = (int) Math.min(known, length - eol) - 2;
      Node multipart = matching(octets, offset + 2, text);
      if (multipart != null && multipart.boundary != null) {
        // What opens at the very end holds nothing.
        boolean closing =
            eol == 0
                || startsWithHyphens(
                    octets, offset + 2 + multipart.boundary.length, offset + 2 + text);
        boundary(multipart, closing);
        endLine(eol);
        return;
      }
    }
    boolean endOfHeader = inHeader && eol == length && eol > 0;
    endLine(eol);
    if (endOfHeader) {
      endHeader();
    }
  }

  private void endLine(int eol) {
    lineStart = position;
    lastEol = eol;
    if (eol > 0) {
      lines++;
    }
  }

  private static boolean startsWithHyphens(byte[] octets, int from, int to) {
    return to - from >= 2 && octets[from] == '-' && octets[from + 1] == '-';
  }

  /// Which open multipart has a boundary that the line starts with (RFC 2046 section 5.1.1: the
  /// rest of the line does not matter)? The longest wins, since one may be the start of another; of
  /// equals the innermost.
  private @Nullable Node matching(byte[] octets, int offset, int length) {
    Node best = null;
    int bestLength = -1;
    for (Node node = current; node != null; node = node.parent) {
      byte[] boundary = node.boundary;
      if (boundary != null
          && boundary.length <= length
          && boundary.length > bestLength
          && Arrays.equals(
              boundary, 0, boundary.length, octets, offset, offset + boundary.length)) {
        best = node;
        bestLength = boundary.length;
      }
    }
    return best;
  }

  private void boundary(Node multipart, boolean closing) {
    long end = lineStart - lastEol;
    long linesBeforeEnd = lines - (lastEol > 0 ? 1 : 0);
    while (current != multipart) {
      close(current, end, linesBeforeEnd);
      Node parent = current.parent;
      if (parent == null) {
        throw new IllegalStateException("the multipart is not open");
      }
      current = parent;
    }
    inHeader = false;
    if (closing) {
      multipart.boundary = null;
      openBoundaries--;
    } else if (parts < MimeLimits.PARTS) {
      open(multipart, position, false);
    }
  }

  private void open(Node parent, long offset, boolean message) {
    parts++;
    current = new Node(parent, offset, message);
    inHeader = true;
    headerLength = 0;
  }

  /// The empty line has been read: the body starts here.
  private void endHeader() {
    Node node = current;
    node.bodyOffset = lineStart;
    node.linesBefore = lines;
    headers.read(node, header, headerLength);
    inHeader = false;
    switch (node.kind) {
      case MULTIPART -> openBoundaries++;
      case MESSAGE -> {
        if (parts < MimeLimits.PARTS && !ContentFields.isEncoded(node.part.getEncoding())) {
          open(node, lineStart, true);
        }
      }
      case LEAF -> {
        if (ContentFields.is(node.part.getType(), "text")) {
          PreviewText text =
              ContentFields.is(node.part.getSubtype(), "html") ? htmlPreview : plainPreview;
          if (text.begin(node)) {
            node.preview = text;
          }
        }
      }
    }
  }

  /// The part ends at `end`, before which the message has `linesAtEnd` line ends.
  private void close(Node node, long end, long linesAtEnd) {
    if (inHeader && node == current) {
      // A header without an empty line, and so without a body.
      long stop = Math.max(node.headerOffset, end);
      node.bodyOffset = stop;
      node.linesBefore = linesAtEnd;
      headers.read(node, header, (int) Math.min(headerLength, stop - node.headerOffset));
      inHeader = false;
    } else if (node.boundary != null) {
      openBoundaries--;
      node.boundary = null;
    }
    // A part that was opened by the line before has no line end to give to the boundary; nor have
    // then those around it.
    long stop = Math.max(Math.max(node.bodyOffset, node.lastEnd), end);
    if (node.parent != null) {
      node.parent.lastEnd = stop;
    }
    if (node.preview != null) {
      node.preview.end(stop - node.bodyOffset);
    }
    Part.Builder part = node.part;
    part.setHeaderOffset(node.headerOffset)
        .setBodyOffset(node.bodyOffset)
        .setEndOffset(stop)
        .setLines(
            stop == node.bodyOffset ? 0 : (stop > end ? lines : linesAtEnd) - node.linesBefore);
    if (node.kind != Node.Kind.LEAF && part.getPartsCount() == 0) {
      part.addParts(onlyText(node));
    }
    if (node.parent != null) {
      node.parent.part.addParts(part);
    }
  }

  /// A multipart in which no part was found, or a message within that is not looked into: its body
  /// is told as one text, so that clients can show it and BODYSTRUCTURE keeps its grammar.
  private static Part onlyText(Node node) {
    Part.Builder part = node.part;
    var text =
        Part.newBuilder()
            .setHeaderOffset(part.getBodyOffset())
            .setBodyOffset(part.getBodyOffset())
            .setEndOffset(part.getEndOffset())
            .setLines(part.getLines())
            .setType(ContentFields.TEXT)
            .setSubtype(ContentFields.PLAIN)
            .addParameters(ContentFields.US_ASCII)
            .setEncoding(part.getEncoding());
    if (node.kind == Node.Kind.MESSAGE && !part.hasEnvelope()) {
      part.setEnvelope(mailwing.store.v1.Envelope.getDefaultInstance());
    }
    return text.build();
  }
}
