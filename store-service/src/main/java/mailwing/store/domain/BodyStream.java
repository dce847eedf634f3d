package mailwing.store.domain;

import java.io.InputStream;
import mailwing.store.persistence.Blobs;

/// Octets `[from, to)` of a stored body, fetched a chunk at a time.
final class BodyStream extends InputStream {
  private final Blobs blobs;
  private final long account;
  private final Blobs.Place place;
  private final long to;

  private long next;
  private byte[] piece = new byte[0];
  private int at;

  BodyStream(Blobs blobs, long account, Blobs.Place place, long from, long to) {
    this.blobs = blobs;
    this.account = account;
    this.place = place;
    this.next = from;
    this.to = Math.min(to, place.size());
  }

  private boolean exhausted() {
    if (at == piece.length && next < to) {
      piece = blobs.piece(account, place, next, to - next);
      next += piece.length;
      at = 0;
    }
    return at == piece.length;
  }

  @Override
  public int read() {
    return exhausted() ? -1 : piece[at++] & 0xff;
  }

  @Override
  public int read(byte[] octets, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    if (exhausted()) {
      return -1;
    }
    int part = Math.min(length, piece.length - at);
    System.arraycopy(piece, at, octets, offset, part);
    at += part;
    return part;
  }
}
